// What is said of something: a chip, a notice with its remedy, an empty place, a question before something is lost.

import { h } from "../dom.js";
import { maybe, t, told } from "../i18n.js";
import { icon } from "./icon.js";

/** Return a small label; `tone` is ok, busy, problem or quiet. */
export const chip = (text, tone = "quiet") => h("span", { class: `chip chip-${tone}` }, h("i", { class: "dot" }), text);

/** Return a box that says what is the matter, and what to do. */
export function notice(tone, title, detail, remedy, ...actions) {
  const drawn = { ok: "check", note: "warning", problem: "problem" }[tone];
  return h(
    "div",
    { class: `notice notice-${tone}`, role: tone === "problem" ? "alert" : undefined },
    icon(drawn),
    h(
      "div",
      { class: "notice-text" },
      title && h("strong", {}, title),
      detail && h("p", {}, detail),
      remedy && h("p", { class: "remedy" }, remedy),
      actions.length > 0 && h("div", { class: "actions" }, actions),
    ),
  );
}

/** Return a notice of an error of the server's, or of the server's absence. */
export function failure(error, ...actions) {
  const title = maybe(`error.${error.code}`, error.status === 0 ? t("error.unreachable") : t("error.other"));
  const detail = told(error.message);
  const more = detail.startsWith(title) ? detail.slice(title.length) : detail;
  return notice("problem", title, more, told(error.remedy), ...actions);
}

/** Return what stands where there is nothing yet. */
export function empty(name, title, text, ...actions) {
  return h("div", { class: "empty" }, icon(name), h("h2", {}, title), h("p", {}, text), actions);
}

/** Return a button with an icon and words. */
export function button(name, text, onclick, props = {}) {
  return h("button", { type: "button", class: "button", onclick, ...props }, name && icon(name), h("span", {}, text));
}

/** Ask before something is lost; resolves to whether it is wanted. */
export function sure(question, detail, action) {
  return new Promise((resolve) => {
    const no = button(null, t("action.keep"), () => dialog.close("no"));
    const yes = button("remove", action, () => dialog.close("yes"), { class: "button button-danger" });
    const heading = h("h2", { id: "sure" }, question);
    const dialog = h(
      "dialog",
      { "aria-labelledby": "sure" },
      heading,
      h("p", {}, detail),
      h("div", { class: "actions" }, no, yes),
    );
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
    document.body.append(dialog);
    dialog.showModal();
    no.focus();
  });
}
