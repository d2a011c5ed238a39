// Residuals as a map: how far each covariance is from what the model implies.

import { el } from "./element.js";
import { formatNumber } from "./numbers.js";

/** Elements of the map. residuals: {names, values, z}; z are standardised, and shown where they exist. */
export function buildHeatMap(residuals, { isZ, setZ, tip }) {
  const values = isZ && residuals.z ? residuals.z : residuals.values;
  const sizes = values.flat().filter((value) => value !== null).map(Math.abs);
  const largest = isZ ? 5 : Math.max(0.1, ...sizes);
  const { names } = residuals;
  const cell = (value, row, column) => {
    if (column > row) return el("td", { "aria-hidden": "true" });
    if (value === null) return el("td", {}, "");
    const weight = Math.min(Math.abs(value) / largest, 1) ** 0.8;
    const made = el("td", { tabindex: "-1" }, formatCell(value, isZ));
    made.style.background = `rgba(var(--heat-${value < 0 ? "minus" : "plus"}), ${(weight * 0.9).toFixed(3)})`;
    if (weight > 0.62) made.style.color = "var(--pane)";
    const words = `${names[row]} with ${names[column]}`;
    const told = `residual ${formatNumber("r", residuals.values[row][column])}${residuals.z ? `, standardised ${formatNumber("z", residuals.z[row][column])}` : ""}`;
    made.setAttribute("aria-label", `${words}: ${told}`);
    made.addEventListener("pointermove", (event) => tip(words, told, event));
    made.addEventListener("pointerleave", () => tip(null));
    return made;
  };
  const table = el("table", { class: names.length > 16 ? "heat small" : "heat" },
    el("caption", { class: "unseen" }, "Residuals of the covariances"),
    el("thead", {}, el("tr", {}, el("td", {}), names.map((name) => el("th", { scope: "col" }, el("span", {}, name))))),
    el("tbody", {}, names.map((name, row) => el("tr", {}, el("th", { scope: "row" }, name),
      names.map((_, column) => cell(values[row][column], row, column))))));
  table.addEventListener("keydown", steer);
  table.querySelector("td[tabindex]")?.setAttribute("tabindex", "0");
  const options = [["z", "Standardised (z)"], ["raw", "Correlations"]].map(([value, words]) => el("option", { value }, words));
  const choice = el("select", { "aria-label": "Kind of residuals", onchange: (event) => setZ(event.target.value === "z") }, options);
  choice.value = isZ ? "z" : "raw";
  const head = el("div", { class: "table-head" }, el("h2", {}, "Residuals"),
    el("span", { class: "heat-key" }, "less than implied", el("i"), "more than implied"),
    el("span", { class: "spring" }), residuals.z ? choice : null);
  return [head, table];
}

function formatCell(value, isZ) {
  const shown = value.toFixed(isZ ? 1 : 2).replace(/^-(0\.?0*)$/, "$1").replace("-", "−");
  return isZ ? shown : shown.replace("0.", ".");
}

function steer(event) {
  const cell = event.target.closest("td");
  const row = cell?.parentElement;
  if (!row) return;
  const next = {
    ArrowRight: cell.nextElementSibling, ArrowLeft: cell.previousElementSibling,
    ArrowDown: row.nextElementSibling?.children[cell.cellIndex], ArrowUp: row.previousElementSibling?.children[cell.cellIndex],
  }[event.key];
  if (!next?.hasAttribute("tabindex")) return;
  cell.tabIndex = -1;
  next.tabIndex = 0;
  next.focus();
  event.preventDefault();
}
