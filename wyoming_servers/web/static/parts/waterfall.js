// A turn as a waterfall: when each stage worked, on one axis.

import { h } from "../dom.js";
import { duration, maybe, number, t, told } from "../i18n.js";

const STEPS_S = [0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 60];
const MOST_TICKS = 4;
/** From which it is said how long a stage took to begin. */
const WORTH_SAYING_S = 0.05;

/** Return when the last stage of a turn ended, in seconds from its start. */
export const end = (turn) => Math.max(0, ...turn.stages.map((each) => each.to_s));

/** Return how long the user waited: from the end of speech, if any was heard, to the first sound, or else the end. */
export function waited(turn) {
  const of = (name) => turn.stages.find((each) => each.stage === name);
  const answered = of("tts")?.first_s ?? end(turn);
  return Math.max(0, answered - (of("speech")?.to_s ?? 0));
}

/** Return the seconds at which the axis has a mark. */
export function ticks(total) {
  const step = STEPS_S.find((each) => total / each <= MOST_TICKS) ?? total / MOST_TICKS;
  return Array.from({ length: Math.floor(total / step) + 1 }, (_, n) => n * step);
}

const percent = (part, total) => `${total > 0 ? (100 * part) / total : 0}%`;

function row(stage, total) {
  const took = stage.to_s - stage.from_s;
  const bar = h("span", {
    class: `wf-bar stage-${stage.stage}`,
    style: {
      "inset-inline-start": `min(${percent(stage.from_s, total)}, calc(100% - 4px))`,
      "inline-size": percent(took, total),
    },
  });
  const first = took > 0 && stage.first_s - stage.from_s >= WORTH_SAYING_S && stage.first_s < stage.to_s;
  if (first)
    bar.append(
      h("i", { class: "wf-first", style: { "inset-inline-start": percent(stage.first_s - stage.from_s, took) } }),
    );
  const name = maybe(`stage.${stage.stage}`, stage.stage);
  const began = first && t("turns.first_after", { time: duration(stage.first_s - stage.from_s) });
  const detail = [stage.engine, told(stage.note), began].filter(Boolean).join(" · ");
  return h(
    "li",
    { class: "wf-row" },
    h("span", { class: "wf-name" }, name, detail && h("span", { class: "wf-detail" }, detail)),
    h("span", { class: "wf-track", "aria-hidden": "true" }, bar),
    h("span", { class: "wf-time" }, duration(took)),
  );
}

function axis(total) {
  const marks = ticks(total).map((at) =>
    h(
      "span",
      { class: "wf-tick", style: { "inset-inline-start": percent(at, total) } },
      at === 0 ? number(0) : duration(at),
    ),
  );
  return h("div", { class: "wf-axis", "aria-hidden": "true" }, h("span", { class: "wf-track" }, marks));
}

/** Return the waterfall. */
export function waterfall(turn) {
  const total = end(turn);
  const rows = [...turn.stages].sort((one, other) => one.from_s - other.from_s).map((each) => row(each, total));
  if (rows.length === 0) return h("p", { class: "muted small" }, t("turns.no_stages"));
  return h("div", { class: "waterfall" }, h("ol", { "aria-label": t("turns.waterfall") }, rows), axis(total));
}
