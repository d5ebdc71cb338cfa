// The server's HTTP interface. Every address is relative: Home Assistant's Ingress puts a prefix before it.

import { language } from "./i18n.js";

/** A refusal, or no answer at all: `status` is 0 then. */
export class ApiError extends Error {
  constructor(status, code, message, remedy = "") {
    super(message);
    Object.assign(this, { status, code, remedy });
  }
}

/** Return the address of something of the server's, as seen from here. */
export function address(path, protocol) {
  const url = new URL(path, document.baseURI);
  url.hash = "";
  if (protocol) url.protocol = url.protocol === "https:" ? `${protocol}s:` : `${protocol}:`;
  return url.href;
}

/** Return the error in a body as the server writes it. */
export function errorOf(status, text) {
  try {
    const { error } = JSON.parse(text);
    return new ApiError(status, error.code ?? "", error.message ?? "", error.remedy ?? "");
  } catch {
    return new ApiError(status, "", "");
  }
}

/** Ask the server; return the JSON of its answer, or null of an empty one. Throws ApiError. */
export async function ask(method, path, body) {
  const options = { method, headers: { Accept: "application/json", "Accept-Language": language() } };
  if (body !== undefined) {
    options.body = JSON.stringify(body);
    options.headers["Content-Type"] = "application/json";
  }
  let response;
  let text;
  try {
    response = await fetch(address(path), options);
    text = await response.text();
  } catch {
    throw new ApiError(0, "unreachable", "");
  }
  if (!response.ok) throw errorOf(response.status, text);
  return text ? JSON.parse(text) : null;
}

/** Ask for something that not every server has: null where there is none. */
export async function askIfThere(path) {
  try {
    return await ask("GET", path);
  } catch (error) {
    if (error.status === 404 || error.status === 405) return null;
    throw error;
  }
}
