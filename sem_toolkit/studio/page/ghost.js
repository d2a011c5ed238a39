// A path that is not in the model yet, drawn over the picture as it stands.

import { svgElement } from "./element.js";

const BENDS = [0, 0.14, -0.14, 0.28, -0.28, 0.45, -0.45, 0.7, -0.7];
const HEAD = { length: 6, half: 2.6 };

/** Draw between two variables of the picture, with a number; nothing where one of them is not drawn. */
export function drawGhost(picture, { from, to, isTwoHeaded }, words) {
  const [a, b] = [picture.node(from), picture.node(to)];
  const svg = picture.svg;
  svg?.querySelector(".ghost")?.remove();
  if (!a || !b || !svg) return;
  const { middle, start, end } = findCourse(picture, a, b, isTwoHeaded);
  const group = svgElement("g", { class: "ghost", "aria-hidden": "true" });
  group.append(svgElement("path", { d: `M${start.x},${start.y} Q${middle.x},${middle.y} ${end.x},${end.y}` }), buildHead(end, middle));
  if (isTwoHeaded) group.append(buildHead(start, middle));
  const number = svgElement("text", { x: (start.x + 2 * middle.x + end.x) / 4, y: (start.y + 2 * middle.y + end.y) / 4 + 2.5 });
  number.textContent = words;
  group.append(number);
  svg.append(group);
}

/** The curve that runs over the fewest other variables, the flatter one where several do. */
function findCourse(picture, a, b, isTwoHeaded) {
  const others = picture.nodes.filter((node) => node.name !== a.name && node.name !== b.name);
  const build = (bend) => {
    const middle = { x: (a.x + b.x) / 2 + (b.y - a.y) * bend, y: (a.y + b.y) / 2 - (b.x - a.x) * bend };
    return { middle, start: leave(a, middle), end: leave(b, middle) };
  };
  const count = ({ middle, start, end }) => others.filter((node) => {
    for (let step = 1; step < 24; step += 1) {
      const [s, t] = [1 - step / 24, step / 24];
      const [x, y] = ["x", "y"].map((axis) => s * s * start[axis] + 2 * s * t * middle[axis] + t * t * end[axis]);
      if (Math.abs(x - node.x) < node.width / 2 + 1 && Math.abs(y - node.y) < node.height / 2 + 1) return true;
    }
    return false;
  }).length;
  const courses = (isTwoHeaded ? BENDS.slice(1) : BENDS).map(build);
  return courses.reduce((best, course) => (count(course) < count(best) ? course : best));
}

/** Where the line from the middle of a variable to a point leaves its outline. */
function leave(node, towards) {
  const [dx, dy] = [towards.x - node.x, towards.y - node.y];
  const [halfWidth, halfHeight] = [node.width / 2 + 1, node.height / 2 + 1];
  const isRound = node.kind === "latent";
  const share = isRound
    ? 1 / Math.hypot(dx / halfWidth, dy / halfHeight)
    : 1 / Math.max(Math.abs(dx) / halfWidth, Math.abs(dy) / halfHeight);
  return { x: node.x + dx * Math.min(share, 1), y: node.y + dy * Math.min(share, 1) };
}

function buildHead(tip, from) {
  const far = Math.hypot(tip.x - from.x, tip.y - from.y) || 1;
  const [ux, uy] = [(tip.x - from.x) / far, (tip.y - from.y) / far];
  const base = { x: tip.x - ux * HEAD.length, y: tip.y - uy * HEAD.length };
  const corners = [[tip.x, tip.y], [base.x - uy * HEAD.half, base.y + ux * HEAD.half], [base.x + uy * HEAD.half, base.y - ux * HEAD.half]];
  return svgElement("polygon", { class: "head", points: corners.map((corner) => corner.join(",")).join(" ") });
}
