// The page: its frame, which view is shown, and the line to the server.

import { h, put } from "./dom.js";
import { follow, refresh, retry } from "./events.js";
import { language, LANGUAGES, speak, t } from "./i18n.js";
import { icon } from "./parts/icon.js";
import { button, failure, notice } from "./parts/notice.js";
import { listen, state } from "./state.js";
import * as documents from "./views/documents.js";
import * as models from "./views/models.js";
import * as overview from "./views/overview.js";
import * as settings from "./views/settings.js";
import * as signin from "./views/signin.js";
import * as turns from "./views/turns.js";
import * as trying from "./views/try.js";

const VIEWS = { overview, turns, try: trying, models, documents, settings };
const main = document.getElementById("main");

let closing = new AbortController();
let shown = null;

function chosen() {
  if (state.link === "locked") return "signin";
  const name = location.hash.replace(/^#\//, "");
  return name in VIEWS ? name : "overview";
}

/** Show the view that the address names; `focus` puts a screen reader at its beginning. */
function show({ focus = false } = {}) {
  closing.abort();
  closing = new AbortController();
  shown = chosen();
  const view = shown === "signin" ? signin : VIEWS[shown];
  const root = h("div", { class: `view view-${shown}` });
  main.replaceChildren(root);
  document.body.classList.toggle("is-locked", shown === "signin");
  document.title = `${t(view.title)} · Sotto`;
  navigation();
  view.open(root, closing.signal);
  window.scrollTo(0, 0);
  if (focus) main.querySelector("h1")?.focus({ preventScroll: true });
}

function navigation() {
  const links = Object.entries(VIEWS).map(([name, view]) =>
    h(
      "a",
      { href: `#/${name}`, "aria-current": name === shown ? "page" : undefined, "data-key": `nav-${name}` },
      icon(name),
      h("span", {}, t(view.title)),
    ),
  );
  const nav = document.getElementById("nav");
  nav.setAttribute("aria-label", t("nav.label"));
  put(nav, links);
}

/** What the frame says by itself, in the language that is spoken now. */
function frame() {
  document.getElementById("skip").textContent = t("nav.skip");
  const other = Object.keys(LANGUAGES).find((each) => each !== language());
  const change = h(
    "button",
    { type: "button", class: "button button-quiet", lang: other, "data-key": "language", onclick: () => turnTo(other) },
    LANGUAGES[other],
  );
  put(document.getElementById("tools"), change);
}

async function turnTo(code) {
  await speak(code);
  frame();
  line();
  show();
  refresh();
}

/** Say it when the server cannot be reached, and when it can again. */
function line() {
  const box = document.getElementById("link");
  const told = state.link === "lost" ? (state.refusal ?? "lost") : "";
  const key = told && `${told.message ?? told} ${language()}`;
  if ((box.dataset.shown ?? "") === key) return;
  box.dataset.shown = key;
  const again = button(null, t("action.retry"), retry);
  if (!told) put(box);
  else
    put(
      box,
      state.refusal ? failure(state.refusal, again) : notice("note", t("link.lost"), t("link.lost.text"), "", again),
    );
}

/** To the content, without another address: that would be another view. */
function skip(event) {
  event.preventDefault();
  main.focus();
}

async function start() {
  await speak();
  frame();
  show();
  listen(new AbortController().signal, () => {
    line();
    if ((state.link === "locked") !== (shown === "signin")) show({ focus: true });
  });
  document.getElementById("skip").addEventListener("click", skip);
  window.addEventListener("hashchange", () => chosen() !== shown && show({ focus: true }));
  window.addEventListener("sotto-language", ({ detail }) => turnTo(detail));
  await follow();
}

start();
