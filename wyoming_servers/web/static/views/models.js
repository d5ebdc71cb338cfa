// The models there are, by what they do: fetched, removed, and in use.

import { ask } from "../api.js";
import { announce, h, put } from "../dom.js";
import { language, languageName, size, t } from "../i18n.js";
import { head } from "../parts/card.js";
import { modelRow, titleOf } from "../parts/model.js";
import { button, empty, failure, notice, sure } from "../parts/notice.js";
import { refresh } from "../events.js";
import { change, live, state } from "../state.js";

const KINDS = ["stt", "tts", "llm", "embedding"];
const SHOWN_AT_FIRST = 6;

const filter = { words: "", language: "" };
const unfolded = new Set();

const base = (code) => code.toLowerCase().split(/[-_]/)[0];

/** Return whether a model knows a language that the page's user reads. */
function isFamiliar(model) {
  const read = [language(), ...(navigator.languages ?? [])].map(base);
  return model.languages.length === 0 || model.languages.some((each) => read.includes(base(each)));
}

const OTHER = 3;

function importance(model) {
  if (model.in_use) return 0;
  if (model.state !== "absent") return 1;
  if (model.wanted || model.offered) return 2;
  return isFamiliar(model) ? OTHER : OTHER + 1;
}

function matches(model) {
  const words = filter.words.trim().toLowerCase();
  const spoken =
    !filter.language || model.languages.length === 0 || model.languages.some((each) => base(each) === filter.language);
  return spoken && (!words || `${titleOf(model)} ${model.title} ${model.id}`.toLowerCase().includes(words));
}

function languagesOf(models) {
  const codes = [...new Set(models.flatMap((each) => each.languages.map(base)))];
  const named = codes.map((code) => [code, languageName(code)]);
  return named.sort(([, one], [, other]) => one.localeCompare(other, language()));
}

class Models {
  constructor(signal) {
    this.failed = h("div", {});
    this.list = h("div", { class: "stack-wide" });
    this.signal = signal;
  }

  render(models) {
    if (!models) return put(this.list, h("p", { class: "muted" }, t("loading")));
    if (models.length === 0) return put(this.list, empty("models", t("models.empty"), t("models.empty.text")));
    const found = models.filter(matches);
    const groups = KINDS.map((kind) =>
      this.group(
        kind,
        found.filter((each) => each.kind === kind),
      ),
    );
    return put(this.list, found.length ? groups : h("p", { class: "muted" }, t("models.none_found")));
  }

  group(kind, models) {
    if (models.length === 0) return null;
    const sorted = [...models].sort((one, other) => importance(one) - importance(other));
    const least = sorted.filter((each) => importance(each) < OTHER).length;
    const whole = unfolded.has(kind) || filter.words || sorted.length <= SHOWN_AT_FIRST + 2;
    const shown = whole ? sorted : sorted.slice(0, Math.max(SHOWN_AT_FIRST, least));
    const more = () => {
      unfolded.add(kind);
      this.render(state.models);
    };
    return h(
      "section",
      { class: "section", "aria-labelledby": `kind-${kind}` },
      h("h2", { id: `kind-${kind}`, class: "section-title" }, t(`models.kind.${kind}`)),
      h(
        "ul",
        { class: "rows card model-list" },
        shown.map((each) => modelRow(each, this.actions(each))),
      ),
      shown.length < sorted.length &&
        button(null, t("models.show_all", { n: sorted.length }), more, {
          class: "button button-quiet",
          "data-key": `all-${kind}`,
        }),
    );
  }

  actions(model) {
    const title = titleOf(model);
    return {
      fetch: () => this.act("POST", model, t("models.fetching", { title })),
      cancel: () => this.cancel(model),
      decline: () => this.act("DELETE", model, t("models.declined", { title }), "?only=cancel"),
      remove: async () => {
        const detail = model.in_use
          ? t("models.remove_in_use")
          : t("models.remove_text", { size: size(model.size_bytes) });
        if (await sure(t("models.remove_question", { title }), detail, t("action.remove"))) {
          await this.act("DELETE", model, t("models.removed", { title }));
        }
      },
    };
  }

  /** Stop a download. One that became whole in the meantime is no download any more, and stays. */
  async cancel(model) {
    const after = await this.act("DELETE", model, "", "?only=cancel");
    if (!after) return;
    const title = titleOf(model);
    const isThere = after.state === "installed";
    if (isThere) put(this.failed, notice("note", t("models.not_cancelled", { title }), t("models.not_cancelled.text")));
    announce(t(isThere ? "models.not_cancelled" : "models.cancelled", { title }));
  }

  /** Do something with a model; return how it is then, null where that failed. */
  async act(method, model, told, query = "") {
    put(this.failed);
    try {
      const answer = await ask(method, `api/models/${encodeURIComponent(model.id)}${query}`);
      announce(told);
      change({ models: state.models.map((each) => (each.id === model.id ? { ...each, ...answer.model } : each)) });
      return answer.model;
    } catch (error) {
      put(this.failed, failure(error));
      return null;
    }
  }

  async importFolder(event) {
    event.preventDefault();
    const form = event.target;
    put(this.failed);
    try {
      await ask("POST", "api/models/import", { folder: new FormData(form).get("folder") });
      form.reset();
      announce(t("models.imported"));
      await refresh();
    } catch (error) {
      put(this.failed, failure(error));
    }
  }
}

function tools(signal, view) {
  const again = (name) => (event) => {
    filter[name] = event.target.value;
    view.render(state.models);
  };
  const search = h("input", {
    type: "search",
    placeholder: t("models.search"),
    "aria-label": t("models.search"),
    value: filter.words,
    oninput: again("words"),
  });
  const options = ([code, name]) => h("option", { value: code, selected: code === filter.language }, name);
  const select = (languages) =>
    h(
      "select",
      { "aria-label": t("models.language"), "data-key": "model-language", onchange: again("language") },
      h("option", { value: "" }, t("models.every_language")),
      languages.map(options),
    );
  return h(
    "div",
    { class: "line filters" },
    search,
    live(signal, ({ models }) => languagesOf(models ?? []), select),
  );
}

function offline(view) {
  const path = h("input", {
    name: "folder",
    required: true,
    class: "grow",
    placeholder: "/media/models",
    "aria-label": t("models.folder"),
  });
  const form = h(
    "form",
    { class: "line", onsubmit: (event) => view.importFolder(event) },
    path,
    button("upload", t("models.import"), null, { type: "submit" }),
  );
  return h(
    "details",
    { class: "card fold" },
    h("summary", {}, t("models.offline")),
    h("p", { class: "muted" }, t("models.offline.text")),
    form,
  );
}

/** Show the view. */
export function open(root, signal) {
  const view = new Models(signal);
  root.append(
    head(t("models.title"), t("models.lead")),
    live(
      signal,
      ({ disk }) => disk,
      (disk) => disk && h("p", { class: "muted" }, t("models.disk", { free: size(disk.free_bytes) })),
    ),
    tools(signal, view),
    view.failed,
    view.list,
    offline(view),
  );
  live(
    signal,
    ({ models }) => models,
    (models) => void view.render(models) ?? [],
  );
}

export const title = "nav.models";
