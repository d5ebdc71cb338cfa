// The last turns, the newest first, as they happen.

import { h } from "../dom.js";
import { t } from "../i18n.js";
import { head } from "../parts/card.js";
import { empty } from "../parts/notice.js";
import { turnCard } from "../parts/turn.js";
import { live } from "../state.js";

function list(turns) {
  if (!turns) return h("p", { class: "muted" }, t("loading"));
  if (turns.length === 0) {
    return empty(
      "turns",
      t("turns.empty"),
      t("turns.empty.text"),
      h("a", { class: "button button-main", href: "#/try" }, t("nav.try")),
    );
  }
  const open = turns[0].id;
  return h(
    "div",
    { class: "turns" },
    turns.map((each) => turnCard(each, each.id === open)),
  );
}

/** Show the view. */
export function open(root, signal) {
  root.append(
    head(t("turns.title"), t("turns.lead")),
    live(signal, ({ turns }) => turns, list),
  );
}

export const title = "nav.turns";
