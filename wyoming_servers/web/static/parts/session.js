// Who is signed in here, and the way out again.

import { ask } from "../api.js";
import { retry } from "../events.js";
import { h, put } from "../dom.js";
import { t } from "../i18n.js";
import { card } from "./card.js";
import { button, failure } from "./notice.js";

async function leave(box) {
  try {
    await ask("DELETE", "api/session");
    await retry();
  } catch (error) {
    put(box, failure(error));
  }
}

/** Return the card; null where nobody had to sign in. */
export async function sessionCard() {
  const { way } = await ask("GET", "api/session");
  if (way !== "session") return null;
  const failed = h("div", {});
  const out = button(null, t("signin.leave"), () => leave(failed));
  return card(t("signin.signed_in"), [h("p", { class: "muted" }, t("signin.kept")), out, failed]);
}
