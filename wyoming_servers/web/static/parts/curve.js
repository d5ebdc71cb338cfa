// The gate's curve: of what it lets through, how much is right, for every threshold it could have.

import { h, s } from "../dom.js";
import { number, t } from "../i18n.js";

const WIDTH = 380;
const HEIGHT = 250;
const LEFT = 54;
const RIGHT = 12;
const TOP = 12;
const BOTTOM = 40;

const x = (value) => LEFT + value * (WIDTH - LEFT - RIGHT);
const y = (value) => TOP + (1 - value) * (HEIGHT - TOP - BOTTOM);

function grid() {
  return [0, 0.25, 0.5, 0.75, 1].flatMap((at) => [
    s("line", { class: "curve-grid", x1: x(0), x2: x(1), y1: y(at), y2: y(at) }),
    s("text", { class: "curve-mark", x: x(0) - 8, y: y(at) + 4, "text-anchor": "end" }, `${number(100 * at)} %`),
    s("text", { class: "curve-mark", x: x(at), y: y(0) + 18, "text-anchor": "middle" }, number(at, 2)),
  ]);
}

function line(points, of, name) {
  const d = points
    .map((point, n) => `${n ? "L" : "M"}${x(point.threshold).toFixed(1)} ${y(point[of]).toFixed(1)}`)
    .join("");
  return s("path", { class: `curve-line curve-${name}`, d, fill: "none" });
}

/** Return the curve with its threshold; `points` are `{threshold, precision, recall}`, each from 0 to 1. */
export function curve(points, threshold) {
  const sorted = [...points]
    .filter((each) => each.precision !== null)
    .sort((one, other) => one.threshold - other.threshold);
  const mark = threshold !== null &&
    threshold !== undefined && [
      s("line", { class: "curve-threshold", x1: x(threshold), x2: x(threshold), y1: y(0), y2: y(1) }),
    ];
  const label = t("gate.curve_label", { threshold: number(threshold ?? 0, 2) });
  const drawn = s(
    "svg",
    { class: "curve", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": label },
    grid(),
    mark,
    line(sorted, "recall", "recall"),
    line(sorted, "precision", "precision"),
    s("text", { class: "curve-mark", x: x(0.5), y: HEIGHT - 4, "text-anchor": "middle" }, t("gate.threshold")),
  );
  const legend = ["precision", "recall", "threshold"].map((name) =>
    h("li", { class: `legend-${name}` }, h("i", { class: "swatch" }), t(`gate.legend.${name}`)),
  );
  return h("figure", { class: "curve-figure" }, drawn, h("ul", { class: "legend" }, legend));
}
