// The server's events, followed for as long as the page is open; a lost connection is tried again and again.

import { address, ask, askIfThere } from "./api.js";
import { language } from "./i18n.js";
import { addTurn, change, state } from "./state.js";

const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 15_000;
const HIDDEN_MS = 60_000;

let source = null;
let timer = 0;
let wait = FIRST_WAIT_MS;
let resting = 0;
let asleep = false;

/** Fetch what the server finds of its own health; no event tells of that. */
export async function refreshHealth() {
  if (state.link !== "live") return;
  try {
    change({ findings: (await askIfThere(`api/health?lang=${language()}`))?.findings ?? null });
  } catch {
    // The line to the server tells of its own loss.
  }
}

/** Fetch what events only tell changes of. */
export async function refresh() {
  const [turns, models] = await Promise.allSettled([
    askIfThere("api/turns"),
    askIfThere("api/models"),
    refreshHealth(),
  ]);
  change({
    turns: turns.value?.turns ?? state.turns ?? [],
    models: models.value?.models ?? state.models ?? [],
    disk: models.value?.disk ?? state.disk,
  });
}

/** Connect, and stay connected. */
export async function follow() {
  clearTimeout(timer);
  source?.close();
  source = null;
  try {
    change({ status: await ask("GET", "api/status") });
  } catch (error) {
    if (error.status === 401) change({ link: "locked" });
    else lost(error.status === 403 ? error : null);
    return;
  }
  const opened = new EventSource(address("api/events"));
  source = opened;
  opened.addEventListener("open", () => {
    wait = FIRST_WAIT_MS;
    change({ link: "live" });
    refresh();
  });
  opened.addEventListener("error", () => source === opened && lost());
  on("status", (status) => change({ status }));
  on("models", ({ models, disk }) => change({ models, disk: disk ?? state.disk }));
  on("turn", addTurn);
}

function on(name, told) {
  source.addEventListener(name, (event) => told(JSON.parse(event.data)));
}

/** `refusal` is what the server said, where it answered but does not let this page in. */
function lost(refusal = null) {
  source?.close();
  source = null;
  change({ link: "lost", refusal });
  clearTimeout(timer);
  timer = setTimeout(follow, wait);
  wait = Math.min(wait * 2, LONGEST_WAIT_MS);
}

/** Try at once, as the user asked for. */
export function retry() {
  wait = FIRST_WAIT_MS;
  return follow();
}

/** A page that nobody sees lets go of its line after a while: browsers have few for one server. */
function rest() {
  clearTimeout(resting);
  if (document.hidden) {
    resting = setTimeout(() => {
      asleep = true;
      clearTimeout(timer);
      source?.close();
      source = null;
    }, HIDDEN_MS);
  } else if (asleep) {
    asleep = false;
    retry();
  }
}

window.addEventListener("online", () => asleep || retry());
document.addEventListener("visibilitychange", rest);
