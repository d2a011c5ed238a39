// What is said: quietly to screen readers, briefly over the picture, or in a line under the bar until it is closed.

import { byId, el } from "./element.js";

let hiding = 0;

/** Say it to screen readers. */
export function announce(words) {
  const live = byId("live");
  live.textContent = "";
  setTimeout(() => { live.textContent = words; }, 30);
}

/** Show it over the picture for a moment, and say it. */
export function hint(words, kind = "word", lasting = false) {
  const shown = byId("hint");
  clearTimeout(hiding);
  shown.hidden = !words;
  if (!words) return;
  shown.textContent = words;
  shown.dataset.kind = kind;
  if (!lasting) hiding = setTimeout(() => { shown.hidden = true; }, kind === "problem" ? 6000 : 3000);
  announce(words);
}

/** A line under the bar; with buttons, for some seconds, or `isKept` until what it is about is settled. */
export function notice(words, { kind = "word", buttons = [], seconds = 0, isKept = false } = {}) {
  const line = byId("notice");
  if (line.dataset.kept && !isKept) return announce(words);
  line.hidden = !words;
  line.dataset.kept = isKept && words ? "yes" : "";
  if (!words) return undefined;
  line.dataset.kind = kind;
  const close = el("button", { class: "quiet", type: "button", onclick: () => { line.hidden = true; } }, "Close");
  line.replaceChildren(el("span", {}, words), el("span", { class: "spring" }), ...buttons, ...(isKept ? [] : [close]));
  if (seconds) setTimeout(() => { if (line.firstChild?.textContent === words) line.hidden = true; }, seconds * 1000);
  return undefined;
}
