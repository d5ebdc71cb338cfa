// What was said in a conversation, with what it did and how it sounds.

import { h } from "../dom.js";
import { t } from "../i18n.js";

/** Return a bubble; `kind` is mine or theirs. */
export const bubble = (kind, text) => h("div", { class: `bubble ${kind}` }, h("p", {}, text));

function slots(intent) {
  const given = intent.slots ?? intent.entities ?? {};
  const pairs = Array.isArray(given) ? given.map((each) => [each.name, each.value]) : Object.entries(given);
  return pairs
    .map(([name, value]) => [name, typeof value === "object" && value !== null ? (value.text ?? value.value) : value])
    .filter(([, value]) => value !== null && value !== undefined)
    .map(([name, value]) => h("span", { class: "slot" }, h("span", { class: "muted" }, `${name} `), String(value)));
}

/** Return the intents that a sentence became. */
export function intentList(intents, executed) {
  if (!intents?.length) return null;
  const items = intents.map((each) => h("li", {}, h("code", {}, each.name), slots(each)));
  const untouched = executed ? null : h("li", { class: "muted" }, t("try.not_executed"));
  return h("ul", { class: "intents", "aria-label": t("try.intents") }, items, untouched);
}

/** Return a player that begins at once, where the browser lets it. */
export function player(url) {
  return h("audio", { controls: true, autoplay: true, preload: "auto", src: url, "aria-label": t("try.audio") });
}
