// The brief word on hovering: the numbers of a path, the name and kind of a variable.

import { describePath, showTip, term } from "./card.js";

/** Listen on the picture; isBusy() tells of a drag, during which nothing is shown. */
export function listenToHovering(picture, isBusy) {
  const { host } = picture;
  host.addEventListener("pointermove", (event) => {
    if (event.pointerType === "touch" || isBusy()) return showTip(null);
    const target = picture.identify(event.target);
    const path = target?.kind === "path" ? picture.path(target.id) : null;
    if (path) return showTip(term(path), path.candidate ? "a path that the data ask for: click to try it" : describePath(path), event);
    const element = target && picture.find(target);
    return element && target.kind === "node" ? showTip(target.id, element.getAttribute("aria-label"), event) : showTip(null);
  });
  host.addEventListener("pointerleave", () => showTip(null));
}
