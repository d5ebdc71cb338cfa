// One model of the catalogue, as a row.

import { h } from "../dom.js";
import { languageName, maybe, memory, size, t, told } from "../i18n.js";
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
const LANGUAGES_SHOWN = 3;

function languages(codes) {
  if (codes.length === 0) return t("models.every_language");
  const names = codes.slice(0, LANGUAGES_SHOWN).map(languageName).join(", ");
  return codes.length > LANGUAGES_SHOWN ? t("models.and_more", { names, n: codes.length - LANGUAGES_SHOWN }) : names;
}

function facts(model) {
  const needs = model.memory_mb && t("models.memory", { n: memory(model.memory_mb) });
  const parts = model.own
    ? [t("models.own"), size(model.size_bytes)]
    : [languages(model.languages), size(model.size_bytes), needs, told(model.licence)];
  return h(
    "p",
    { class: "small muted model-facts" },
    parts.filter(Boolean).map((each) => h("span", {}, each)),
  );
}

function action(model, actions) {
  if (model.own) return null;
  const named = (text) => ({ "aria-label": `${text}: ${model.title}`, "data-key": `model-${model.id}` });
  if (RUNNING.includes(model.state))
    return button("close", t("action.cancel"), actions.cancel, named(t("action.cancel")));
  if (model.state === "installed")
    return button("remove", t("action.remove"), actions.remove, named(t("action.remove")));
  const text = model.state === "failed" ? t("action.retry") : t("action.fetch");
  return button("download", text, actions.fetch, named(text));
}

function chips(model) {
  const tone = TONES[model.state] ?? "quiet";
  return [
    model.in_use && chip(t("models.in_use"), "ok"),
    model.state !== "absent" && !model.in_use && chip(maybe(`models.state.${model.state}`, model.state), tone),
    model.wanted && !model.in_use && chip(t("models.wanted"), "note"),
  ];
}

/** Return the row. */
export function modelRow(model, actions) {
  return h(
    "li",
    { class: "model", "data-model": model.id },
    h(
      "div",
      { class: "model-text" },
      h("p", { class: "model-name" }, h("strong", {}, model.title), chips(model)),
      facts(model),
      ["downloading", "verifying"].includes(model.state) && bytes(model.title, model.done_bytes, model.total_bytes),
      model.error && failure({ status: 500, ...model.error }),
    ),
    action(model, actions),
  );
}
