// Icons, drawn with one pen: 24 units, a stroke of 1.75, round ends.

import { s } from "../dom.js";

const PATHS = {
  overview: ["M3 11.5 12 4l9 7.5", "M6.5 14v5M10 15v3M13.5 16v1.5M17 16.9v.1"],
  turns: ["M4 6h7", "M8 12h9", "M13 18h7"],
  try: [
    "M12 3.5a2.75 2.75 0 0 1 2.75 2.75v5a2.75 2.75 0 0 1-5.5 0v-5A2.75 2.75 0 0 1 12 3.5Z",
    "M5.5 11a6.5 6.5 0 0 0 13 0M12 17.5v3",
  ],
  models: ["M12 3.5 20 8v8l-8 4.5L4 16V8l8-4.5Z", "M4.3 8.2 12 12.4l7.7-4.2M12 12.4v8"],
  documents: ["M6.5 3.5h7l4.5 4.5v12.5h-11.5v-17Z", "M13 3.8V8.5h4.7M9.5 13h5M9.5 16.5h5"],
  settings: [
    "M4 7h9M17 7h3M4 17h3M11 17h9",
    "M15 4.9a2.1 2.1 0 1 1 0 4.2 2.1 2.1 0 0 1 0-4.2Z",
    "M9 14.9a2.1 2.1 0 1 1 0 4.2 2.1 2.1 0 0 1 0-4.2Z",
  ],
  sun: [
    "M12 8a4 4 0 1 1 0 8 4 4 0 0 1 0-8Z",
    "M12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.3l1.4 1.4M17.3 17.3l1.4 1.4M18.7 5.3l-1.4 1.4M6.7 17.3l-1.4 1.4",
  ],
  moon: ["M19.5 14.2A8 8 0 0 1 9.8 4.5a8 8 0 1 0 9.7 9.7Z"],
  auto: ["M12 3.5a8.5 8.5 0 1 1 0 17 8.5 8.5 0 0 1 0-17Z", "M12 3.5v17M12 8.5h6.5M12 12h8.4M12 15.5h6.5"],
  add: ["M12 5v14M5 12h14"],
  check: ["M5 12.5 10 17.5 19.5 7"],
  warning: ["M12 4 21 19.5H3L12 4Z", "M12 10v4.5M12 17v.1"],
  problem: ["M12 3.5a8.5 8.5 0 1 1 0 17 8.5 8.5 0 0 1 0-17Z", "M12 8v5M12 16v.1"],
  chip: ["M7 7h10v10H7z", "M10 4v3M14 4v3M10 17v3M14 17v3M4 10h3M4 14h3M17 10h3M17 14h3"],
  download: ["M12 4v11M7.5 11 12 15.5 16.5 11", "M5 19.5h14"],
  upload: ["M12 16V5M7.5 9 12 4.5 16.5 9", "M5 19.5h14"],
  remove: ["M5 7h14M10 4h4M7 7l.8 12.5h8.4L17 7", "M10.3 10.5v5.5M13.7 10.5v5.5"],
  close: ["M6.5 6.5l11 11M17.5 6.5l-11 11"],
  send: ["M4.5 12h14M13 6.5 18.5 12 13 17.5"],
  stop: ["M7.5 7.5h9v9h-9z"],
  search: ["M10.5 4.5a6 6 0 1 1 0 12 6 6 0 0 1 0-12Z", "M15 15l4.5 4.5"],
  speaker: ["M4.5 9.5v5h3.5l4.5 4v-13L8 9.5H4.5Z", "M16 9a4.2 4.2 0 0 1 0 6M18.5 6.5a8 8 0 0 1 0 11"],
};

/** Return an icon that says nothing of its own: words stand beside it, or the button has a label. */
export function icon(name, props = {}) {
  const paths = PATHS[name].map((d) => s("path", { d }));
  const drawn = { class: "icon", viewBox: "0 0 24 24", fill: "none", stroke: "currentColor", "stroke-width": "1.75" };
  return s(
    "svg",
    { ...drawn, "stroke-linecap": "round", "stroke-linejoin": "round", "aria-hidden": "true", ...props },
    paths,
  );
}
