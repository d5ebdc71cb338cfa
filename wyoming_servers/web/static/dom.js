// Elements, without a framework: `h("p", { class: "muted" }, "text")`.

const SVG = "http://www.w3.org/2000/svg";

function fill(element, props, children) {
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "style") for (const [key, each] of Object.entries(value)) element.style.setProperty(key, each);
    else if (name === "value" || name === "checked" || name === "disabled") element[name] = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((each) => each !== undefined && each !== null && each !== false));
  return element;
}

/** Make an element: properties beginning with `on` are listeners, `style` is an object of CSS properties. */
export function h(tag, props = {}, ...children) {
  return fill(document.createElement(tag), props, children);
}

/** Make an SVG element. */
export function s(tag, props = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), props, children);
}

/** Put new content in, and keep what the user had: the focus, and what was unfolded, of elements with `data-key`. */
export function put(box, ...children) {
  const focused = box.contains(document.activeElement) ? document.activeElement.dataset.key : undefined;
  const unfolded = new Map([...box.querySelectorAll("details[data-key]")].map((each) => [each.dataset.key, each.open]));
  box.replaceChildren(...children.flat(Infinity).filter(Boolean));
  for (const each of box.querySelectorAll("details[data-key]")) {
    if (unfolded.has(each.dataset.key)) each.open = unfolded.get(each.dataset.key);
  }
  if (focused) box.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
  return box;
}

/** Tell something to whoever does not see the page. */
export function announce(text) {
  document.getElementById("announcer").textContent = text;
}
