// The household's own sentences: what documents should answer, and what was never meant for them.

import { ask } from "../api.js";
import { announce, h, put } from "../dom.js";
import { moment, t } from "../i18n.js";
import { card } from "./card.js";
import { button, chip, failure } from "./notice.js";

const PATH = "api/documents/examples";
const LOOK_EVERY_MS = 3000;
/** Of a sentence that is removed its address has all characters, and a header may have 8 kB. */
const MOST_CHARACTERS = 500;

const key = (example) => `example-${example.text}`;

/** Return whether a calibration was made with just these sentences, as far as its counts tell. */
function hasCounted(report, examples) {
  const wanted = examples.filter((each) => each.should_answer).length;
  const { own_answered: answered, own_unanswered: unanswered } = report.counts;
  return answered === wanted && unanswered === examples.length - wanted;
}

class Examples {
  /** `calibrated()` is called when there is another calibration than before. */
  constructor(signal, calibrated) {
    Object.assign(this, { signal, calibrated, examples: [] });
    /** When the calibration was made that is there; undefined before anybody has looked. */
    this.made = undefined;
    /** Whether something has changed here since then. */
    this.isNew = false;
    this.failed = h("div", {});
    this.list = h("div", {});
    this.state = h("p", { class: "small muted", role: "status" });
    this.input = h("input", {
      id: "example",
      name: "text",
      required: true,
      maxlength: MOST_CHARACTERS,
      autocomplete: "off",
      placeholder: t("examples.placeholder"),
    });
    signal.addEventListener("abort", () => clearTimeout(this.timer), { once: true });
  }

  async load() {
    try {
      ({ examples: this.examples } = await ask("GET", PATH));
      put(this.list, this.rows());
    } catch (error) {
      put(this.failed, failure(error));
      return;
    }
    this.look();
  }

  rows() {
    if (this.examples.length === 0) return h("p", { class: "muted" }, t("examples.empty"));
    return h(
      "ul",
      { class: "rows" },
      [...this.examples].reverse().map((each) => this.row(each)),
    );
  }

  row(example) {
    const kind = example.should_answer ? chip(t("examples.answered"), "ok") : chip(t("examples.quiet"));
    const remove = button("remove", t("action.remove"), () => this.remove(example), {
      "aria-label": `${t("action.remove")}: ${example.text}`,
      "data-key": key(example),
    });
    const text = h("div", { class: "document-text" }, h("p", { class: "example" }, example.text), kind);
    return h("li", { class: "document" }, text, remove);
  }

  /** Say whether the calibration knows of all this, and look again for as long as it does not. */
  async look() {
    clearTimeout(this.timer);
    const answers = [ask("GET", "api/documents/calibrate"), ask("GET", "api/documents/status")];
    const [calibration, status] = await Promise.allSettled(answers);
    if (this.signal.aborted) return;
    if (!calibration.value || !status.value) this.again();
    else this.compare(calibration.value.report, status.value.documents > 0);
  }

  again() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.look(), LOOK_EVERY_MS);
  }

  compare(report, hasDocuments) {
    const made = report?.made ?? null;
    if (this.made !== undefined && made !== this.made) {
      this.isNew = false;
      this.calibrated();
    }
    this.made = made;
    const isCounted = report !== null && !this.isNew && hasCounted(report, this.examples);
    this.tell(hasDocuments, isCounted, made);
    if (hasDocuments && !isCounted) this.again();
  }

  tell(hasDocuments, isCounted, made) {
    const counted = made ? t("examples.counted", { time: moment(made) }) : "";
    const told = !hasDocuments ? t("examples.no_documents") : isCounted ? counted : t("examples.waiting");
    this.state.textContent = this.examples.length || (hasDocuments && !isCounted) ? told : "";
  }

  async add(event) {
    event.preventDefault();
    const given = new FormData(event.target);
    const text = given.get("text").trim();
    if (!text) return;
    const example = { text, should_answer: given.get("kind") === "answer" };
    const isKnown = this.examples.some((each) => each.text === text && each.should_answer === example.should_answer);
    if (!(await this.change("POST", PATH, example))) return;
    this.isNew ||= !isKnown;
    this.input.value = "";
    this.input.focus();
    announce(t("examples.added", { text }));
    await this.load();
  }

  async remove(example) {
    const shown = [...this.examples].reverse();
    const place = shown.findIndex((each) => each.text === example.text);
    const next = shown[place + 1] ?? shown[place - 1];
    if (!(await this.change("DELETE", `${PATH}?${new URLSearchParams({ text: example.text })}`))) return;
    this.isNew = true;
    await this.load();
    const beside = next && this.list.querySelector(`[data-key="${CSS.escape(key(next))}"]`);
    (beside || this.input).focus();
    announce(t("examples.removed", { text: example.text }));
  }

  /** Change what is kept; return whether that went well. */
  async change(method, path, body) {
    put(this.failed);
    try {
      await ask(method, path, body);
    } catch (error) {
      put(this.failed, failure(error));
      return false;
    }
    return true;
  }

  form() {
    const choices = [
      ["answer", t("examples.should_answer")],
      ["quiet", t("examples.should_be_quiet")],
    ].map(([value, text], n) =>
      h(
        "label",
        { class: "choice" },
        h("input", { type: "radio", name: "kind", value, checked: n === 0 }),
        h("span", {}, text),
      ),
    );
    return h(
      "form",
      { class: "stack", onsubmit: (event) => this.add(event) },
      h("label", { for: "example" }, t("examples.text")),
      this.input,
      h("fieldset", { class: "choices" }, h("legend", {}, t("examples.when")), h("div", {}, choices)),
      button("add", t("examples.add"), null, { type: "submit", class: "button at-start" }),
    );
  }
}

/** Return the card; `calibrated()` is called when they have led to another calibration. */
export function examplesCard(signal, calibrated) {
  const view = new Examples(signal, calibrated);
  view.load();
  return card(t("examples.title"), [
    h("p", { class: "muted" }, t("examples.lead")),
    view.form(),
    view.failed,
    view.list,
    view.state,
  ]);
}
