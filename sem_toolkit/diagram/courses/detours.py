"""Ways around obstacles: the cheapest path on a grid, pulled tight and rounded."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.caching import cached_property
from sem_toolkit.diagram.geometry.curves import smooth_polyline
from sem_toolkit.diagram.geometry.hits import Shapes
from sem_toolkit.diagram.geometry.plane import BoolArray, FloatArray, Rectangle
from sem_toolkit.libraries import csgraph, sparse

CellArray = NDArray[np.integer[Any]]

MOST_CELLS = 9000
"""Larger pages get a coarser grid."""

STEPS = ((1, 0), (0, 1), (1, 1), (1, -1))


class DetourGrid:
    """A grid over the page whose cells near shapes are closed."""

    def __init__(self, boxes: list[Rectangle], page: Rectangle, margin: float) -> None:
        self.boxes = boxes
        self.margin = margin
        self.step = max(3.0, (page.width * page.height / MOST_CELLS) ** 0.5)
        self.left, self.top = page.left, page.top
        self.columns = int(page.width / self.step) + 1
        self.rows = int(page.height / self.step) + 1
        self.x = self.left + self.step * np.arange(self.columns)
        self.y = self.top + self.step * np.arange(self.rows)
        self.closed = np.zeros((self.rows, self.columns), np.int32)
        for box in boxes:
            self.closed[self._cells(box)] += 1
        self._rings: dict[str, tuple[FloatArray, tuple[CellArray, CellArray, CellArray]]] = {}

    def _cells(self, box: Rectangle) -> tuple[slice, slice]:
        grown = box.grown(self.margin)
        rows = slice(*np.searchsorted(self.y, [grown.top, grown.bottom]))
        columns = slice(*np.searchsorted(self.x, [grown.left, grown.right]))
        return rows, columns

    def find_path(self, tail: Rectangle, head: Rectangle, busy: Mapping[str, FloatArray]) -> FloatArray | None:
        """Corner points from the centre of one shape to the centre of another, or None where all is closed.

        busy  courses of other paths, beside which it is better to keep some distance
        """
        closed = self.closed.copy()
        for box in (tail, head):
            closed[self._cells(box)] -= 1
        start, goal = self._find_cell(tail), self._find_cell(head)
        graph = self._build_graph(closed > 0, self._compute_crowding(busy))
        distance, before = csgraph.dijkstra(graph, indices=start, return_predecessors=True)
        if not np.isfinite(distance[goal]):
            return None
        cells = [goal]
        while cells[-1] != start:
            cells.append(int(before[cells[-1]]))
        cells.reverse()
        points = np.array([[self.x[cell % self.columns], self.y[cell // self.columns]] for cell in cells])
        points[0], points[-1] = (tail.x, tail.y), (head.x, head.y)
        others = [box for box in self.boxes if box not in (tail, head)]
        return pull_tight(points, Shapes.of([box.grown(self.margin * 0.98) for box in others]))

    def _find_cell(self, box: Rectangle) -> int:
        row = min(max(round((box.y - self.top) / self.step), 0), self.rows - 1)
        column = min(max(round((box.x - self.left) / self.step), 0), self.columns - 1)
        return int(row * self.columns + column)

    def _compute_crowding(self, busy: Mapping[str, FloatArray]) -> FloatArray:
        """What a step costs in each cell: 1, more on and beside other courses; length rows · columns."""
        cost = np.ones(self.rows * self.columns)
        if busy:
            rings = [self._find_rings(key, points) for key, points in busy.items()]
            # The nearest ring comes last and holds.
            for number, price in enumerate((2.5, 4.0, 6.0)):
                cost[np.concatenate([ring[number] for ring in rings])] = price
        return cost

    def _find_rings(self, key: str, points: FloatArray) -> tuple[CellArray, CellArray, CellArray]:
        """The cells two steps from a course, one step from it, and on it; kept for the next search."""
        known = self._rings.get(key)
        if known is not None and known[0] is points:
            return known[1]
        step = points[1:] - points[:-1]
        lengths = np.concatenate([[0], np.cumsum(np.hypot(step[:, 0], step[:, 1]))])
        along = np.linspace(0, lengths[-1], max(2, int(lengths[-1] / self.step * 2)))
        column = np.rint((np.interp(along, lengths, points[:, 0]) - self.left) / self.step).astype(int)
        row = np.rint((np.interp(along, lengths, points[:, 1]) - self.top) / self.step).astype(int)
        rings = (self._collect_ring(row, column, 2), self._collect_ring(row, column, 1),
                 self._collect_ring(row, column, 0))  # fmt: skip
        self._rings[key] = points, rings
        return rings

    def _collect_ring(self, row: CellArray, column: CellArray, distance: int) -> CellArray:
        moves = ((distance, 0), (-distance, 0), (0, distance), (0, -distance)) if distance else ((0, 0),)
        r = np.concatenate([row + dy for _, dy in moves])
        c = np.concatenate([column + dx for dx, _ in moves])
        r, c = np.minimum(np.maximum(r, 0), self.rows - 1), np.minimum(np.maximum(c, 0), self.columns - 1)
        return np.asarray(r * self.columns + c)

    def _build_graph(self, closed: BoolArray, cost: FloatArray) -> Any:
        one, other, length, starts = self._steps
        cost = np.where(closed.ravel(), np.inf, cost)
        weight = (cost[one] + cost[other]) * length
        return sparse.csr_matrix((weight, other, starts), (self.rows * self.columns,) * 2)

    @cached_property
    def _steps(self) -> tuple[CellArray, CellArray, FloatArray, CellArray]:
        """Every step from cell to cell in the order of its first cell: from, to, half its length, where each begins."""
        number = np.arange(self.rows * self.columns, dtype=np.int32).reshape(self.rows, self.columns)
        pairs = [(*_shift(number, dx, dy), float(np.hypot(dx, dy))) for dx, dy in STEPS]
        one = np.concatenate([cells.ravel() for a, b, _ in pairs for cells in (a, b)])
        other = np.concatenate([cells.ravel() for a, b, _ in pairs for cells in (b, a)])
        length = np.concatenate([np.full(2 * a.size, length / 2) for a, _, length in pairs])
        order = np.argsort(one, kind="stable")
        starts = np.searchsorted(one[order], np.arange(number.size + 1)).astype(np.int32)
        return one[order], other[order], length[order], starts


def _shift(values: NDArray[Any], dx: int, dy: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """Two views such that corresponding entries lie a step (dx, dy) apart, dx ≥ 0."""
    rows, columns = values.shape
    if dy >= 0:
        return values[: rows - dy, : columns - dx], values[dy:, dx:]
    return values[-dy:, : columns - dx], values[: rows + dy, dx:]


def pull_tight(points: FloatArray, obstacles: Shapes) -> FloatArray:
    """Leave out corners as long as the way stays free."""
    kept = [0]
    while kept[-1] < len(points) - 1:
        start = kept[-1]
        lines = np.stack([np.broadcast_to(points[start], points[start + 1 :].shape), points[start + 1 :]], axis=1)
        free = np.flatnonzero(~obstacles.hit_by_many(lines).any(axis=1))
        kept.append(start + 1 + int(free[-1]) if len(free) else start + 1)
    return points[kept]


def build_detour(points: FloatArray, radius: float) -> FloatArray:
    """A curve along corner points."""
    return smooth_polyline(points, radius)
