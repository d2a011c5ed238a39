// Which part of a drawing is seen, and how large: the viewBox of its SVG.

const MARGIN = 14;
const LARGEST_AT_FIRST = 2.1;
const LIMITS = [0.15, 12];

export class Viewport {
  #host;
  #svg = null;
  #size = { width: 1, height: 1 };
  #scale = 1;
  #centre = { x: 0, y: 0 };
  #isFitted = true;

  constructor(host) {
    this.#host = host;
    new ResizeObserver(() => (this.#isFitted ? this.fit() : this.#apply())).observe(host);
  }

  /** Pixels a unit of the drawing. */
  get scale() {
    return this.#scale;
  }

  /** Take a new drawing over; a view that somebody chose stays. */
  take(svg, { width, height }) {
    this.#svg = svg;
    this.#size = { width, height };
    if (this.#isFitted) this.fit();
    else this.#apply();
  }

  /** The whole drawing, though never larger than reads well. */
  fit() {
    const { clientWidth, clientHeight } = this.#host;
    if (!clientWidth || !clientHeight) return;
    const room = Math.min((clientWidth - 2 * MARGIN) / this.#size.width, (clientHeight - 2 * MARGIN) / this.#size.height);
    this.#scale = Math.max(Math.min(room, LARGEST_AT_FIRST), 0.05);
    this.#centre = { x: this.#size.width / 2, y: this.#size.height / 2 };
    this.#isFitted = true;
    this.#apply();
  }

  /** Zoom about a point of the screen, or about the middle. */
  zoom(factor, client = null) {
    const about = client ? this.toDrawing(client) : this.#centre;
    const scale = Math.min(Math.max(this.#scale * factor, LIMITS[0]), LIMITS[1]);
    const ratio = this.#scale / scale;
    this.#centre = { x: about.x + (this.#centre.x - about.x) * ratio, y: about.y + (this.#centre.y - about.y) * ratio };
    this.#scale = scale;
    this.#isFitted = false;
    this.#apply();
  }

  /** Move the paper by pixels. */
  pan(dx, dy) {
    this.#centre = { x: this.#centre.x - dx / this.#scale, y: this.#centre.y - dy / this.#scale };
    this.#isFitted = false;
    this.#apply();
  }

  /** Bring a box of the drawing into sight. */
  reveal({ x, y, width, height }) {
    const halfWidth = this.#host.clientWidth / this.#scale / 2;
    const halfHeight = this.#host.clientHeight / this.#scale / 2;
    const beyond = (at, half, size, centre) => Math.abs(at - centre) + size / 2 > half;
    const isOut = beyond(x, halfWidth, width, this.#centre.x) || beyond(y, halfHeight, height, this.#centre.y);
    if (!isOut) return;
    this.#centre = { x, y };
    this.#isFitted = false;
    this.#apply();
  }

  /** A point of the screen in units of the drawing. */
  toDrawing({ clientX, clientY }) {
    const box = this.#host.getBoundingClientRect();
    return {
      x: this.#centre.x + (clientX - box.left - box.width / 2) / this.#scale,
      y: this.#centre.y + (clientY - box.top - box.height / 2) / this.#scale,
    };
  }

  #apply() {
    if (!this.#svg) return;
    const width = this.#host.clientWidth / this.#scale;
    const height = this.#host.clientHeight / this.#scale;
    if (!width || !height) return;
    this.#svg.setAttribute("viewBox", `${this.#centre.x - width / 2} ${this.#centre.y - height / 2} ${width} ${height}`);
  }
}
