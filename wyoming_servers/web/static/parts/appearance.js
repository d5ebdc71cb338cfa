// How this page looks and which language it speaks: kept in this browser.

import { h } from "../dom.js";
import { language, LANGUAGES, t } from "../i18n.js";
import { card } from "./card.js";
import { icon } from "./icon.js";

const THEMES = { auto: "auto", light: "sun", dark: "moon" };
const KEPT = "sotto.theme";

function choose(chosen) {
  window.dispatchEvent(new CustomEvent("sotto-theme", { detail: chosen }));
  try {
    localStorage.setItem(KEPT, chosen);
  } catch {
    // Not remembered where storage is forbidden.
  }
}

function radios(name, label, choices, current, chosen) {
  const inputs = choices.map(([value, ...shown]) =>
    h(
      "label",
      { class: "choice" },
      h("input", { type: "radio", name, value, checked: value === current, onchange: () => chosen(value) }),
      h("span", {}, shown),
    ),
  );
  return h("fieldset", { class: "choices" }, h("legend", {}, label), h("div", {}, inputs));
}

/** Return the card. */
export function appearance() {
  const themes = Object.entries(THEMES).map(([name, drawn]) => [name, icon(drawn), t(`theme.${name}`)]);
  const spoken = (chosen) => window.dispatchEvent(new CustomEvent("sotto-language", { detail: chosen }));
  return card(t("appearance.title"), [
    h(
      "div",
      { class: "appearance" },
      radios("theme", t("theme.label"), themes, document.documentElement.dataset.chosen, choose),
      radios("language", t("language.label"), Object.entries(LANGUAGES), language(), spoken),
    ),
    h("p", { class: "small muted" }, t("appearance.kept")),
  ]);
}
