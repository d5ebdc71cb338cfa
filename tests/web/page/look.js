// Looks at a page from inside, for the tests: each returns what is found wrong, as lines.

const seen = (element) => element.checkVisibility({ opacityProperty: true, visibilityProperty: true });
const shown = (element) => `<${element.tagName.toLowerCase()} class="${element.className}"> ${element.textContent.trim().slice(0, 40)}`;

// What can be used and has no name for a screen reader.
function unnamed() {
  const used = document.querySelectorAll("button, a[href], input, select, summary, [role=img], progress, nav, audio");
  const name = (element) =>
    element.getAttribute("aria-label") ||
    (element.labels?.length && element.labels[0].textContent.trim()) ||
    (!/^(INPUT|SELECT|PROGRESS|AUDIO|NAV)$/.test(element.tagName) && element.textContent.trim());
  return [...used].filter((element) => seen(element) && !name(element)).map(shown);
}

// What is wider than the window.
function overflowing() {
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= width) return [];
  return [...document.querySelectorAll("main *")].filter((element) => element.getBoundingClientRect().right > width + 1).map(shown);
}

const canvas = Object.assign(document.createElement("canvas"), { width: 1, height: 1 }).getContext("2d", { willReadFrequently: true });

function colour(css) {
  canvas.clearRect(0, 0, 1, 1);
  canvas.fillStyle = css;
  canvas.fillRect(0, 0, 1, 1);
  const [red, green, blue, alpha] = canvas.getImageData(0, 0, 1, 1).data;
  return [red, green, blue, alpha / 255];
}

const over = ([r, g, b, a], [R, G, B]) => [r * a + R * (1 - a), g * a + G * (1 - a), b * a + B * (1 - a), 1];

function behind(element) {
  const layers = [];
  for (let each = element; each; each = each.parentElement) layers.push(colour(getComputedStyle(each).backgroundColor));
  return layers.reverse().reduce((under, layer) => over(layer, under), [255, 255, 255, 1]);
}

function luminance([red, green, blue]) {
  const [r, g, b] = [red, green, blue].map((each) => {
    const share = each / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

// What is written with less contrast than WCAG's level AA asks for.
function faint() {
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !seen(element) || element.closest(":disabled, option, noscript")) continue;
    const style = getComputedStyle(element);
    const ground = behind(element);
    const ink = luminance(over(colour(element instanceof SVGElement ? style.fill : style.color), ground));
    const paper = luminance(ground);
    const ratio = (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05);
    const large = parseFloat(style.fontSize) >= 24;
    if (ratio < (large ? 3 : 4.5)) found.push(`${ratio.toFixed(2)} ${shown(element)}`);
  }
  return found;
}
