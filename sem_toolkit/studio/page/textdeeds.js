// Deeds in the text: fixes, renaming at the caret, the usual layout.

import { announce } from "./announce.js";
import { ask } from "./dialogs.js";

export class TextDeeds {
  #server;
  #editor;
  #deeds;
  #getFile;
  #diagnostics = [];
  #analysed = null;

  constructor({ server, editor, deeds, getFile }) {
    this.#server = server;
    this.#editor = editor;
    this.#deeds = deeds;
    this.#getFile = getFile;
  }

  /** What is wrong with a text, for the fixes that are asked for. */
  take(diagnostics, text) {
    this.#diagnostics = diagnostics;
    this.#analysed = text;
  }

  fix(offered) {
    if (this.#editor.text !== this.#analysed) return;
    this.#editor.apply(offered.edits, "input.fix");
    announce(`fixed: ${offered.title}`);
  }

  fixAtCaret() {
    const at = this.#editor.caret;
    const found = this.#diagnostics.filter((entry) => entry.fixes.length && entry.from !== null);
    const near = found.find((entry) => entry.from <= at && at <= entry.to) ?? found[0];
    if (near) this.fix(near.fixes[0]);
    return Boolean(near);
  }

  async format() {
    const text = this.#editor.text;
    const found = await this.#deeds.attempt(this.#server.post("/api/format", { file: this.#getFile(), text }));
    if (found && this.#editor.text === text) this.#editor.apply(found.edits, "input.format");
  }

  async renameAtCaret() {
    const [text, offset] = [this.#editor.text, this.#editor.caret];
    const before = text.slice(0, offset).match(/[\p{L}\p{N}_.]*$/u)[0];
    const word = before + text.slice(offset).match(/^[\p{L}\p{N}_.]*/u)[0];
    if (!word) return;
    let edits = [];
    const given = await ask({ title: `Rename ${word}`, fields: [{ name: "name", label: "New name", value: word }], confirm: "Rename",
      check: async ({ name }) => {
        try {
          ({ edits } = await this.#server.post("/api/rename", { file: this.#getFile(), text, offset, name }));
          return "";
        } catch (problem) {
          return problem.message;
        }
      } });
    if (given && this.#editor.text === text) this.#editor.apply(edits, "input.rename");
    this.#editor.focus();
  }
}
