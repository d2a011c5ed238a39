// A table that sorts by its heads, is copied as cells, and is kept as CSV.

import { announce, hint } from "./announce.js";
import { el } from "./element.js";
import { formatNumber } from "./numbers.js";

const NAMES = new Set(["lhs", "op", "rhs", "label", "name", "parameter", "variable", "measure"]);

/** Keep bytes or text as a file. */
export function keepFile(content, name, type = "text/plain") {
  const address = URL.createObjectURL(content instanceof Blob ? content : new Blob([content], { type }));
  const link = el("a", { href: address, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 10000);
}

const OPERATORS = new Set(["=~", "=="]);

/** Comma-separated text: full numbers, quotes where they are needed; nothing that somebody named begins a formula. */
export function formatCsv({ columns, rows }) {
  const cell = (value) => {
    if (value === null || value === undefined) return "";
    if (typeof value === "number") return String(value);
    const text = /^[=+\-@\t\r]/.test(value) && !OPERATORS.has(value) ? `'${value}` : String(value);
    return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return [columns.map(({ label }) => cell(label)), ...rows.map((row) => row.map(cell))].map((row) => row.join(",")).join("\r\n");
}

/**
 * Elements of a table.
 * table   {title, columns: [{name, label, numeric}], rows: [[…]…]}
 * choose  what a row does when it is clicked or entered, with the row and its place in rows; null for nothing
 * fileName  of the CSV;  extra  more elements for the head;  sort  {column, isDown} as it was left, changed in place
 */
export function buildTable(table, { choose = null, fileName = "table", extra = [], sort = { column: null, isDown: false }, note = "" } = {}) {
  const { columns } = table;
  const body = el("tbody");
  const heads = columns.map((column, place) => {
    const press = () => {
      const isSame = sort.column === place;
      sort.isDown = isSame ? !sort.isDown : column.numeric;
      sort.column = place;
      fill();
      announce(`sorted by ${column.label}, ${sort.isDown ? "largest first" : "smallest first"}`);
    };
    return el("th", { class: column.numeric ? "numeric" : "", scope: "col" }, el("button", { type: "button", onclick: press }, column.label));
  });
  const order = () => {
    const places = table.rows.map((_, place) => place);
    if (sort.column === null || sort.column >= columns.length) return places;
    const way = sort.isDown ? -1 : 1;
    const value = (place) => table.rows[place][sort.column];
    return places.sort((a, b) => {
      const [x, y] = [value(a), value(b)];
      if (x === null || y === null) return (x === null) - (y === null);
      return way * (typeof x === "number" && typeof y === "number" ? x - y : String(x).localeCompare(String(y), undefined, { numeric: true }));
    });
  };
  const fill = () => {
    heads.forEach((head, place) => {
      if (place === sort.column) head.setAttribute("aria-sort", sort.isDown ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    });
    body.replaceChildren(...order().map((place) => buildRow(table, place, choose)));
  };
  fill();
  const copy = async () => {
    const lines = [columns.map(({ label }) => label), ...order().map((place) => table.rows[place].map((value, at) =>
      (columns[at].numeric ? formatNumber(columns[at].name, value) : value ?? "")))];
    await navigator.clipboard.writeText(lines.map((line) => line.join("\t")).join("\n"));
    hint(`${table.title}: copied, ready to paste into a document or sheet`);
  };
  const keep = () => keepFile(`\ufeff${formatCsv({ columns, rows: order().map((place) => table.rows[place]) })}`, `${fileName}.csv`, "text/csv");
  const head = el("div", { class: "table-head" }, el("h2", {}, table.title), note ? el("span", { class: "note" }, note) : null,
    el("span", { class: "spring" }), extra,
    el("button", { class: "quiet", type: "button", onclick: copy }, "Copy"),
    el("button", { class: "quiet", type: "button", onclick: keep }, "CSV"));
  return [head, el("table", { class: "data" }, el("caption", { class: "unseen" }, table.title), el("thead", {}, el("tr", {}, heads)), body)];
}

function buildRow(table, place, choose) {
  const row = table.rows[place];
  const cells = row.map((value, at) => {
    const { name, numeric } = table.columns[at];
    const shown = numeric || typeof value === "number" ? formatNumber(name, value) : value === null ? "" : String(value);
    const kind = numeric ? "numeric" : NAMES.has(name) ? "name" : shown.length > 60 ? "wrap" : "";
    return el("td", { class: value === null ? `${kind} absent` : kind }, shown);
  });
  const line = el("tr", choose ? { tabindex: "0" } : {}, cells);
  if (choose) {
    line.addEventListener("click", () => choose(row, place));
    line.addEventListener("keydown", (event) => {
      if (event.key === "Enter" || event.key === " ") choose(row, place);
      else if (event.key === "ArrowDown") line.nextElementSibling?.focus();
      else if (event.key === "ArrowUp") line.previousElementSibling?.focus();
      else return;
      event.preventDefault();
    });
  }
  return line;
}
