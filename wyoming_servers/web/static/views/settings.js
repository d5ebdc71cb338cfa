// How the server is set: what matters explained, the rest at hand. They are changed where the server is started.

import { ask } from "../api.js";
import { h, put } from "../dom.js";
import { maybe, number, t, told } from "../i18n.js";
import { card, head } from "../parts/card.js";
import { button, chip, failure } from "../parts/notice.js";
import { sessionCard } from "../parts/session.js";
import { appearance } from "../parts/appearance.js";
import { APP_OPTIONS, MATTER } from "../settings-shown.js";

function shown(value) {
  if (value === true) return t("settings.yes");
  if (value === false) return t("settings.no");
  if (value === "(set)") return t("settings.secret");
  if (value === "" || value === null || (typeof value === "object" && Object.keys(value).length === 0))
    return t("settings.empty");
  if (typeof value === "number") return number(value, 3);
  if (Array.isArray(value)) return value.join(", ");
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

function row(setting) {
  const name = setting.key;
  const known = maybe(`setting.${name}`, "");
  const title = known || told(setting.description);
  const about = known && h("p", { class: "muted" }, t(`setting.${name}.about`));
  const value = h("span", { class: "value" }, shown(setting.value));
  const usual =
    setting.changed && h("span", { class: "small muted" }, t("settings.default", { value: shown(setting.default) }));
  const option = APP_OPTIONS[name] && h("span", {}, t("settings.app", { option: APP_OPTIONS[name] }));
  const how = h(
    "p",
    { class: "small muted how" },
    setting.flag && h("code", {}, setting.flag),
    h("code", {}, setting.flag ? setting.variable : `${setting.variable}_FILE`),
    option,
  );
  return h(
    "li",
    { class: "setting" },
    h("div", { class: "setting-text" }, h("h3", {}, title), about, how),
    h("div", { class: "setting-value" }, value, usual, setting.changed && chip(t("settings.changed"), "ok")),
  );
}

function group(name, settings) {
  const rows = MATTER[name]
    .map((each) => settings.get(each))
    .filter(Boolean)
    .map(row);
  return rows.length ? card(t(`settings.group.${name}`), h("ul", { class: "rows" }, rows)) : null;
}

function rest(settings) {
  const known = new Set(Object.values(MATTER).flat());
  const others = [...settings.values()].filter((each) => !known.has(each.key));
  const changed = others.filter((each) => each.changed);
  const usual = others.filter((each) => !each.changed);
  const fold = h(
    "details",
    { class: "card fold", "data-key": "rest" },
    h("summary", {}, t("settings.rest", { n: number(usual.length) })),
    h("ul", { class: "rows" }, usual.map(row)),
  );
  return [changed.length > 0 && card(t("settings.also_changed"), h("ul", { class: "rows" }, changed.map(row))), fold];
}

/** Show the view. */
export async function open(root, signal) {
  const list = h("div", { class: "stack-wide" }, h("p", { class: "muted" }, t("loading")));
  root.append(head(t("settings.title"), t("settings.lead")), appearance(), list);
  const load = async () => {
    try {
      const { settings } = await ask("GET", "api/settings");
      if (signal.aborted) return;
      const named = new Map(settings.map((each) => [each.key, each]));
      const groups = Object.keys(MATTER).map((each) => group(each, named));
      put(list, groups, rest(named), await sessionCard());
    } catch (error) {
      put(list, failure(error, button(null, t("action.retry"), load)));
    }
  };
  await load();
}

export const title = "nav.settings";
