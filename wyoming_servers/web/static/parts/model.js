// One model of the catalogue, as a row.

import { h } from "../dom.js";
import { languageName, maybe, memory, number, size, t, titled, told } from "../i18n.js";
import { button, chip, failure } from "./notice.js";
import { bytes } from "./progress.js";

const TONES = {
  installed: "ok",
  downloading: "busy",
  queued: "busy",
  verifying: "busy",
  failed: "problem",
  absent: "quiet",
};
const RUNNING = ["queued", "downloading", "verifying"];
const DAY_S = 86_400;
const LANGUAGES_SHOWN = 3;

function languages(codes) {
  if (codes.length === 0) return t("models.every_language");
  const names = codes.slice(0, LANGUAGES_SHOWN).map(languageName).join(", ");
  return codes.length > LANGUAGES_SHOWN ? t("models.and_more", { names, n: codes.length - LANGUAGES_SHOWN }) : names;
}

/** Return what a model is called, to whoever reads this page. */
export const titleOf = (model) => titled(model.title, model.languages);

function licence(model) {
  const name = told(model.licence);
  return model.terms ? h("a", { href: model.terms, target: "_blank", rel: "noreferrer", class: "link" }, name) : name;
}

/** Return what is to be known before it is fetched, or before it goes. */
function remark(model) {
  const { by, removed_in_s: left } = model.replaced ?? {};
  if (by && left === null) return t("models.was_replaced", { by });
  if (by) return t("models.replaced", { by, n: number(Math.ceil(left / DAY_S)) });
  return model.terms && model.state === "absent" ? t("models.terms") : "";
}

function facts(model) {
  const needs = model.memory_mb && t("models.memory", { n: memory(model.memory_mb) });
  const parts = model.own
    ? [t("models.own"), size(model.size_bytes)]
    : [languages(model.languages), size(model.size_bytes), needs, licence(model)];
  return h(
    "p",
    { class: "small muted model-facts" },
    parts.filter(Boolean).map((each) => h("span", {}, each)),
  );
}

function action(model, actions) {
  if (model.own) return null;
  const named = (text) => ({ "aria-label": `${text}: ${titleOf(model)}`, "data-key": `model-${model.id}` });
  if (RUNNING.includes(model.state))
    return button("close", t("action.cancel"), actions.cancel, named(t("action.cancel")));
  if (model.state === "installed")
    return button("remove", t("action.remove"), actions.remove, named(t("action.remove")));
  const text = model.state === "failed" ? t("action.retry") : t("action.fetch");
  const fetch = button("download", text, actions.fetch, named(text));
  if (!model.offered) return fetch;
  const not = { ...named(t("models.decline")), class: "button button-quiet", "data-key": `decline-${model.id}` };
  return h("div", { class: "actions" }, button(null, t("models.decline"), actions.decline, not), fetch);
}

function chips(model) {
  const tone = TONES[model.state] ?? "quiet";
  return [
    model.in_use && chip(t("models.in_use"), "ok"),
    model.state !== "absent" && !model.in_use && chip(maybe(`models.state.${model.state}`, model.state), tone),
    model.wanted && !model.in_use && chip(t("models.wanted"), "note"),
    model.offered && chip(t("models.offered"), "note"),
  ];
}

/** Return the row. */
export function modelRow(model, actions) {
  const more = remark(model);
  return h(
    "li",
    { class: "model", "data-model": model.id },
    h(
      "div",
      { class: "model-text" },
      h("p", { class: "model-name" }, h("strong", {}, titleOf(model)), chips(model)),
      facts(model),
      more && h("p", { class: "small" }, more),
      ["downloading", "verifying"].includes(model.state) && bytes(titleOf(model), model.done_bytes, model.total_bytes),
      model.error && failure({ status: 500, ...model.error }),
    ),
    action(model, actions),
  );
}
