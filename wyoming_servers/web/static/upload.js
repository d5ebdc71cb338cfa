// A document sent to the server, with how far it is: first the bytes, then what the server tells of reading it.

import { address, ApiError, errorOf } from "./api.js";
import { language } from "./i18n.js";

/** Send a file. `told({ step, done, total })`; resolves to `{ outcome, document }`, throws ApiError. */
export function upload(file, { replace = false, signal, told }) {
  const query = new URLSearchParams({ name: file.name, ...(replace && { replace: "yes" }) });
  const request = new XMLHttpRequest();
  const finished = new Promise((resolve, reject) => {
    request.addEventListener("load", () => settle(request, resolve, reject));
    request.addEventListener("error", () => reject(new ApiError(0, "unreachable", "")));
    request.addEventListener("abort", () => reject(new ApiError(0, "cancelled", "")));
  });
  request.upload.addEventListener("progress", ({ loaded, total }) => told({ step: "sending", done: loaded, total }));
  request.addEventListener("progress", () => {
    const event = events(request.responseText).findLast((each) => each.name === "progress");
    if (event) told(event.data);
  });
  signal?.addEventListener("abort", () => request.abort(), { once: true });
  request.open("POST", address(`api/documents?${query}`));
  request.setRequestHeader("Accept", "text/event-stream");
  request.setRequestHeader("Accept-Language", language());
  request.setRequestHeader("Content-Type", "application/octet-stream");
  request.send(file);
  return finished;
}

function settle(request, resolve, reject) {
  if (request.status >= 400) return reject(errorOf(request.status, request.responseText));
  const last = events(request.responseText).findLast((each) => each.name === "document" || each.name === "error");
  if (last?.name === "document") return resolve(last.data);
  return reject(last ? errorOf(500, JSON.stringify(last.data)) : new ApiError(0, "unreachable", ""));
}

/** Return the whole events in a stream of server-sent events. */
export function events(text) {
  const blocks = text.replaceAll("\r\n", "\n").split("\n\n").slice(0, -1);
  return blocks.map(read).filter((each) => each.data !== null);
}

function read(block) {
  const field = (name) =>
    block
      .split("\n")
      .find((line) => line.startsWith(`${name}: `))
      ?.slice(name.length + 2);
  const data = field("data");
  return { name: field("event") ?? "message", data: data === undefined ? null : JSON.parse(data) };
}
