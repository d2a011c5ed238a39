"""Courses for all paths: of the possible ones, that which hits and crosses least and is plainest."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import networkx as nx
import numpy as np

from sem_toolkit.diagram.blocks import SHAPES, Side
from sem_toolkit.diagram.candidates import (
    build_loop,
    build_spike,
    build_to_side,
    iterate_covariance,
    iterate_directed,
)
from sem_toolkit.diagram.detours import DetourGrid, build_detour
from sem_toolkit.diagram.geometry import (
    FloatArray,
    Rectangle,
    Shapes,
    compute_bounds,
    compute_crossings,
    compute_length,
    find_boundary,
    flatten_curve,
)
from sem_toolkit.diagram.placement import Placement
from sem_toolkit.diagram.structure import Structure
from sem_toolkit.diagram.style import DiagramStyle

HIT, NEAR, AVOID, CROSSING, OVERLAP = 2000.0, 40.0, 400.0, 22.0, 160.0
OPPOSITE: Mapping[Side, Side] = {"left": "right", "right": "left", "top": "bottom", "bottom": "top"}


@dataclass(frozen=True)
class Route:
    """The course of one path, from tail to head."""

    key: str
    source: str
    target: str
    role: str
    curve: FloatArray


class Router:
    """Holds the shapes and the courses chosen so far."""

    def __init__(
        self,
        graph: "nx.MultiDiGraph[str]",
        structure: Structure,
        placement: Placement,
        style: DiagramStyle,
        hidden: frozenset[str],
        avoid: list[Rectangle],
    ) -> None:
        self.graph, self.structure, self.placement, self.style = graph, structure, placement, style
        self.names = list(placement.places)
        self.number = {name: k for k, name in enumerate(self.names)}
        self.boxes = [placement.places[name] for name in self.names]
        self.kinds = [SHAPES[graph.nodes[name]["kind"]] for name in self.names]
        self.shapes = Shapes.of(self.boxes, [kind == "ellipse" for kind in self.kinds])
        self.titles, self.avoid = avoid, Shapes.of(avoid)
        self.edges = [
            (source, target, key, data)
            for source, target, key, data in graph.edges(keys=True, data=True)
            if key not in hidden and source in self.number and target in self.number
        ]
        self.routes: dict[str, Route] = {}
        self._polylines: dict[str, FloatArray] = {}
        self._segments: tuple[FloatArray, FloatArray, FloatArray] | None = None
        self._grid: DetourGrid | None = None

    def route_all(self) -> dict[str, Route]:
        """Route every path, plain ones first; then look again at those that cross others."""
        order = {"loading": 0, "weight": 0, "regression": 1, "covariance": 2, "variance": 3, "intercept": 4}
        ordered = sorted(self.edges, key=lambda edge: (order[edge[3]["role"]], self._find_distance(edge)))
        for edge in ordered:
            self._route(edge)
        for edge in ordered:
            if edge[3]["role"] in ("regression", "covariance", "variance"):
                self._route(edge)
        return self.routes

    def _find_distance(self, edge: tuple[str, str, str, dict[str, object]]) -> float:
        a, b = self.placement.places[edge[0]], self.placement.places[edge[1]]
        return round(float(np.hypot(a.x - b.x, a.y - b.y)), 3)

    def _route(self, edge: tuple[str, str, str, dict[str, object]]) -> None:
        source, target, key, data = edge
        role = str(data["role"])
        self._forget(key)
        best: tuple[float, FloatArray, FloatArray] | None = None
        for cost, curve in self._iterate_courses(source, target, role):
            if best is not None and cost >= best[0]:
                continue
            points = flatten_curve(curve)
            total = cost + self._assess(points, source, target, role)
            if best is None or total < best[0]:
                best = total, curve, points
            if best[0] < 1.0:
                break
        if (best is None or best[0] >= HIT or (best[0] > 90 and role == "regression")) and source != target:
            best = self._find_detour(source, target, role, best)
        if best is not None:
            self._remember(Route(key, source, target, role, best[1]), best[2])

    def _iterate_courses(self, source: str, target: str, role: str) -> Iterator[tuple[float, FloatArray]]:
        a, b = self.number[source], self.number[target]
        tail, head, tail_shape, head_shape = self.boxes[a], self.boxes[b], self.kinds[a], self.kinds[b]
        if role == "covariance":
            yield from iterate_covariance(tail, tail_shape, head, head_shape, self._find_outer_side(source, target))
        elif role in ("variance", "intercept"):
            yield from self._iterate_loops(source, role)
        else:
            side = self._find_facing_side(source, target, role)
            if side is not None and role == "loading":
                yield 0.0, build_to_side(tail, tail_shape, head, side)
            elif side is not None and role == "weight":
                yield 0.0, build_to_side(head, head_shape, tail, side)[::-1]
            yield from self._iterate_regression(tail, tail_shape, head, head_shape, source, target)

    def _iterate_regression(
        self, tail: Rectangle, tail_shape: str, head: Rectangle, head_shape: str, source: str, target: str
    ) -> Iterator[tuple[float, FloatArray]]:
        back = self.graph.has_edge(target, source) and any(
            data["role"] == "regression" for data in self.graph[target][source].values()
        )
        for cost, curve in iterate_directed(tail, tail_shape, head, head_shape):
            # The two arrows of a feedback loop bend apart instead of lying on each other.
            if not (back and cost == 0.0):
                yield cost, curve

    def _iterate_loops(self, name: str, role: str) -> Iterator[tuple[float, FloatArray]]:
        box, kind = self.boxes[self.number[name]], self.kinds[self.number[name]]
        preferred = self._find_free_angles(name)
        for rank, angle in enumerate(preferred):
            if self.style.variances == "ram" and role == "variance":
                yield 5.0 * rank, build_loop(box, kind, angle, 11.0)
            else:
                yield 5.0 * rank, build_spike(box, kind, angle, 13.0)

    def _find_free_angles(self, name: str) -> list[float]:
        """Directions in the order of preference: away from the core for indicators, from the indicators for cores."""
        angle = {"right": 0.0, "bottom": np.pi / 2, "left": np.pi, "top": -np.pi / 2}
        core = self.structure.owner.get(name)
        sides = self.placement.sides
        if core is not None and self.structure.two_sided is None:
            first = angle[sides.get(core, "right")]
        elif core is not None:
            first = angle["top"]
        else:
            side = sides.get(name)
            has_indicators = bool(self.structure.indicators.get(name))
            first = angle["top"] if side is None or not has_indicators else angle[OPPOSITE[side]]
            if side in ("left", "right") and has_indicators and self.structure.links:
                first = angle["top"]
        turns = (0.0, np.pi / 2, -np.pi / 2, np.pi, 0.9, -0.9, 2.2, -2.2, 0.5, -0.5, 2.6, -2.6)
        return [first + turn for turn in turns]

    def _find_outer_side(self, source: str, target: str) -> str | None:
        """The outer side: of indicators that away from their cores, of cores that without indicators."""
        sides = self.placement.sides
        owners = [self.structure.owner.get(name) for name in (source, target)]
        if all(owner is not None for owner in owners):
            found = {sides.get(owner or "") for owner in owners}
            if self.structure.two_sided is not None:
                return None
            return found.pop() if len(found) == 1 else None
        free = {OPPOSITE[sides[name]] for name in (source, target) if self.structure.indicators.get(name)}
        if not self.structure.links and len(free) == 1:
            return free.pop()
        ranks = {self.structure.ranks.get(name) for name in (source, target)}
        if ranks == {0}:
            return "left"
        return free.pop() if len(free) == 1 else None

    def _find_facing_side(self, source: str, target: str, role: str) -> Side | None:
        """The side of an indicator that looks at the core."""
        item, core = (target, source) if role == "loading" else (source, target)
        if item not in self.structure.owner:
            return None
        if self.structure.owner[item] == core and self.structure.two_sided is None:
            return OPPOSITE[self.placement.sides[core]]
        a, b = self.placement.places[item], self.placement.places[core]
        if self.structure.two_sided is not None:
            return "left" if b.x < a.x else "right"
        own = self.placement.sides.get(self.structure.owner[item])
        beside = abs(b.x - a.x) > a.width / 2 + 10 if own in ("left", "right") else abs(b.y - a.y) > a.height / 2 + 10
        if own is not None and beside and self._is_before(a, b, own):
            return OPPOSITE[own]
        return None

    @staticmethod
    def _is_before(item: Rectangle, core: Rectangle, side: Side) -> bool:
        """Whether a core lies on the inner side of a fan, seen from its indicator."""
        return {
            "left": core.x > item.x, "right": core.x < item.x, "top": core.y > item.y, "bottom": core.y < item.y
        }[side]  # fmt: skip

    def _assess(self, points: FloatArray, source: str, target: str, role: str) -> float:
        """What a course costs: shapes hit, shapes nearly hit, paths crossed, paths run along."""
        own = [self.number[source], self.number[target]]
        hit = self.shapes.hit_by(points)
        near = self.shapes.hit_by(points, 3.5)
        hit[own] = near[own] = False
        cost = HIT * hit.sum() + NEAR * near.sum()
        cost += AVOID * self.avoid.hit_by(points, 1.0).sum()
        inner = Shapes.of([self.boxes[k].grown(-1.5) for k in own], [self.kinds[k] == "ellipse" for k in own])
        cost += HIT * inner.hit_by(points).sum()
        if self._polylines:
            starts, ends, _ = self._collect_segments()
            cost += CROSSING * compute_crossings(points, starts, ends).sum()
            cost += OVERLAP * self._compute_overlap(points, starts, ends)
        return float(cost + 0.02 * compute_length(points))

    def _compute_overlap(self, points: FloatArray, starts: FloatArray, ends: FloatArray) -> float:
        """Share of a course that lies within 3 points of others, its ends left out."""
        length = compute_length(points)
        count = int(np.clip(length / 7, 4, 40))
        fractions = (np.arange(count) + 0.5) / count
        lengths = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))])
        x = np.interp(fractions * length, lengths, points[:, 0])
        y = np.interp(fractions * length, lengths, points[:, 1])
        away = (fractions * length > 12) & (fractions * length < length - 12)
        x, y = x[away], y[away]
        if len(x) == 0:
            return 0.0
        low, high = points.min(axis=0) - 3, points.max(axis=0) + 3
        near = ((np.maximum(starts, ends) >= low) & (np.minimum(starts, ends) <= high)).all(axis=1)
        start, step = starts[near], ends[near] - starts[near]
        if len(start) == 0:
            return 0.0
        px, py = x[:, None] - start[:, 0], y[:, None] - start[:, 1]
        t = np.clip((px * step[:, 0] + py * step[:, 1]) / np.maximum((step**2).sum(axis=1), 1e-9), 0, 1)
        distance = np.hypot(px - t * step[:, 0], py - t * step[:, 1])
        return float((distance.min(axis=1) < 3).sum() / count)

    def _find_detour(
        self, source: str, target: str, role: str, best: tuple[float, FloatArray, FloatArray] | None
    ) -> tuple[float, FloatArray, FloatArray] | None:
        """A way around through the grid; the roundest that hits nothing."""
        if self._grid is None:
            page = compute_bounds(self.boxes).grown(40)
            self._grid = DetourGrid([*self.boxes, *self.titles], page, 4.0)
        a, b = self.number[source], self.number[target]
        corners = self._grid.find_path(self.boxes[a], self.boxes[b], self._polylines.values())
        if corners is None or len(corners) < 2:
            return best
        corners = corners.copy()
        corners[0] = find_boundary(self.boxes[a], self.kinds[a], corners[1])
        corners[-1] = find_boundary(self.boxes[b], self.kinds[b], corners[-2])
        for radius in (60.0, 30.0, 14.0, 6.0):
            curve = build_detour(corners, radius)
            points = flatten_curve(curve)
            total = 40.0 + self._assess(points, source, target, role)
            if best is None or total < best[0]:
                best = total, curve, points
        return best

    def _remember(self, route: Route, points: FloatArray) -> None:
        self.routes[route.key] = route
        self._polylines[route.key] = points
        self._segments = None

    def _forget(self, key: str) -> None:
        self.routes.pop(key, None)
        if self._polylines.pop(key, None) is not None:
            self._segments = None

    def _collect_segments(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        if self._segments is None:
            lines: Iterable[FloatArray] = self._polylines.values()
            starts = np.concatenate([line[:-1] for line in lines])
            ends = np.concatenate([line[1:] for line in self._polylines.values()])
            self._segments = starts, ends, starts
        return self._segments
