// What is chosen in the picture, beside it: its numbers and what can be done with it. And the brief word on hovering.

import { byId, dress, el } from "./element.js";
import { formatNumber, formatP } from "./numbers.js";

const ROLES = {
  loading: "is measured by", weight: "is made of", regression: "regressed on", covariance: "covariance", variance: "variance",
  intercept: "intercept", threshold: "threshold",
};
const KINDS = { latent: "latent variable", observed: "observed variable", composite: "composite", constant: "constant" };

/** One line on a path: its estimate, error, p, and standardised estimate. */
export function describePath(path) {
  if (path.est === null || path.est === undefined) return path.fixed ? "fixed" : "no estimate yet";
  const parts = [path.fixed || path.se === null || path.se === 0
    ? `${formatNumber("est", path.est)} (fixed)`
    : `${formatNumber("est", path.est)} (SE ${formatNumber("se", path.se)}), p ${path.p < 0.001 ? "" : "= "}${formatP(path.p)}`];
  if (path.std !== null && path.std !== undefined) parts.push(`standardised ${formatNumber("std", path.std)}`);
  return parts.join(" · ");
}

const term = (path) => `${path.lhs} ${path.op} ${path.rhs}`.trim();

/** Show the card of a path or variable near its element. deeds: [label, keys, run, kind] of its buttons. */
export function openCard(element, target, about, deeds) {
  const card = byId("card");
  const shut = dress(el("button", { class: "icon shut", type: "button", onclick: closeCard }), "cross", "Close", "Esc");
  const rows = about.path ? describeRows(about.path) : [];
  card.replaceChildren(
    el("h2", {}, about.path ? term(about.path) : target.id),
    el("p", { class: "role" }, about.path ? ROLES[about.path.role] ?? about.path.role : KINDS[about.node.kind] ?? about.node.kind),
    rows.length ? el("dl", {}, rows.flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, value)])) : "",
    el("div", { class: "deeds" }, deeds.map(([label, keys, run, kind]) => el("button",
      { class: `plain ${kind ?? ""}`, type: "button", title: keys ? `${label} (${keys})` : label, onclick: run }, label))),
    shut,
  );
  card.hidden = false;
  card.onkeydown = (event) => {
    if (event.key !== "Escape") return;
    closeCard();
    element.focus({ preventScroll: true });
    event.stopPropagation();
  };
  place(card, element.getBoundingClientRect(), [...element.ownerSVGElement.querySelectorAll(".variable, .number")]
    .filter((other) => other !== element).map((other) => other.getBoundingClientRect()));
}

export function closeCard() {
  const was = !byId("card").hidden;
  byId("card").hidden = true;
  return was;
}

function describeRows(path) {
  if (path.est === null || path.est === undefined) return [];
  const rows = [["Estimate", formatNumber("est", path.est)]];
  if (!path.fixed && path.se !== null) rows.push(["Standard error", formatNumber("se", path.se)], ["p", formatP(path.p)]);
  if (path.fixed) rows.push(["", "fixed"]);
  if (path.std !== null && path.std !== undefined) rows.push(["Standardised", formatNumber("std", path.std)]);
  if (path.label) rows.push(["Label", path.label]);
  return rows;
}

/** Where the card covers the least: beside what is chosen, or in a corner of the picture. */
function place(shown, box, taken) {
  const { offsetWidth: width, offsetHeight: height } = shown;
  const sheet = byId("sheet").getBoundingClientRect();
  const middle = { x: box.left + box.width / 2, y: box.top + box.height / 2 };
  const places = [
    [box.right + 12, middle.y - height / 2], [box.left - width - 12, middle.y - height / 2],
    [middle.x - width / 2, box.bottom + 12], [middle.x - width / 2, box.top - height - 12],
    [sheet.left + 10, sheet.top + 10], [sheet.right - width - 10, sheet.top + 10],
    [sheet.left + 10, sheet.bottom - height - 10], [sheet.right - width - 10, sheet.bottom - height - 60],
  ].map(([left, top]) => ({
    left: Math.max(8, Math.min(left, innerWidth - width - 8)),
    top: Math.max(8, Math.min(Math.max(top, sheet.top + 6), Math.max(sheet.bottom, sheet.top + height + 16) - height - 8)),
  }));
  const covers = ({ left, top }, other) => Math.max(0, Math.min(left + width, other.right) - Math.max(left, other.left))
    * Math.max(0, Math.min(top + height, other.bottom) - Math.max(top, other.top));
  const cost = (at) => 4 * covers(at, box) + taken.reduce((sum, other) => sum + covers(at, other), 0)
    + 0.5 * Math.hypot(at.left + width / 2 - middle.x, at.top + height / 2 - middle.y);
  const best = places.reduce((chosen, at) => (cost(at) < cost(chosen) ? at : chosen));
  shown.style.left = `${best.left}px`;
  shown.style.top = `${best.top}px`;
}

/** A brief word beside the pointer; null takes it away. */
export function showTip(title, words, event) {
  const tip = byId("tip");
  tip.hidden = title === null;
  if (tip.hidden) return;
  tip.replaceChildren(el("b", {}, title), words);
  tip.style.left = `${Math.min(event.clientX + 14, innerWidth - tip.offsetWidth - 8)}px`;
  const below = event.clientY + 18;
  tip.style.top = `${below + tip.offsetHeight < innerHeight ? below : event.clientY - tip.offsetHeight - 12}px`;
}

export { term };
