// What the page knows of the server, and who wants to hear when that changes.

import { h, put } from "./dom.js";

/** `link` is connecting, live, lost or locked (the server wants its user to sign in). */
export const state = {
  link: "connecting",
  status: null,
  models: null,
  disk: null,
  turns: null,
  findings: null,
  refusal: null,
};

const listeners = new Set();

/** Change some of it, and tell everybody. */
export function change(patch) {
  Object.assign(state, patch);
  for (const listener of [...listeners]) listener();
}

/** Call back on every change, until the signal aborts. */
export function listen(signal, listener) {
  listeners.add(listener);
  signal.addEventListener("abort", () => listeners.delete(listener), { once: true });
}

/** Return an element that shows `render(select(state))`, and follows what `select` picks. */
export function live(signal, select, render, props = {}) {
  const box = h("div", props);
  let known;
  const update = () => {
    const picked = select(state);
    const now = JSON.stringify(picked);
    if (now === known) return;
    known = now;
    put(box, render(picked));
  };
  listen(signal, update);
  update();
  return box;
}

/** Put a turn where it belongs: it replaces the same turn, or comes first. */
export function addTurn(turn) {
  const turns = state.turns ?? [];
  const known = turns.some((each) => each.id === turn.id);
  change({ turns: known ? turns.map((each) => (each.id === turn.id ? turn : each)) : [turn, ...turns].slice(0, 50) });
}
