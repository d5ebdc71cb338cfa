// What the server words itself (errors, notes of memory), in the user's language. Pure logic.
//
// It comes in English, on whatever way: in an answer, an event, over the Wyoming port, from another process, out of a
// database. So the English sentence is the key, as in gettext, with names in the places where values stand. Values may
// be sentences too, and several may be joined.

const LONGEST = 2000;
/** In a text with more of them, they are not looked at: each piece between any two would be read. */
const MOST_JOINTS = 20;
const JOINTS = [
  [/(?<=[.!?]) /g, ""],
  [/; /g, "；"],
  [/: /g, "："],
  [/, /g, "，"],
];

function template([english, translation]) {
  const parts = english.split(/\{(\w+)\}/);
  const literals = parts.filter((_, n) => n % 2 === 0);
  return { literals, names: parts.filter((_, n) => n % 2), translation, weight: literals.join("").length };
}

/** Return what stands in the places of this sentence; null if it is another. */
function values(literals, text) {
  const [first, last] = [literals[0], literals.at(-1)];
  if (literals.length === 1) return text === first ? [] : null;
  if (!text.startsWith(first) || !text.endsWith(last)) return null;
  const found = [];
  const end = text.length - last.length;
  let at = first.length;
  for (const each of literals.slice(1, -1)) {
    const next = text.indexOf(each, at + 1);
    if (next < 0 || next + each.length > end) return null;
    found.push(text.slice(at, next));
    at = next + each.length;
  }
  return at < end ? [...found, text.slice(at, end)] : null;
}

class Translator {
  constructor(table) {
    this.templates = Object.entries(table).map(template);
    this.known = new Map();
  }

  /** Return a text with how much of it was known; of several readings the one of which most is. */
  read(text) {
    if (!this.known.has(text)) {
      let best = { text, weight: 0 };
      this.known.set(text, best);
      for (const each of this.readings(text)) if (each.weight > best.weight) best = each;
      this.known.set(text, best);
    }
    return this.known.get(text);
  }

  *readings(text) {
    const joints = JOINTS.flatMap(([joint, mark]) => [...text.matchAll(joint)].map((found) => [found, mark]));
    if (joints.length <= MOST_JOINTS) for (const [found, mark] of joints) yield this.joined(text, found, mark);
    if (text.endsWith(".")) yield this.joined(text, { 0: ".", index: text.length - 1 }, "。");
    for (const each of this.templates) {
      const stand = values(each.literals, text);
      if (stand) yield this.filled(each, stand.map((value) => this.read(value)));
    }
  }

  joined(text, joint, mark) {
    const [before, after] = [text.slice(0, joint.index), text.slice(joint.index + joint[0].length)].map((each) =>
      this.read(each),
    );
    return { text: before.text + mark + after.text, weight: before.weight + after.weight };
  }

  filled({ names, translation, weight }, stand) {
    const fields = Object.fromEntries(names.map((name, n) => [name, stand[n].text]));
    return {
      text: translation.replace(/\{(\w+)\}/g, (_, name) => fields[name]),
      weight: stand.reduce((sum, each) => sum + each.weight, weight),
    };
  }
}

/** Return a function that translates by a table; what is not known, and so of another origin, stays as it is. */
export function translator(table) {
  const by = new Translator(table);
  return (text) => (text && text.length <= LONGEST ? by.read(text).text : text);
}
