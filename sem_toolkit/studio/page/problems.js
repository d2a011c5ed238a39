// What is wrong with the text, as a list under it: the words, the place, the fixes.

import { byId, el } from "./element.js";

const RANKS = { error: 0, warning: 1, note: 2 };

/** Show diagnostics. goTo(entry) puts the caret there; fix(offered) makes the edits of a fix. */
export function showProblems(diagnostics, text, { goTo, fix }) {
  const sorted = [...diagnostics].sort((a, b) => RANKS[a.severity] - RANKS[b.severity] || (a.from ?? -1) - (b.from ?? -1));
  byId("problems").replaceChildren(...sorted.map((entry) => {
    const line = entry.from === null ? null : text.slice(0, entry.from).split("\n").length;
    const message = line === null
      ? el("span", { class: "message" }, entry.message)
      : el("button", { class: "message", type: "button", onclick: () => goTo(entry) }, entry.message);
    const fixes = (entry.fixes ?? []).map((offered) => el("button", { class: "plain fix", type: "button", onclick: () => fix(offered) }, offered.title));
    const isTold = fixes.length && entry.fixes.some((offered) => offered.title === entry.hint);
    return el("li", { "data-severity": entry.severity },
      el("span", { class: "mark", role: "img", "aria-label": entry.severity }), message,
      el("span", { class: "where" }, line === null ? "" : `line ${line}`),
      (entry.hint && !isTold) || fixes.length
        ? el("div", { class: "more" }, entry.hint && !isTold ? el("span", {}, entry.hint) : null, fixes) : null);
  }));
}
