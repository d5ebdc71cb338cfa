// How far something is.

import { h } from "../dom.js";
import { number, size, t } from "../i18n.js";

/** Return a bar; without `total` nobody knows how far it is. */
export function bar(label, done, total) {
  const share = total > 0 ? Math.min(1, done / total) : undefined;
  return h("progress", { class: "progress", "aria-label": label, max: 1, value: share });
}

/** Return a bar with its bytes below. */
export function bytes(label, done, total) {
  const text = t("progress.bytes", {
    done: size(done),
    total: size(total),
    percent: number(total ? (100 * done) / total : 0),
  });
  return h("div", { class: "progress-with-text" }, bar(label, done, total), h("span", { class: "small muted" }, text));
}
