// One turn: what was said, what was answered, and its waterfall.

import { h } from "../dom.js";
import { duration, languageName, maybe, moment, t } from "../i18n.js";
import { chip } from "./notice.js";
import { waited, waterfall } from "./waterfall.js";

const TONES = { heard: "busy", done: "ok", answered: "ok", not_understood: "busy", silent: "quiet", error: "problem" };

/** Return the words of a turn; what was said first. */
export function words(turn) {
  const said = turn.said || (turn.kind === "announced" ? "" : t("turns.nothing_heard"));
  return [
    said && h("span", { class: turn.said ? "said" : "said muted" }, said),
    turn.answered && h("span", { class: "answered" }, turn.answered),
  ];
}

/** Return what became of a turn. */
export const outcome = (turn) => chip(maybe(`outcome.${turn.outcome}`, turn.outcome), TONES[turn.outcome] ?? "quiet");

/** Return a turn that unfolds. */
export function turnCard(turn, open) {
  const about = [
    h("time", { datetime: turn.started }, moment(turn.started)),
    maybe(`kind.${turn.kind}`, turn.kind),
    turn.language && languageName(turn.language),
  ];
  const summary = h(
    "summary",
    {},
    h("span", { class: "turn-words" }, words(turn)),
    h("span", { class: "turn-side" }, outcome(turn), h("span", { class: "turn-time" }, duration(waited(turn)))),
    h(
      "span",
      { class: "turn-about small muted" },
      about.filter(Boolean).flatMap((each, n) => (n ? [" · ", each] : [each])),
    ),
  );
  return h(
    "details",
    { class: "card turn", open, "data-key": `turn-${turn.id}`, "data-turn": turn.id },
    summary,
    waterfall(turn),
  );
}
