// Talk to it: by text, and by the microphone where the browser allows it.

import { address, ApiError, ask } from "../api.js";
import { announce, h, put } from "../dom.js";
import { language, languageName, t } from "../i18n.js";
import { canListen } from "../microphone.js";
import { head } from "../parts/card.js";
import { icon } from "../parts/icon.js";
import { bubble, intentList, player } from "../parts/bubble.js";
import { button, failure, notice } from "../parts/notice.js";
import { waterfall } from "../parts/waterfall.js";
import { listen } from "../spoken.js";
import { addTurn } from "../state.js";

const LEVEL_OF_SPEECH = 0.2;

/** Return the languages to choose from: both of the page's, and those that this browser's user reads. */
function languages() {
  const own = language() === "zh-Hans" ? ["zh-CN", "en"] : ["en", "zh-CN"];
  const read = (navigator.languages ?? []).filter((each) => !/^(zh|en)\b/i.test(each));
  return [...new Set([...own, ...read])];
}

class Trying {
  constructor(signal) {
    this.session = null;
    this.signal = signal;
    this.build();
    signal.addEventListener("abort", () => this.session?.abandon(), { once: true });
  }

  build() {
    this.log = h("div", { class: "chat", role: "log", "aria-label": t("try.conversation"), tabindex: "0" });
    this.select = h(
      "select",
      { "aria-label": t("try.language") },
      languages().map((each) => h("option", { value: each }, languageName(each))),
    );
    this.input = h("input", {
      type: "text",
      class: "grow",
      placeholder: t("try.placeholder"),
      "aria-label": t("try.placeholder"),
      maxlength: 2000,
      autocomplete: "off",
    });
    this.send = button("send", t("try.send"), null, { type: "submit", class: "button button-main" });
    this.microphone = h("button", {
      type: "button",
      class: "button button-round",
      onclick: () => this.toggle(),
      disabled: !canListen(),
    });
    this.level = h(
      "span",
      { class: "level", "aria-hidden": "true" },
      [1, 2, 3, 4, 5].map(() => h("i")),
    );
    this.form = h(
      "form",
      { class: "composer", onsubmit: (event) => this.type(event) },
      this.microphone,
      this.input,
      this.send,
    );
    this.hearing(false);
    this.suggest();
  }

  suggest() {
    const examples = ["try.example.1", "try.example.2", "try.example.3"].map((key) => {
      const text = t(key);
      return h("button", { type: "button", class: "suggestion", onclick: () => this.say(text) }, text);
    });
    put(this.log, h("div", { class: "suggestions" }, h("p", { class: "muted" }, t("try.suggest")), examples));
  }

  hearing(on) {
    this.microphone.classList.toggle("is-hearing", on);
    this.microphone.setAttribute("aria-pressed", String(on));
    this.microphone.setAttribute("aria-label", t(on ? "try.stop" : "try.speak"));
    put(this.microphone, on ? this.level : icon("try"));
    if (on) announce(t("try.listening"));
  }

  add(...elements) {
    this.log.querySelector(".suggestions")?.remove();
    this.log.append(...elements);
    this.log.scrollTop = this.log.scrollHeight;
  }

  type(event) {
    event.preventDefault();
    const text = this.input.value.trim();
    if (!text) return;
    this.input.value = "";
    this.say(text);
  }

  async say(text) {
    const answer = bubble("theirs is-waiting", t("try.thinking"));
    this.add(bubble("mine", text), answer);
    this.send.disabled = true;
    try {
      const result = await ask("POST", "api/try/text", { text, language: this.select.value });
      this.answered(answer, result.answer, result.intents, result.executed);
      if (result.audio) this.play(answer, result.audio);
      this.turned(answer, result.turn);
    } catch (error) {
      this.failed(answer, error);
    } finally {
      this.send.disabled = false;
    }
  }

  async toggle() {
    if (this.session) {
      this.session.stop();
      return;
    }
    const mine = bubble("mine is-waiting", t("try.listening"));
    const answer = bubble("theirs is-waiting", t("try.thinking"));
    this.add(mine);
    this.hearing(true);
    try {
      this.session = await listen(this.select.value, this.told(mine, answer));
      if (this.signal.aborted) this.session.abandon();
    } catch (error) {
      this.hearing(false);
      this.add(answer);
      mine.remove();
      this.failed(answer, error);
    }
  }

  /** Return what is done with what a spoken turn tells. */
  told(mine, answer) {
    let whole = false;
    const events = {
      transcript: ({ text }) => {
        mine.classList.remove("is-waiting");
        put(mine, h("p", {}, text || t("turns.nothing_heard")));
        this.add(answer);
      },
      answer: ({ text, intents, executed }) => this.answered(answer, text, intents, executed),
      audio: ({ url }) => this.play(answer, url),
      turn: (event) => this.turned(answer, event.turn ?? event),
      error: (event) => {
        if (!answer.isConnected) this.add(answer);
        this.failed(answer, new ApiError(500, event.code, event.message, event.remedy));
      },
    };
    return {
      level: (level) => this.level.style.setProperty("--level", Math.min(1, level / LEVEL_OF_SPEECH).toFixed(2)),
      deaf: () => this.hearing(false),
      event: (event) => {
        whole ||= event.event === "turn" || event.event === "error";
        events[event.event]?.(event);
      },
      closed: () => {
        this.session = null;
        if (whole || this.signal.aborted) return;
        if (!answer.isConnected) this.add(answer);
        this.failed(answer, new ApiError(0, "unreachable", ""));
      },
    };
  }

  answered(answer, text, intents, executed) {
    answer.classList.remove("is-waiting");
    put(answer, h("p", {}, text || t("try.no_words")), intentList(intents, executed));
    announce(text || t("try.no_words"));
  }

  play(answer, url) {
    answer.append(player(address(url)));
    this.log.scrollTop = this.log.scrollHeight;
  }

  turned(answer, turn) {
    if (!turn?.stages) return;
    addTurn(turn);
    const shown = h("details", { class: "inside", open: true }, h("summary", {}, t("try.timing")), waterfall(turn));
    answer.append(shown);
    answer.classList.remove("is-waiting");
    this.log.scrollTop = this.log.scrollHeight;
  }

  failed(answer, error) {
    answer.classList.remove("is-waiting");
    answer.classList.add("is-failed");
    put(answer, failure(error));
  }
}

/** Show the view. */
export function open(root, signal) {
  const trying = new Trying(signal);
  const deaf = canListen() ? null : notice("note", t("try.insecure"), t("try.insecure.text"), t("try.insecure.remedy"));
  root.append(
    head(t("try.title"), t("try.lead"), trying.select),
    ...[deaf].filter(Boolean),
    h("section", { class: "card talk" }, trying.log, trying.form),
  );
}

export const title = "nav.try";
