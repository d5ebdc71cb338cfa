// What is found of the server's health: problems, hints, and what is well.

import { h } from "../dom.js";
import { number, t, told } from "../i18n.js";
import { card } from "./card.js";
import { icon } from "./icon.js";
import { notice } from "./notice.js";

const shown = (finding) => notice(finding.verdict, finding.subject, told(finding.detail), told(finding.remedy));
const of = (findings, verdict) => (findings ?? []).filter((each) => each.verdict === verdict);

/** Return what has to be mended; null where all is well, or the server does not say. */
export function problems(findings) {
  const found = of(findings, "problem");
  return found.length ? h("div", { class: "stack" }, found.map(shown)) : null;
}

function fine(finding) {
  const words = [h("strong", {}, finding.subject), " ", h("span", { class: "muted" }, told(finding.detail))];
  return h("li", {}, icon("check"), h("span", {}, words));
}

/** Return the card with hints, and what is well folded away; null where the server does not say. */
export function healthCard(findings) {
  if (!findings) return null;
  const good = of(findings, "ok");
  const summary = h("summary", {}, t("overview.healthy", { n: number(good.length) }));
  const list = h("ul", { class: "rows fine" }, good.map(fine));
  const fold = h("details", { "data-key": "healthy" }, summary, list);
  return card(t("overview.health"), [...of(findings, "note").map(shown), good.length > 0 && fold].filter(Boolean));
}
