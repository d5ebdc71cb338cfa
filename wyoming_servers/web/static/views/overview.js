// How everything is: the servers, memory, what is downloading, what needs attention, the latest turn.

import { h } from "../dom.js";
import { refreshHealth } from "../events.js";
import { maybe, moment, number, t, told } from "../i18n.js";
import { card, facts } from "../parts/card.js";
import { icon } from "../parts/icon.js";
import { healthCard, problems } from "../parts/health.js";
import { memoryCard } from "../parts/memory.js";
import { titleOf } from "../parts/model.js";
import { chip, notice } from "../parts/notice.js";
import { bytes } from "../parts/progress.js";
import { turnCard } from "../parts/turn.js";
import { live } from "../state.js";

const HEALTH_EVERY_MS = 60_000;
/** In the order in which an utterance meets them. */
const STAGES = ["wake", "stt", "conversation", "llm", "tts"];
const TONES = { ready: "ok", loading: "busy", failed: "problem", asleep: "quiet" };
const RUNNING = ["queued", "downloading", "verifying"];

function verdict({ servers, findings }) {
  const failed =
    servers.some((each) => each.state === "failed") || findings?.some((each) => each.verdict === "problem");
  if (failed) return "problem";
  const isReady = servers.length > 0 && !servers.some((each) => each.state === "loading");
  return isReady ? "ready" : "loading";
}

function hero({ status, findings, link }) {
  const servers = status?.servers ?? [];
  const state = link === "lost" ? "lost" : status ? verdict({ servers, findings }) : "loading";
  const bars = h(
    "span",
    { class: `voice voice-${state}`, "aria-hidden": "true" },
    [1, 2, 3, 4, 5].map(() => h("i")),
  );
  return h(
    "div",
    { class: `hero hero-${state}` },
    bars,
    h(
      "div",
      {},
      h("h1", { tabindex: "-1" }, t(`overview.${state}`)),
      h("p", { class: "lead" }, t(`overview.${state}.lead`)),
    ),
  );
}

function serverCard(server) {
  const device = server.device && h("p", { class: "device" }, icon("chip"), told(server.device));
  const engine = [server.engine, server.model].filter(Boolean).join(" · ");
  const title = maybe(`server.${server.stage}`, server.stage);
  const error = server.error && notice("problem", "", told(server.error.message), told(server.error.remedy));
  return h(
    "li",
    { class: "card server" },
    h(
      "div",
      { class: "card-top" },
      h("h3", {}, title),
      chip(maybe(`state.${server.state}`, server.state), TONES[server.state]),
    ),
    (engine || !server.remote) && h("p", { class: "engine" }, engine || t("overview.no_engine")),
    device,
    server.remote && h("p", { class: "small muted" }, t("overview.remote", { uri: server.remote })),
    error,
  );
}

function serversSection(servers) {
  if (!servers)
    return h(
      "ul",
      { class: "servers" },
      [1, 2, 3, 4].map(() => h("li", { class: "card server ghost" })),
    );
  const place = ({ stage }) => (STAGES.includes(stage) ? STAGES.indexOf(stage) : STAGES.length);
  const sorted = [...servers].sort((one, other) => place(one) - place(other));
  return h("ul", { class: "servers" }, sorted.map(serverCard));
}

function downloads(models) {
  const running = (models ?? []).filter((each) => RUNNING.includes(each.state));
  if (running.length === 0) return null;
  const rows = running.map((each) =>
    h("li", {}, h("strong", {}, titleOf(each)), bytes(titleOf(each), each.done_bytes, each.total_bytes)),
  );
  return card(t("overview.downloading"), h("ul", { class: "rows" }, rows));
}

function about(status) {
  if (!status) return null;
  const home =
    status.home && t("about.home_value", { areas: number(status.home.areas), entities: number(status.home.entities) });
  const latest = status.latest?.tokens_per_s && t("about.pace_value", { n: number(status.latest.tokens_per_s, 1) });
  const pairs = [
    [t("about.name"), status.name],
    [t("about.version"), status.version],
    [t("about.since"), moment(new Date(Date.now() - 1000 * status.uptime_s).toISOString())],
    [t("about.home"), home],
    [t("about.documents"), number(status.documents ?? 0)],
    [t("about.pace"), latest],
  ];
  return card(t("about.title"), facts(pairs));
}

function latest(turns) {
  if (!turns?.length) return null;
  const more = h("a", { href: "#/turns", class: "link" }, t("overview.all_turns"));
  return h(
    "section",
    { class: "section" },
    h("div", { class: "section-top" }, h("h2", {}, t("overview.latest")), more),
    turnCard(turns[0], true),
  );
}

/** Have the health looked at again as long as somebody reads it. */
function look(signal) {
  refreshHealth();
  const timer = setInterval(() => document.hidden || refreshHealth(), HEALTH_EVERY_MS);
  signal.addEventListener("abort", () => clearInterval(timer), { once: true });
}

/** Show the view. */
export function open(root, signal) {
  look(signal);
  root.append(
    live(
      signal,
      ({ status, findings, link }) => ({ status: status && { servers: status.servers }, findings, link }),
      hero,
    ),
    live(signal, ({ findings }) => findings, problems),
    h("h2", { class: "section-title" }, t("overview.servers")),
    live(signal, ({ status }) => status && (status.servers ?? []), serversSection),
    h(
      "div",
      { class: "columns" },
      live(signal, ({ status }) => status?.memory, memoryCard),
      h(
        "div",
        { class: "stack-cards" },
        live(signal, ({ models }) => models, downloads),
        live(signal, ({ status }) => status && { ...status, memory: null }, about),
      ),
    ),
    live(signal, ({ turns }) => turns?.slice(0, 1), latest),
    live(signal, ({ findings }) => findings, healthCard),
  );
}

export const title = "nav.overview";
