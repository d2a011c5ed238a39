// The drawing: mounted from the server's SVG, with every variable and path focusable, named, and to be chosen.

import { svgElement } from "./element.js";
import { parseSvg } from "./sanitise.js";
import { Viewport } from "./viewport.js";

const TOUCHABLE = 10;

export class Picture extends EventTarget {
  #nodes = new Map();
  #paths = new Map();
  #focused = null;
  #chosen = null;

  /** Number of the block of the text that is drawn; 0 where the text has none. */
  block = 0;

  /** host  the element that the drawing fills. Events: "chosen" (of detail {kind, id} or null). */
  constructor(host) {
    super();
    this.host = host;
    this.viewport = new Viewport(host);
    host.addEventListener("focusin", (event) => {
      const found = this.identify(event.target);
      if (found) this.#rove(found);
    });
  }

  get svg() {
    return this.host.querySelector("svg");
  }

  get chosen() {
    return this.#chosen;
  }

  get isEmpty() {
    return !this.svg;
  }

  node(name) {
    return this.#nodes.get(name) ?? null;
  }

  path(id) {
    return this.#paths.get(id) ?? null;
  }

  get nodes() {
    return [...this.#nodes.values()];
  }

  get paths() {
    return [...this.#paths.values()];
  }

  /** Paths that begin or end at a variable. */
  pathsOf(name) {
    return this.paths.filter((path) => path.lhs === name || path.rhs === name);
  }

  /** Draw an answer of the server: {svg, picture, nodes, paths}; the last drawing goes. */
  show({ svg, picture, nodes = [], paths = [], block = 0 }) {
    const root = parseSvg(svg);
    if (!root) return;
    this.block = block;
    const hadFocus = this.host.contains(document.activeElement);
    const size = picture ?? readSize(root);
    root.removeAttribute("width");
    root.removeAttribute("height");
    for (const name of ["role", "aria-labelledby"]) root.removeAttribute(name); // the page names it otherwise
    root.querySelector(":scope > rect")?.remove();
    this.#nodes = new Map(nodes.map((node) => [node.name, node]));
    this.#paths = new Map(paths.map((path) => [path.id, path]));
    this.#prepare(root);
    this.host.replaceChildren(root);
    this.viewport.take(root, size);
    delete this.host.dataset.old;
    if (this.#chosen && !this.find(this.#chosen)) this.choose(null);
    else this.#markChosen();
    this.#rove(this.#focused && this.find(this.#focused) ? this.#focused : this.#first());
    if (hadFocus) this.find(this.#focused)?.focus({ preventScroll: true });
  }

  /** Dim the drawing: it is of an earlier text. */
  age() {
    if (!this.isEmpty) this.host.dataset.old = "";
  }

  clear() {
    this.host.replaceChildren();
    this.#nodes.clear();
    this.#paths.clear();
    this.choose(null);
  }

  /** What an element belongs to: {kind: "node" | "path", id}, or null. */
  identify(element) {
    const group = element?.closest?.("[data-variable], [data-path]");
    if (!group || !this.host.contains(group)) return null;
    return group.dataset.variable !== undefined
      ? { kind: "node", id: group.dataset.variable }
      : { kind: "path", id: group.dataset.path };
  }

  /** The element of what identify() gives. */
  find({ kind, id }) {
    const wanted = kind === "node" ? `.variable[data-variable="${CSS.escape(id)}"]` : `.path[data-path="${CSS.escape(id)}"]`;
    return this.host.querySelector(wanted);
  }

  choose(target) {
    const same = target?.id === this.#chosen?.id && target?.kind === this.#chosen?.kind;
    this.#chosen = target;
    this.#markChosen();
    if (!same) this.dispatchEvent(new CustomEvent("chosen", { detail: target }));
  }

  /** Focus a variable or path and bring it into sight. */
  focus(target) {
    const element = target && this.find(target);
    if (!element) return;
    const node = target.kind === "node" ? this.node(target.id) : null;
    if (node) this.viewport.reveal(node);
    this.#rove(target);
    element.focus({ preventScroll: true });
  }

  get focused() {
    return this.host.contains(document.activeElement) ? this.identify(document.activeElement) : null;
  }

  /** The nearest variable in a direction of the arrow keys. */
  neighbour(name, { dx, dy }) {
    const from = this.node(name);
    if (!from) return null;
    let best = null;
    for (const node of this.nodes) {
      const along = (node.x - from.x) * dx + (node.y - from.y) * dy;
      const across = Math.abs((node.x - from.x) * dy) + Math.abs((node.y - from.y) * dx);
      if (node.name === name || along < 1 || across > along * 2.5) continue;
      const cost = along + 2 * across;
      if (!best || cost < best.cost) best = { cost, name: node.name };
    }
    return best?.name ?? null;
  }

  #first() {
    const name = this.nodes[0]?.name;
    return name === undefined ? null : { kind: "node", id: name };
  }

  #prepare(root) {
    for (const group of root.querySelectorAll(".variable, .path")) {
      const title = group.querySelector(":scope > title");
      group.setAttribute("role", "button");
      group.setAttribute("tabindex", "-1");
      group.setAttribute("aria-label", title?.textContent ?? group.dataset.variable ?? group.dataset.path);
      title?.remove();
    }
    for (const group of root.querySelectorAll(".number > title")) group.remove();
    for (const group of root.querySelectorAll(".path")) {
      const courses = [...group.querySelectorAll(":scope > path, :scope > line, :scope > polyline")];
      for (const course of courses) {
        const hit = svgElement(course.localName, { class: "hit", "stroke-width": TOUCHABLE });
        for (const name of ["d", "x1", "y1", "x2", "y2", "points", "transform"]) {
          if (course.hasAttribute(name)) hit.setAttribute(name, course.getAttribute(name));
        }
        group.prepend(hit);
      }
    }
    root.querySelector(":scope > title")?.remove();
  }

  #markChosen() {
    for (const element of this.host.querySelectorAll(".chosen")) element.classList.remove("chosen");
    if (!this.#chosen) return;
    const { kind, id } = this.#chosen;
    const name = kind === "node" ? "variable" : "path";
    for (const element of this.host.querySelectorAll(`[data-${name}="${CSS.escape(id)}"]`)) element.classList.add("chosen");
  }

  #rove(target) {
    this.#focused = target;
    for (const element of this.host.querySelectorAll('[tabindex="0"]')) element.setAttribute("tabindex", "-1");
    if (target) this.find(target)?.setAttribute("tabindex", "0");
  }
}

function readSize(root) {
  const [, , width, height] = (root.getAttribute("viewBox") ?? "0 0 100 100").split(/[\s,]+/).map(Number);
  return { width, height };
}
