// Pointers on the picture: drag a variable, draw a path from one to another, move the paper, pinch, choose.

import { svgElement } from "./element.js";

const THRESHOLD = 4;

export class Gestures {
  #picture;
  #listeners;
  #pointers = new Map();
  #gesture = null;
  #tool = "select";
  #from = null;

  /** listeners: {move(name, x, y), draw(kind, from, to), choose(target, event), begun(kind, from), tool(name)} */
  constructor(picture, listeners) {
    this.#picture = picture;
    this.#listeners = listeners;
    const { host } = picture;
    host.addEventListener("pointerdown", (event) => this.#press(event));
    host.addEventListener("pointermove", (event) => this.#drag(event));
    host.addEventListener("pointerup", (event) => this.#release(event));
    host.addEventListener("pointercancel", () => this.cancel());
    host.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    host.dataset.tool = this.#tool;
  }

  get tool() {
    return this.#tool;
  }

  /** The variable from which a path is being drawn, by keys or by a first click. */
  get from() {
    return this.#from;
  }

  get isBusy() {
    return this.#gesture !== null && this.#gesture.isOn;
  }

  /** "select", "path" or "covariance". */
  setTool(name) {
    this.#tool = name;
    this.#picture.host.dataset.tool = name;
    this.#begin(null);
    this.#listeners.tool(name);
  }

  /** Begin to draw at a variable; the next one that is clicked or entered ends it. */
  drawFrom(kind, name) {
    if (this.#tool !== kind) this.setTool(kind);
    this.#begin(name);
  }

  /** End what drawFrom() began. */
  drawTo(name) {
    const from = this.#from;
    const kind = this.#tool;
    this.setTool("select");
    if (from !== null && name !== null) this.#listeners.draw(kind, from, name);
  }

  /** Put everything back: the drag, the line that is drawn, the tool. True when there was something. */
  cancel() {
    const isOn = this.#gesture !== null || this.#tool !== "select";
    if (this.#gesture?.kind === "move") this.#gesture.isOn = false;
    this.#tidy();
    this.#pointers.clear();
    if (this.#tool !== "select") this.setTool("select");
    return isOn;
  }

  #begin(name) {
    this.#from = name;
    for (const element of this.#picture.host.querySelectorAll(".target")) element.classList.remove("target");
    if (name !== null) this.#picture.find({ kind: "node", id: name })?.classList.add("target");
    if (this.#tool !== "select") this.#listeners.begun(this.#tool, name);
  }

  #press(event) {
    if (event.button > 1) return;
    this.#pointers.set(event.pointerId, { clientX: event.clientX, clientY: event.clientY });
    this.#picture.host.setPointerCapture(event.pointerId);
    if (this.#pointers.size === 2) {
      this.#tidy();
      this.#gesture = { kind: "pinch", isOn: true };
      return;
    }
    const target = event.button === 1 ? null : this.#picture.identify(event.target);
    const node = target?.kind === "node" ? target.id : null;
    let kind = "pan";
    if (node !== null) kind = this.#tool !== "select" ? this.#tool : event.shiftKey ? "path" : event.altKey ? "covariance" : "move";
    this.#gesture = { kind, node, target, start: event, isOn: false };
    event.preventDefault();
    const focusable = target && this.#picture.find(target);
    if (focusable) focusable.focus({ preventScroll: true });
    else if (!this.#picture.host.contains(document.activeElement)) document.activeElement?.blur();
  }

  #drag(event) {
    const before = this.#pointers.get(event.pointerId);
    if (!before || !this.#gesture) return;
    if (this.#gesture.kind === "pinch") return this.#pinch(event);
    const { start } = this.#gesture;
    const far = Math.hypot(event.clientX - start.clientX, event.clientY - start.clientY);
    if (!this.#gesture.isOn && far < THRESHOLD) return;
    if (!this.#gesture.isOn) this.#take();
    this.#gesture.isOn = true;
    const step = { clientX: event.clientX, clientY: event.clientY };
    if (this.#gesture.kind === "pan") {
      this.#picture.viewport.pan(step.clientX - before.clientX, step.clientY - before.clientY);
    } else if (this.#gesture.kind === "move") this.#follow(event);
    else this.#stretch(event);
    this.#pointers.set(event.pointerId, step);
  }

  #release(event) {
    this.#pointers.delete(event.pointerId);
    const gesture = this.#gesture;
    if (!gesture || gesture.kind === "pinch") {
      if (!this.#pointers.size) this.#tidy();
      return;
    }
    const over = this.#under(event);
    this.#tidy();
    if (!gesture.isOn) return this.#click(gesture, event);
    if (gesture.kind === "move") {
      const node = this.#picture.node(gesture.node);
      const by = this.#measure(gesture.start, event);
      if (node) this.#listeners.move(node.name, node.x + by.x, node.y + by.y);
    } else if (gesture.kind === "path" || gesture.kind === "covariance") {
      if (this.#tool !== "select") this.setTool("select");
      if (over !== null && over !== gesture.node) this.#listeners.draw(gesture.kind, gesture.node, over);
    }
  }

  #click(gesture, event) {
    if (this.#tool !== "select" && gesture.node !== null) {
      if (this.#from === null) this.#begin(gesture.node);
      else this.drawTo(gesture.node);
      return;
    }
    this.#listeners.choose(gesture.target, event);
  }

  #take() {
    const { kind, node } = this.#gesture;
    const { host, svg } = this.#picture;
    if (kind === "pan") host.dataset.busy = "pan";
    if (kind === "move") {
      this.#picture.find({ kind: "node", id: node })?.classList.add("dragged");
      this.#gesture.tethers = this.#picture.pathsOf(node).filter((path) => path.lhs !== path.rhs).map((path) => {
        for (const part of host.querySelectorAll(`[data-path="${CSS.escape(path.id)}"]`)) part.classList.add("drag-faded");
        const other = this.#picture.node(path.lhs === node ? path.rhs : path.lhs);
        const line = svgElement("line", { class: "tether" });
        svg.querySelector("#variables")?.before(line);
        return { line, other };
      });
    }
    if (kind === "path" || kind === "covariance") {
      this.#gesture.rubber = svgElement("path", { class: "rubber" });
      svg.append(this.#gesture.rubber);
    }
  }

  #follow(event) {
    const node = this.#picture.node(this.#gesture.node);
    const by = this.#measure(this.#gesture.start, event);
    this.#picture.find({ kind: "node", id: this.#gesture.node })?.setAttribute("transform", `translate(${by.x} ${by.y})`);
    for (const { line, other } of this.#gesture.tethers) {
      if (!other || !node) continue;
      Object.entries({ x1: node.x + by.x, y1: node.y + by.y, x2: other.x, y2: other.y })
        .forEach(([name, value]) => line.setAttribute(name, value));
    }
  }

  #stretch(event) {
    const { host } = this.#picture;
    const from = this.#picture.node(this.#gesture.node);
    const over = this.#under(event);
    for (const element of host.querySelectorAll(".target")) element.classList.remove("target");
    if (over !== null) this.#picture.find({ kind: "node", id: over })?.classList.add("target");
    const to = (over !== null && this.#picture.node(over)) || this.#picture.viewport.toDrawing(event);
    if (!from) return;
    const bend = this.#gesture.kind === "covariance" ? 0.25 : 0;
    const middle = { x: (from.x + to.x) / 2 - (to.y - from.y) * bend, y: (from.y + to.y) / 2 + (to.x - from.x) * bend };
    this.#gesture.rubber.setAttribute("d", `M${from.x},${from.y} Q${middle.x},${middle.y} ${to.x},${to.y}`);
  }

  #pinch(event) {
    const [first, second] = [...this.#pointers.values()];
    const gap = () => {
      const [a, b] = [...this.#pointers.values()];
      return { far: Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY) || 1,
        clientX: (a.clientX + b.clientX) / 2, clientY: (a.clientY + b.clientY) / 2 };
    };
    if (!first || !second) return;
    const before = gap();
    this.#pointers.set(event.pointerId, { clientX: event.clientX, clientY: event.clientY });
    const after = gap();
    this.#picture.viewport.pan(after.clientX - before.clientX, after.clientY - before.clientY);
    this.#picture.viewport.zoom(after.far / before.far, after);
  }

  #wheel(event) {
    event.preventDefault();
    const unit = event.deltaMode === 1 ? 16 : 1;
    if (event.ctrlKey || event.metaKey) this.#picture.viewport.zoom(Math.exp(-event.deltaY * unit * 0.008), event);
    else this.#picture.viewport.pan(-event.deltaX * unit, -event.deltaY * unit);
  }

  #measure(start, event) {
    const { scale } = this.#picture.viewport;
    return { x: (event.clientX - start.clientX) / scale, y: (event.clientY - start.clientY) / scale };
  }

  #under(event) {
    const found = this.#picture.identify(document.elementFromPoint(event.clientX, event.clientY));
    return found?.kind === "node" ? found.id : null;
  }

  #tidy() {
    const { host } = this.#picture;
    const node = this.#gesture?.node ?? null;
    this.#gesture?.rubber?.remove();
    for (const { line } of this.#gesture?.tethers ?? []) line.remove();
    if (this.#gesture?.kind === "move" && node !== null) {
      const element = this.#picture.find({ kind: "node", id: node });
      // a drag that ends leaves the variable where it was let go until the new picture comes
      if (!this.#gesture.isOn) element?.removeAttribute("transform");
      element?.classList.remove("dragged");
    }
    for (const part of host.querySelectorAll(".drag-faded, .target")) part.classList.remove("drag-faded", "target");
    delete host.dataset.busy;
    this.#gesture = null;
  }
}
