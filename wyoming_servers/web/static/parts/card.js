// A heading for a view, and a card with its own.

import { h } from "../dom.js";

/** Return the head of a view; its h1 takes the focus when the view is opened. */
export function head(title, lead, ...beside) {
  const text = h("div", {}, h("h1", { tabindex: "-1" }, title), lead && h("p", { class: "lead" }, lead));
  return h("div", { class: "head" }, text, beside.length > 0 && h("div", { class: "actions" }, beside));
}

/** Return a card; `beside` stands at the right of its title. */
export function card(title, content, { beside, className = "" } = {}) {
  const top = title && h("div", { class: "card-top" }, h("h2", {}, title), beside);
  return h("section", { class: `card ${className}` }, top, content);
}

/** Return names with their values, as a list of definitions. */
export function facts(pairs) {
  const known = pairs.filter(([, value]) => value !== null && value !== undefined && value !== "");
  return h(
    "dl",
    { class: "facts" },
    known.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value))),
  );
}
