// The household's documents: taken in, listed, searched, removed; and the gate that decides whether they speak.

import { ask } from "../api.js";
import { announce, h, put } from "../dom.js";
import { date, number, size, t, told } from "../i18n.js";
import { card, head } from "../parts/card.js";
import { dropArea } from "../parts/drop.js";
import { examplesCard } from "../parts/examples.js";
import { gateCard } from "../parts/gate.js";
import { icon } from "../parts/icon.js";
import { button, empty, failure, notice, sure } from "../parts/notice.js";

class Documents {
  constructor(signal) {
    this.signal = signal;
    this.failed = h("div", {});
    this.list = h("div", {});
    this.notices = h("div", { class: "stack" });
    this.results = h("div", { "aria-live": "polite" });
    this.gate = h("div", {});
    this.examples = h("div", {});
  }

  async load() {
    try {
      const [{ documents }, status] = await Promise.all([
        ask("GET", "api/documents"),
        ask("GET", "api/documents/status"),
      ]);
      this.show(documents, status);
    } catch (error) {
      put(
        this.list,
        failure(
          error,
          button(null, t("action.retry"), () => this.load()),
        ),
      );
      return;
    }
    put(this.gate, await gateCard());
    if (!this.examples.hasChildNodes() && !this.signal.aborted)
      put(this.examples, examplesCard(this.signal, () => this.calibrated()));
  }

  /** Show another calibration, unless it is one that was asked for here, which shows itself. */
  async calibrated() {
    if (!this.gate.querySelector("progress")) put(this.gate, await gateCard());
  }

  show(documents, status) {
    const absent = (status.absent ?? []).map((each) => notice("note", t("documents.folder_absent"), each));
    const broken = (status.failures ?? []).map((each) => notice("problem", each.source, told(each.message)));
    put(this.notices, status.notice && notice("note", "", told(status.notice)), absent, broken);
    if (documents.length === 0) put(this.list, empty("documents", t("documents.empty"), t("documents.empty.text")));
    else
      put(
        this.list,
        h(
          "ul",
          { class: "rows card" },
          [...documents].reverse().map((each) => this.row(each)),
        ),
      );
  }

  row(document) {
    const passages = t("documents.passages", { n: number(document.passages) });
    const facts = [
      document.name,
      size(document.size_bytes),
      passages,
      date(document.added),
      document.source && t("documents.watched"),
    ];
    const remove = button("remove", t("action.remove"), () => this.remove(document), {
      "aria-label": `${t("action.remove")}: ${document.title}`,
      "data-key": `document-${document.id}`,
    });
    const warnings = document.warnings.map((each) => h("p", { class: "warning small" }, icon("warning"), told(each)));
    return h(
      "li",
      { class: "document" },
      h(
        "div",
        { class: "document-text" },
        h("strong", {}, document.title || document.name),
        h(
          "p",
          { class: "small muted model-facts" },
          facts.filter(Boolean).map((each) => h("span", {}, each)),
        ),
        warnings,
      ),
      !document.source && remove,
    );
  }

  async remove(document) {
    const title = document.title || document.name;
    if (!(await sure(t("documents.remove_question", { title }), t("documents.remove_text"), t("action.remove"))))
      return;
    put(this.failed);
    try {
      await ask("DELETE", `api/documents/${encodeURIComponent(document.id)}`);
      announce(t("documents.removed", { title }));
      await this.load();
    } catch (error) {
      put(this.failed, failure(error));
    }
  }

  async search(event) {
    event.preventDefault();
    const question = new FormData(event.target).get("q").trim();
    if (!question) return;
    try {
      const { found } = await ask("GET", `api/documents/search?${new URLSearchParams({ q: question, limit: 5 })}`);
      put(
        this.results,
        found.length
          ? h("ol", { class: "found" }, found.map(passage))
          : h("p", { class: "muted" }, t("documents.nothing_found")),
      );
    } catch (error) {
      put(this.results, failure(error));
    }
  }
}

function passage(found) {
  const where = [found.document.title || found.document.name, ...found.headings].join(" › ");
  const page = found.page ? t("documents.page", { n: found.page }) : "";
  const by = [
    found.bm25 !== null && t("documents.by_words"),
    found.cosine !== null && t("documents.by_meaning"),
  ].filter(Boolean);
  return h(
    "li",
    {},
    h("p", { class: "where small" }, where, page && ` · ${page}`),
    found.question && h("p", {}, h("strong", {}, found.question)),
    h("p", { class: "passage" }, found.text),
    h("p", { class: "small muted" }, by.join(" · ")),
  );
}

function searchCard(view) {
  const input = h("input", {
    type: "search",
    name: "q",
    class: "grow",
    required: true,
    maxlength: 2000,
    placeholder: t("documents.search_placeholder"),
    "aria-label": t("documents.search_placeholder"),
  });
  const form = h(
    "form",
    { class: "line", role: "search", onsubmit: (event) => view.search(event) },
    input,
    button("search", t("documents.search"), null, { type: "submit" }),
  );
  return card(t("documents.search_title"), [
    h("p", { class: "muted" }, t("documents.search_lead")),
    form,
    view.results,
  ]);
}

/** Show the view. */
export function open(root, signal) {
  const view = new Documents(signal);
  root.append(
    head(t("documents.title"), t("documents.lead")),
    dropArea(signal, () => view.load()),
    view.failed,
    view.notices,
    view.list,
    searchCard(view),
    view.gate,
    view.examples,
  );
  put(view.list, h("p", { class: "muted" }, t("loading")));
  return view.load();
}

export const title = "nav.documents";
