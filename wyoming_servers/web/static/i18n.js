// What the page says, in the user's language; and numbers, sizes and times as that language writes them.

import { translator } from "./told.js";

export const LANGUAGES = { en: "English", "zh-Hans": "简体中文" };
const KEPT = "sotto.language";

let current = "en";
let texts = {};
let translated = (text) => text;

/** Return the language that is shown. */
export const language = () => current;

function kept() {
  try {
    return localStorage.getItem(KEPT);
  } catch {
    return null;
  }
}

function wanted() {
  const known = kept();
  if (known in LANGUAGES) return known;
  for (const each of navigator.languages ?? []) {
    if (/^zh\b/i.test(each)) return "zh-Hans";
    if (/^en\b/i.test(each)) return "en";
  }
  return "en";
}

async function load(name) {
  const response = await fetch(new URL(`./${name}.json`, import.meta.url));
  return response.json();
}

/** Load a language, or the one that this user reads; a choice is remembered. */
export async function speak(chosen) {
  current = chosen ?? wanted();
  const table = current === "en" ? {} : load(`${current}.told`); // what the server says is English already
  texts = await load(current);
  translated = translator(await table);
  document.documentElement.lang = current;
  if (chosen) {
    try {
      localStorage.setItem(KEPT, chosen);
    } catch {
      // Not remembered where storage is forbidden.
    }
  }
}

/** Return a text, with `{name}` filled in. */
export function t(key, fields = {}) {
  const text = texts[key];
  if (text === undefined) console.error(`No text for ${key} in ${current}`);
  return (text ?? key).replace(/\{(\w+)\}/g, (_, name) => fields[name] ?? "");
}

/** Return a text where there is one, for what a server names and this page may not know. */
export const maybe = (key, otherwise) => texts[key] ?? otherwise;

/** Return what the server words itself, such as an error, in the language that is shown; English where it is unknown. */
export const told = (text) => translated(text);

const format = (options) => new Intl.NumberFormat(current, options);

/** Return a number as it is written, with at most this many decimals. */
export const number = (value, decimals = 0) => format({ maximumFractionDigits: decimals }).format(value);

/** Return a duration: milliseconds below one second, then seconds. */
export function duration(seconds) {
  if (seconds < 1) return t("unit.ms", { n: number(seconds * 1000) });
  return t("unit.s", { n: number(seconds, seconds < 10 ? 2 : 1) });
}

/** Return a size: bytes as kB, MB or GB. */
export function size(bytes) {
  const units = ["B", "kB", "MB", "GB", "TB"];
  const power = bytes < 1 ? 0 : Math.min(4, Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** power;
  return `${number(value, value < 10 && power > 1 ? 1 : 0)} ${units[power]}`;
}

/** Return memory, which is given in MB. */
export const memory = (megabytes) => size(megabytes * 1e6);

/** Return the time of day, with the date where it is not today. */
export function moment(iso) {
  const then = new Date(iso);
  const today = then.toDateString() === new Date().toDateString();
  const options = today ? { timeStyle: "medium" } : { dateStyle: "medium", timeStyle: "short" };
  return new Intl.DateTimeFormat(current, options).format(then);
}

/** Return a date. */
export const date = (iso) => new Intl.DateTimeFormat(current, { dateStyle: "medium" }).format(new Date(iso));

/** Return the name of a language. */
export const languageName = (code) => nameIn(current, code);

function nameIn(reader, code) {
  try {
    return new Intl.DisplayNames([reader], { type: "language" }).of(code.replace("_", "-"));
  } catch {
    return code;
  }
}

const LANGUAGE_FIRST = /^[A-Z][^(,]* \([^)]*\)(?=, )/;

/** Return a title that names languages in English, such as "French (France), siwis", with the names that are shown. */
export function titled(title, codes) {
  if (current === "en" || codes.length === 0) return title;
  if (codes.length === 1 && LANGUAGE_FIRST.test(title)) return title.replace(LANGUAGE_FIRST, languageName(codes[0]));
  const names = new Map(codes.map((code) => [nameIn("en", code), languageName(code)]));
  const parts = title.split(/(, | and )/);
  if (!parts.some((each) => names.has(each))) return title;
  return parts.map((each) => names.get(each) ?? { ", ": "，", " and ": "和" }[each] ?? each).join("");
}
