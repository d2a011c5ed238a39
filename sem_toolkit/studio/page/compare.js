// Model beside model: which specs of the folder to compare, their table, and both drawn in one picture.

import { el } from "./element.js";
import { buildTable } from "./tables.js";

export class Comparison {
  #chosen = new Set();
  #found = null;
  #server;
  #listeners;

  /** listeners: {rivals(), file(), redraw(), attempt(call), overlay(answer, names), open(file)} */
  constructor(server, listeners) {
    this.#server = server;
    this.#listeners = listeners;
  }

  clear() {
    this.#found = null;
  }

  build() {
    const file = this.#listeners.file();
    const rivals = this.#listeners.rivals();
    if (file === null || !rivals.length) return [el("p", { class: "nothing" }, "Other specs in the folder can be compared with this one.")];
    const boxes = rivals.map((name) => {
      const box = el("input", { type: "checkbox", onchange: (event) => {
        if (event.target.checked) this.#chosen.add(name);
        else this.#chosen.delete(name);
        run.disabled = !this.#chosen.size;
      } });
      box.checked = this.#chosen.has(name);
      return el("label", {}, box, name);
    });
    const run = el("button", { class: "plain", type: "button", onclick: () => this.#run() }, "Compare");
    run.disabled = !this.#chosen.size;
    const overlay = this.#found?.svg ? el("button", { class: "plain", type: "button",
      onclick: () => this.#listeners.overlay(this.#found) }, "Draw both in one picture") : null;
    const head = el("div", { class: "table-head" }, el("h2", {}, `${file} beside`), el("span", { class: "spring" }), overlay, run);
    const tables = (this.#found?.tables ?? []).flatMap((table) => buildTable(table, { fileName: "comparison" }));
    const notes = this.#found?.notes?.length ? [el("ul", { class: "warnings" }, this.#found.notes.map((note) => el("li", {}, note)))] : [];
    return [head, el("div", { class: "rivals" }, boxes), ...tables, ...notes];
  }

  async #run() {
    const names = [this.#listeners.file(), ...this.#chosen];
    const found = await this.#listeners.attempt(this.#server.get("/api/compare", { files: names.join(",") }));
    if (!found) return;
    this.#found = { ...found, names, tables: found.tables ?? (found.table ? [found.table] : []) };
    this.#listeners.redraw();
  }
}
