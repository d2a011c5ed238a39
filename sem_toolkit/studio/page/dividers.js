// The bars between the panes: by pointer, by arrow keys, remembered.

import { byId } from "./element.js";
import { keep, recall } from "./keeping.js";

const KEPT = "studio-desk";

export function startDividers() {
  const desk = byId("desk");
  const kept = JSON.parse(recall(KEPT, { always: true }) ?? "{}");
  const set = (name, share) => {
    kept[name] = share;
    desk.style.setProperty(name, `${(share * 100).toFixed(1)}%`);
    keep(KEPT, JSON.stringify(kept), { always: true });
  };
  const make = (id, name, measure, limits) => {
    const bar = byId(id);
    const now = () => measure(bar.getBoundingClientRect());
    const move = (share) => {
      const held = Math.min(Math.max(share, limits[0]), limits[1]);
      set(name, held);
      bar.setAttribute("aria-valuenow", String(Math.round(held * 100)));
    };
    bar.setAttribute("aria-valuenow", String(Math.round(now() * 100)));
    bar.addEventListener("pointerdown", (event) => {
      bar.setPointerCapture(event.pointerId);
      bar.onpointermove = (at) => move(measure({ left: at.clientX, top: at.clientY }));
      event.preventDefault();
    });
    bar.addEventListener("pointerup", () => { bar.onpointermove = null; });
    bar.addEventListener("keydown", (event) => {
      const way = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 }[event.key];
      if (!way) return;
      move(now() + way * 0.03);
      event.preventDefault();
    });
    if (kept[name]) move(kept[name]);
  };
  make("divide-text", "--text-width", ({ left }) => (left - desk.getBoundingClientRect().left) / desk.clientWidth, [0.2, 0.75]);
  make("divide-results", "--results", ({ top }) => (desk.getBoundingClientRect().bottom - top) / desk.clientHeight, [0.1, 0.8]);
}
