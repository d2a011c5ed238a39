// A path on trial: drawn as a ghost with the new χ², kept or put away.

import { hint } from "./announce.js";
import { term } from "./card.js";
import { buildAddition } from "./deeds.js";
import { byId, el } from "./element.js";
import { drawGhost } from "./ghost.js";
import { formatNumber } from "./numbers.js";
import { describeTrial } from "./results.js";

export class Trial {
  #server;
  #deeds;
  #picture;
  #listeners;
  #running = 0;
  #action = null;

  /** listeners: {question(), ended()}: the call to send, and what draws the model without the ghost again. */
  constructor({ server, deeds, picture, listeners }) {
    this.#server = server;
    this.#deeds = deeds;
    this.#picture = picture;
    this.#listeners = listeners;
  }

  get isOn() {
    return this.#action !== null;
  }

  /** Try a path {lhs, op, rhs}. */
  async start(path) {
    this.discard();
    const run = ++this.#running;
    const action = { block: this.#picture.block, ...buildAddition(path) };
    hint(`Trying ${term(path)} …`, "word", true);
    const found = await this.#deeds.attempt(this.#server.post("/api/try", { ...this.#listeners.question(), action }));
    if (run !== this.#running) return;
    if (!found) return;
    hint("");
    this.#action = action;
    const own = found.paths?.find(({ lhs, op, rhs }) => op === path.op
      && ((lhs === path.lhs && rhs === path.rhs) || (op === "~~" && lhs === path.rhs && rhs === path.lhs)));
    const [from, to] = path.op === "~" ? [path.rhs, path.lhs] : [path.lhs, path.rhs];
    const shown = this.#listeners.question().standardized === "est" ? own?.est : own?.std ?? own?.est;
    drawGhost(this.#picture, { from, to, isTwoHeaded: path.op === "~~" }, formatNumber("est", shown));
    const keep = el("button", { class: "solid", type: "button", onclick: () => this.keep() }, "Keep");
    const put = el("button", { class: "plain", type: "button", onclick: () => this.discard() }, "Put away");
    const line = byId("trial");
    line.hidden = false;
    line.replaceChildren(el("span", { class: "term" }, term(path)), describeTrial(found), el("span", { class: "spring" }), put, keep);
    line.onkeydown = (event) => { if (event.key === "Escape") this.discard(); };
    keep.focus();
  }

  async keep() {
    const action = this.#action;
    this.#end();
    if (action && !(await this.#deeds.edit(action))) this.#listeners.ended();
  }

  discard() {
    if (!this.isOn) return false;
    this.#end();
    this.#listeners.ended();
    return true;
  }

  /** The text has changed: the trial is of another model. */
  forget() {
    this.#running += 1;
    this.#end();
  }

  /** Something else is in the place of the picture until it is put away. */
  hold(words) {
    this.#running += 1;
    this.#action = {};
    const line = byId("trial");
    line.hidden = false;
    line.replaceChildren(el("span", { class: "term" }, words), el("span", { class: "spring" }),
      el("button", { class: "plain", type: "button", onclick: () => this.discard() }, "Back to the model"));
  }

  #end() {
    this.#action = null;
    this.#picture.host.querySelector(".ghost")?.remove();
    byId("trial").hidden = true;
  }
}
