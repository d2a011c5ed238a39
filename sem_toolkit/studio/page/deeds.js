// What is done to the model in the picture: each deed becomes edits of the text, made by the server, applied here.

import { announce, hint } from "./announce.js";
import { closeCard, openCard, term } from "./card.js";
import { ask } from "./dialogs.js";
import { Lost, Refused } from "./server.js";

/** What adding a path of this kind asks of the server. */
export function buildAddition({ lhs, op, rhs, block }) {
  const where = block ? { block } : {};
  if (op === "~~") return { kind: "add_covariance", a: lhs, b: rhs, ...where };
  const [from, to] = op === "=~" ? [lhs, rhs] : [rhs, lhs];
  return { kind: "add_path", from, to, op, ...where };
}

export class Deeds {
  #server;
  #editor;
  #picture;
  #gestures = null;
  #getFile;
  #moving = null;
  #refresh;

  /** refresh() asks for a new picture; getFile() names the file. */
  constructor({ server, editor, picture, getFile, refresh }) {
    this.#server = server;
    this.#editor = editor;
    this.#picture = picture;
    this.#getFile = getFile;
    this.#refresh = refresh;
  }

  /** Gestures come after the deeds that they do. */
  use(gestures) {
    this.#gestures = gestures;
  }

  /** Ask the server for the edits of an action and make them; true when they were made. */
  async edit(action) {
    const text = this.#editor.text;
    const call = { file: this.#getFile(), text, action: { block: this.#picture.block, ...action } };
    const answer = await this.attempt(this.#server.post("/api/edit", call));
    if (!answer) return false;
    if (this.#editor.text !== text) {
      hint("The text was changed meanwhile: try again", "problem");
      return false;
    }
    closeCard();
    this.#editor.apply(answer.edits, "input.picture", await this.#carryPins(answer.pins));
    if (answer.message) announce(answer.message);
    return true;
  }

  /** What is kept about the picture and goes with an edit (a variable has another name now): written, for the history. */
  async #carryPins(pins) {
    const file = this.#getFile();
    if (!pins || file === null) return null;
    const made = await this.attempt(this.#server.post("/api/layout", { file, pins }));
    return made ? { before: made.before, after: made.pins } : null;
  }

  /** The answer of a call, or null with the refusal shown. */
  async attempt(call) {
    try {
      return await call;
    } catch (problem) {
      if (problem instanceof Refused) hint([problem.message, problem.hint].filter(Boolean).join(": "), "problem");
      else if (problem instanceof Lost) hint("The server does not answer; the text is kept on this page", "problem");
      else throw problem;
      return null;
    }
  }

  /** Draw from one variable to another. */
  draw(kind, from, to) {
    return this.edit(kind === "covariance" ? { kind: "add_covariance", a: from, b: to } : { kind: "add_path", from, to });
  }

  /** Move a variable: the layout is written beside the spec, and undone with the text. */
  async move(node, x, y) {
    while (this.#moving) await this.#moving;
    const here = this.#picture.node(node);
    if (here) Object.assign(here, { x, y });
    this.#moving = this.#moveNow(node, x, y).finally(() => { this.#moving = null; });
    await this.#moving;
  }

  async #moveNow(node, x, y) {
    const file = this.#getFile();
    if (file === null) {
      hint("Give the model a name first: its layout is kept beside it", "problem");
      this.#refresh();
      return;
    }
    const move = [{ node, x: Math.round(x * 10) / 10, y: Math.round(y * 10) / 10 }];
    const call = { file, text: this.#editor.text, moves: move };
    const made = await this.attempt(this.#server.post("/api/layout", call));
    if (made) {
      this.#editor.recordMove(made.before, made.pins);
      if (made.message) hint(made.message, "problem");
      else announce(`${node} moved`);
    }
    this.#refresh();
  }

  /** Put the layout into a state of the history. */
  async restore(pins) {
    const file = this.#getFile();
    if (file === null) return;
    await this.attempt(this.#server.post("/api/layout", { file, pins }));
    this.#refresh();
  }

  /** Let every variable go where the layout places it. */
  async tidy() {
    const file = this.#getFile();
    if (file === null) return;
    const made = await this.attempt(this.#server.post("/api/layout", { file, pins: { positions: {} } }));
    if (made) this.#editor.recordMove(made.before, made.pins);
    this.#refresh();
  }

  remove(target) {
    const path = this.#picture.path(target.id);
    return path && this.edit({ kind: "remove", lhs: path.lhs, op: path.op, rhs: path.rhs });
  }

  free(target) {
    const path = this.#picture.path(target.id);
    return path && this.edit({ kind: "free", lhs: path.lhs, op: path.op, rhs: path.rhs });
  }

  async fix(target) {
    const path = this.#picture.path(target.id);
    if (!path) return;
    const value = path.fixed && path.est !== null ? path.est : 0;
    const check = (given) => (Number.isFinite(Number(given.value.replace("−", "-"))) ? "" : `"${given.value}" is no number`);
    const given = await ask({ title: `Fix ${term(path)}`, fields: [{ name: "value", label: "to the value", value, numeric: true }],
      confirm: "Fix", check });
    if (!given) return;
    const { lhs, op, rhs } = path;
    await this.edit({ kind: "fix", lhs, op, rhs, value: Number(given.value.replace("−", "-")) });
  }

  async label(target) {
    const path = this.#picture.path(target.id);
    if (!path) return;
    const given = await ask({ title: `Label of ${term(path)}`, words: "Paths with the same label are held equal.",
      fields: [{ name: "label", label: "Label (empty for none)", value: path.label ?? "", optional: true }], confirm: "Label" });
    if (given) await this.edit({ kind: "label", lhs: path.lhs, op: path.op, rhs: path.rhs, label: given.label });
  }

  async rename(target) {
    const given = await ask({ title: `Rename ${target.id}`, words: "In the whole text, wherever it stands as this variable.",
      fields: [{ name: "name", label: "New name", value: target.id }], confirm: "Rename" });
    if (given && given.name !== target.id) await this.edit({ kind: "rename", name: target.id, new: given.name });
  }

  async add() {
    const given = await ask({ title: "Add a variable", confirm: "Add", fields: [
      { name: "name", label: "Name" },
      { name: "kind", label: "Kind", value: "latent", options: [["latent", "Latent: measured by indicators"], ["observed", "Observed: a column of the data"]] },
      { name: "indicators", label: "Indicators of a latent variable", hint: "x1 x2 x3", optional: true },
    ] });
    if (!given) return;
    const indicators = given.indicators.split(/[\s,+]+/).filter(Boolean);
    await this.edit({ kind: "add_node", name: given.name, latent: given.kind === "latent", indicators });
  }

  close() {
    return closeCard();
  }

  /** The card of a path or variable, with what can be done to it. */
  open(target) {
    const element = this.#picture.find(target);
    if (!element) return;
    this.#picture.choose(target);
    const node = target.kind === "node" ? this.#picture.node(target.id) : null;
    const path = target.kind === "path" ? this.#picture.path(target.id) : null;
    if (node) openCard(element, target, { node }, this.#listNodeDeeds(target));
    else if (path) openCard(element, target, { path }, this.#listPathDeeds(target, path));
  }

  #listNodeDeeds(target) {
    const draw = (kind) => () => { closeCard(); this.#gestures.drawFrom(kind, target.id); this.#picture.focus(target); };
    return [["Path to …", "P", draw("path")], ["Covariance with …", "C", draw("covariance")],
      ["Rename …", "R", () => this.rename(target)]];
  }

  #listPathDeeds(target, path) {
    const deeds = [];
    if (path.typed !== false || path.from !== null) deeds.push(["Show in text", "", () => this.showInText(path)]);
    deeds.push(path.fixed ? ["Free", "E", () => this.free(target)] : ["Fix …", "F", () => this.fix(target)]);
    deeds.push(["Label …", "L", () => this.label(target)], ["Remove", "Del", () => this.remove(target), "danger"]);
    return deeds;
  }

  showInText(path) {
    if (path.from === null) return;
    closeCard();
    this.#editor.goTo(path.from, path.to);
  }
}
