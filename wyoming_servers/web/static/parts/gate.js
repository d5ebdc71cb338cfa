// The gate: whether a document answers at all, and how that was decided for this household.

import { ask, askIfThere } from "../api.js";
import { announce, h, put } from "../dom.js";
import { moment, number, t } from "../i18n.js";
import { card, facts } from "./card.js";
import { curve } from "./curve.js";
import { button, failure, notice } from "./notice.js";
import { bar } from "./progress.js";

async function again(box) {
  announce(t("gate.working"));
  put(box, h("p", {}, t("gate.working")), bar(t("gate.working"), 0, 0));
  try {
    const { report } = await ask("POST", "api/documents/calibrate");
    put(box, content(report, box));
    announce(t("gate.done"));
  } catch (error) {
    put(box, failure(error), content(null, box));
  }
}

const percent = (share) => (share === undefined ? null : `${number(100 * share, 1)} %`);

function content(report, box) {
  const counts = report?.counts;
  const made =
    counts &&
    t("gate.made_of", {
      answered: number(counts.answered),
      others: number(counts.near_misses + counts.starter),
      own: number(counts.own_answered + counts.own_unanswered),
    });
  const pairs = [
    [t("gate.aim"), percent(report?.aim)],
    [t("gate.precision"), percent(report?.chosen?.precision)],
    [t("gate.recall"), percent(report?.chosen?.recall)],
    [t("gate.calibrated"), report?.made ? moment(report.made) : null],
  ];
  return [
    h("p", { class: "muted" }, t("gate.lead")),
    report && !report.reached && notice("note", "", t("gate.not_reached")),
    h(
      "div",
      { class: "gate" },
      report?.curve.length ? curve(report.curve, report.threshold) : h("p", {}, t("gate.none")),
      h("div", { class: "stack" }, facts(pairs), made && h("p", { class: "small muted" }, made)),
    ),
    button(null, t("gate.now"), () => again(box), { class: "button at-start", "data-key": "calibrate" }),
  ];
}

/** Return the card; null where the server has no gate to tell of. */
export async function gateCard() {
  const box = h("div", { class: "stack" });
  try {
    const answer = await askIfThere("api/documents/calibrate");
    if (answer === null) return null;
    put(box, content(answer.report, box));
  } catch (error) {
    put(box, failure(error));
  }
  return card(t("gate.title"), box);
}
