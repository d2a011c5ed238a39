// The picture by keys alone.

const ARROWS = {
  ArrowLeft: { dx: -1, dy: 0 }, ArrowRight: { dx: 1, dy: 0 }, ArrowUp: { dx: 0, dy: -1 }, ArrowDown: { dx: 0, dy: 1 },
};
const STEP = 5;

/**
 * Listen on the picture.
 * deeds  {open(target), remove(target), fix(target), free(target), label(target), rename(target), move(name, x, y), add()}
 */
export function listenToKeys(picture, gestures, deeds) {
  picture.host.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const target = picture.focused;
    const isDone = ARROWS[event.key] ? go(picture, deeds, target, event) : act(picture, gestures, deeds, target, event.key);
    if (isDone) {
      event.preventDefault();
      event.stopPropagation();
    }
  });
}

function go(picture, deeds, target, event) {
  if (!target) return false;
  const arrow = ARROWS[event.key];
  if (target.kind === "path") {
    step(picture, target, arrow.dx + arrow.dy);
    return true;
  }
  const node = picture.node(target.id);
  if (event.shiftKey && node) {
    deeds.move(node.name, node.x + arrow.dx * STEP, node.y + arrow.dy * STEP);
    return true;
  }
  const next = picture.neighbour(target.id, arrow);
  if (next !== null) picture.focus({ kind: "node", id: next });
  return true;
}

/** From path to path of the same variable, in the order in which they are drawn. */
function step(picture, target, by) {
  const path = picture.path(target.id);
  const paths = path ? picture.pathsOf(path.lhs) : picture.paths;
  const at = paths.findIndex((other) => other.id === target.id);
  const next = paths[(at + by + paths.length) % paths.length];
  if (next) picture.focus({ kind: "path", id: next.id });
}

function act(picture, gestures, deeds, target, key) {
  const node = target?.kind === "node" ? target.id : null;
  const path = target?.kind === "path" ? target : null;
  switch (key.length === 1 ? key.toLowerCase() : key) {
    case "Enter": case " ":
      if (gestures.from !== null && node !== null) gestures.drawTo(node);
      else if (target) deeds.open(target);
      return Boolean(target);
    case "Escape": return gestures.cancel() || deeds.close();
    case "p": if (node !== null) gestures.drawFrom("path", node); else gestures.setTool("path"); return true;
    case "c": if (node !== null) gestures.drawFrom("covariance", node); else gestures.setTool("covariance"); return true;
    case "v": gestures.setTool("select"); return true;
    case "n": deeds.add(); return true;
    case "Delete": case "Backspace": if (path) deeds.remove(path); return Boolean(path);
    case "f": if (path) deeds.fix(path); return Boolean(path);
    case "e": if (path) deeds.free(path); return Boolean(path);
    case "l": if (path) deeds.label(path); return Boolean(path);
    case "r": case "F2": if (node !== null) deeds.rename(target); return node !== null;
    case "[": case "]": return goBetween(picture, target, key === "]");
    case "+": case "=": picture.viewport.zoom(1.25); return true;
    case "-": picture.viewport.zoom(0.8); return true;
    case "0": picture.viewport.fit(); return true;
    default: return false;
  }
}

/** From a variable to its paths, and from a path to the variable at one of its ends. */
function goBetween(picture, target, isForward) {
  if (!target) return false;
  if (target.kind === "node") {
    const paths = picture.pathsOf(target.id);
    const path = paths[isForward ? 0 : paths.length - 1];
    if (path) picture.focus({ kind: "path", id: path.id });
  } else {
    const path = picture.path(target.id);
    if (path) picture.focus({ kind: "node", id: isForward ? path.rhs : path.lhs });
  }
  return true;
}
