// Where documents are dropped or chosen, and how far each of them is.

import { announce, h, put } from "../dom.js";
import { t } from "../i18n.js";
import { upload } from "../upload.js";
import { icon } from "./icon.js";
import { button, failure, notice } from "./notice.js";
import { bar } from "./progress.js";

const TYPES = ".pdf,.docx,.html,.htm,.md,.markdown,.txt,.csv";

class Drop {
  constructor(signal, changed) {
    Object.assign(this, { signal, changed });
    this.queue = Promise.resolve();
    this.rows = h("ul", { class: "rows uploads", "aria-live": "polite" });
  }

  /** Take files in, one after the other: the server reads one at a time. */
  take(files) {
    for (const file of files) {
      const row = h("li", {}, h("strong", {}, file.name), h("span", { class: "small muted" }, t("upload.waiting")));
      this.rows.append(row);
      this.queue = this.queue.then(() => this.send(file, row));
    }
  }

  async send(file, row, replace = false) {
    const cancelling = new AbortController();
    const label = h("span", { class: "small muted" });
    const progress = bar(file.name, 0, 0);
    const cancel = button("close", t("action.cancel"), () => cancelling.abort(), { class: "button button-quiet" });
    put(row, h("div", { class: "line" }, h("strong", { class: "grow" }, file.name), cancel), progress, label);
    const told = ({ step, done, total }) => {
      label.textContent = t(`upload.${step}`);
      progress.value = total ? done / total : 0;
    };
    try {
      const { outcome } = await upload(file, {
        replace,
        signal: AbortSignal.any([cancelling.signal, this.signal]),
        told,
      });
      this.done(file, row, outcome);
    } catch (error) {
      this.failed(file, row, error);
    }
  }

  done(file, row, outcome) {
    const text = t(`upload.${outcome}`, { name: file.name });
    put(row, notice("ok", "", text));
    announce(text);
    this.changed();
  }

  failed(file, row, error) {
    if (error.code === "cancelled") return row.remove();
    const again = () => this.send(file, row, true);
    const replace = error.code === "document-exists" && button(null, t("upload.replace"), again);
    const away = button("close", t("action.dismiss"), () => row.remove(), { class: "button button-quiet" });
    return put(row, h("strong", {}, file.name), failure(error, ...[replace, away].filter(Boolean)));
  }
}

/** Return the area; `changed` is called when a document was taken in. */
export function dropArea(signal, changed) {
  const drop = new Drop(signal, changed);
  const chosen = (event) => {
    drop.take([...event.target.files]);
    event.target.value = "";
  };
  const input = h("input", {
    type: "file",
    id: "files",
    class: "unseen",
    multiple: true,
    accept: TYPES,
    onchange: chosen,
  });
  const label = h(
    "label",
    { for: "files", class: "button button-main" },
    icon("upload"),
    h("span", {}, t("upload.choose")),
  );
  const over = (on) => (event) => {
    event.preventDefault();
    area.classList.toggle("is-over", on);
  };
  const dropped = (event) => {
    over(false)(event);
    drop.take([...event.dataTransfer.files]);
  };
  const area = h(
    "div",
    { class: "drop", ondragover: over(true), ondragleave: over(false), ondrop: dropped },
    h("p", {}, t("upload.drop")),
    input,
    label,
    h("p", { class: "small muted" }, t("upload.types")),
  );
  return h("div", { class: "stack" }, area, drop.rows);
}
