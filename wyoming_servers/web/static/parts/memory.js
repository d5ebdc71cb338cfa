// What memory there is, and who has it.

import { h } from "../dom.js";
import { language, maybe, memory, t, told } from "../i18n.js";
import { card } from "./card.js";

function segment(name, share, className) {
  return h("span", { class: `segment ${className}`, title: name, style: { "inline-size": `${100 * share}%` } });
}

/** Return the card; null where the server does not say. */
export function memoryCard(report) {
  if (!report) return null;
  const tenants = (report.tenants ?? []).filter((each) => each.used_mb > 0);
  const used = tenants.reduce((sum, each) => sum + each.used_mb, 0);
  const others = Math.max(0, report.total_mb - report.free_mb - used);
  const parts = [
    ...tenants.map((each, n) => [told(each.name), each.used_mb, `tenant-${n % 6}`]),
    [t(tenants.length ? "memory.others" : "memory.used"), others, "tenant-others"],
    [t("memory.free"), report.free_mb, "tenant-free"],
  ];
  const bar = h(
    "div",
    { class: "segments", "aria-hidden": "true" },
    parts.map(([name, mb, kind]) => segment(name, mb / report.total_mb, kind)),
  );
  const legend = parts.map(([name, mb, kind]) =>
    h("li", {}, h("i", { class: `swatch ${kind}` }), h("span", {}, name), h("span", { class: "amount" }, memory(mb))),
  );
  const limit = maybe(`memory.limit.${report.limit}`, "");
  const about = [
    t("memory.of", { free: memory(report.free_mb), total: memory(report.total_mb) }),
    limit,
    report.unified && t("memory.unified"),
    report.reserve_mb > 0 && t("memory.reserve", { n: memory(report.reserve_mb) }),
  ];
  return card(t("memory.title"), [
    h("p", { class: "muted" }, about.filter(Boolean).join(language() === "en" ? " " : "")),
    bar,
    h("ul", { class: "tenants" }, legend),
    report.notes?.length > 0 &&
      h(
        "ul",
        { class: "notes" },
        report.notes.map((each) => h("li", {}, told(each))),
      ),
  ]);
}
