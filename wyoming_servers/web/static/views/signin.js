// The door: where the server asks who is there, its token opens it.

import { ask } from "../api.js";
import { h, put } from "../dom.js";
import { t } from "../i18n.js";
import { retry } from "../events.js";
import { button, failure } from "../parts/notice.js";

/** Show the view. */
export function open(root) {
  const failed = h("div", {});
  const input = h("input", {
    type: "password",
    name: "token",
    id: "token",
    required: true,
    autocomplete: "current-password",
    class: "grow",
  });
  const enter = async (event) => {
    event.preventDefault();
    put(failed);
    try {
      await ask("POST", "api/session", { token: input.value.trim() });
      await retry();
    } catch (error) {
      put(failed, failure(error));
      input.select();
    }
  };
  const form = h(
    "form",
    { class: "card signin", onsubmit: enter },
    h("h1", { tabindex: "-1" }, t("signin.title")),
    h("p", { class: "muted" }, t("signin.lead")),
    h("label", { for: "token" }, t("signin.token")),
    input,
    button(null, t("signin.enter"), null, { type: "submit", class: "button button-main" }),
    failed,
    h("p", { class: "small muted" }, t("signin.where")),
    h("code", { class: "block" }, "cat ~/.local/share/sotto/token"),
  );
  root.append(form);
}

export const title = "signin.title";
