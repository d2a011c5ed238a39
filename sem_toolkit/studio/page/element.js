// Elements without innerHTML: text stays text, whatever it holds.

const SVG = "http://www.w3.org/2000/svg";

/** An element with attributes and children; keys that begin with "on" are listeners, null and false leave one out. */
export function el(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (name === "class") made.className = value;
    else made.setAttribute(name, value === true ? "" : String(value));
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

/** An element of SVG. */
export function svgElement(tag, attributes = {}) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
  return made;
}

export const byId = (id) => document.getElementById(id);

const STROKES = {
  undo: "M8 5 4 9l4 4M4 9h9a5 5 0 0 1 0 10h-3",
  redo: "M16 5l4 4-4 4M20 9h-9a5 5 0 0 0 0 10h3",
  select: "M6 4l12 7-5.2 1.4L10.4 18z",
  path: "M4 19 19 5M19 5h-7M19 5v7",
  covariance: "M5 17C5 5 19 5 19 17M2.6 13.6 5 17l3.4-2M21.4 13.6 19 17l-3.4-2",
  add: "M12 5v14M5 12h14",
  minus: "M5 12h14",
  fit: "M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5",
  misfit: "M12 4 2.8 19.5h18.4zM12 10v4.5M12 17v.3",
  sun: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.3l1.4 1.4M17.3 17.3l1.4 1.4M5.3 18.7l1.4-1.4M17.3 6.7l1.4-1.4",
  moon: "M19.5 14.5A8 8 0 0 1 9.5 4.5a8 8 0 1 0 10 10z",
  system: "M12 4a8 8 0 1 0 0 16zM12 4a8 8 0 0 1 0 16",
  help: "M9 9.2a3 3 0 1 1 4.4 2.7c-1 .5-1.4 1.1-1.4 2.3M12 17.6v.3",
  export: "M12 4v10M8 10l4 4 4-4M5 17v3h14v-3",
  check: "M5 12.5 10 17.5 19.5 7",
  cross: "M6 6l12 12M18 6 6 18",
  text: "M5 7h14M5 12h14M5 17h9",
  picture: "M3.5 9a4 3 0 1 0 8 0 4 3 0 1 0-8 0M15 4.5h6v5h-6zM15 15h6v5h-6zM11.5 9l3.5-1.6M10.6 11.2l4.4 5",
  results: "M5 19V11M10 19V5M15 19v-6M20 19V8",
  tidy: "M5 6h14M5 11h9M5 16h12M17 9l3 2-3 2",
  table: "M4 5h16v14H4zM4 10h16M4 14.5h16M10 5v14",
  down: "M6 9l6 6 6-6",
  up: "M6 15l6-6 6 6",
};

/** A drawn sign, hidden from screen readers: the button beside it has the words. */
export function icon(name) {
  const drawing = svgElement("svg", { viewBox: "0 0 24 24", "aria-hidden": "true", fill: "none", stroke: "currentColor",
    "stroke-width": "1.7", "stroke-linecap": "round", "stroke-linejoin": "round" });
  drawing.append(svgElement("path", { d: STROKES[name] }));
  return drawing;
}

/** Give a button its sign and words: the words are its label, and with the shortcut its tooltip. */
export function dress(button, sign, words, shortcut = "", shown = false) {
  button.replaceChildren(icon(sign), ...(shown ? [el("span", { class: "words" }, words)] : []));
  button.setAttribute("aria-label", words);
  button.title = shortcut ? `${words} (${shortcut})` : words;
  if (shortcut) button.setAttribute("aria-keyshortcuts", shortcut.replace("Ctrl", "Control"));
  return button;
}
