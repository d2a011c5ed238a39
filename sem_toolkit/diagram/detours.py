"""Ways around obstacles: the cheapest path on a grid, pulled tight and rounded."""

from collections.abc import Iterable
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import dijkstra

from sem_toolkit.diagram.geometry import BoolArray, FloatArray, Rectangle, Shapes, compute_length, smooth_polyline

STEPS = ((1, 0), (0, 1), (1, 1), (1, -1), (1, 2), (2, 1), (1, -2), (2, -1))


class DetourGrid:
    """A grid over the page whose cells near shapes are closed."""

    def __init__(self, boxes: list[Rectangle], page: Rectangle, margin: float) -> None:
        self.boxes = boxes
        self.margin = margin
        self.step = max(3.0, (page.width * page.height / 32000) ** 0.5)
        self.left, self.top = page.left, page.top
        self.columns = int(page.width / self.step) + 1
        self.rows = int(page.height / self.step) + 1
        self.x = self.left + self.step * np.arange(self.columns)
        self.y = self.top + self.step * np.arange(self.rows)
        self.closed = np.zeros((self.rows, self.columns), np.int32)
        for box in boxes:
            self.closed[self._cells(box)] += 1

    def _cells(self, box: Rectangle) -> tuple[slice, slice]:
        grown = box.grown(self.margin)
        rows = slice(*np.searchsorted(self.y, [grown.top, grown.bottom]))
        columns = slice(*np.searchsorted(self.x, [grown.left, grown.right]))
        return rows, columns

    def find_path(self, tail: Rectangle, head: Rectangle, busy: Iterable[FloatArray]) -> FloatArray | None:
        """Corner points from the centre of one shape to the centre of another, or None where all is closed.

        busy  courses of other paths, beside which it is better to keep some distance
        """
        closed = self.closed.copy()
        for box in (tail, head):
            closed[self._cells(box)] -= 1
        start, goal = self._find_cell(tail), self._find_cell(head)
        graph = self._build_graph(closed > 0, self._compute_crowding(busy))
        distance, before = dijkstra(graph, directed=False, indices=start, return_predecessors=True)
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
        row = int(np.clip(round((box.y - self.top) / self.step), 0, self.rows - 1))
        column = int(np.clip(round((box.x - self.left) / self.step), 0, self.columns - 1))
        return row * self.columns + column

    def _compute_crowding(self, busy: Iterable[FloatArray]) -> FloatArray:
        """What a step costs in each cell: 1, more on and beside other courses; rows × columns."""
        cost = np.ones((self.rows, self.columns))
        for points in busy:
            count = max(2, int(compute_length(points) / self.step * 2))
            lengths = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))])
            along = np.linspace(0, lengths[-1], count)
            column = np.rint((np.interp(along, lengths, points[:, 0]) - self.left) / self.step).astype(int)
            row = np.rint((np.interp(along, lengths, points[:, 1]) - self.top) / self.step).astype(int)
            for distance, price in ((2, 2.5), (1, 4.0), (0, 6.0)):
                for dx, dy in ((distance, 0), (-distance, 0), (0, distance), (0, -distance)):
                    r, c = np.clip(row + dy, 0, self.rows - 1), np.clip(column + dx, 0, self.columns - 1)
                    cost[r, c] = np.maximum(cost[r, c], price)
        return cost

    def _build_graph(self, closed: BoolArray, cost: FloatArray) -> Any:
        one, other, length = self._steps
        free = ~(closed.ravel()[one] | closed.ravel()[other])
        one, other = one[free], other[free]
        weight = (cost.ravel()[one] + cost.ravel()[other]) / 2 * length[free]
        return coo_matrix((weight, (one, other)), (self.rows * self.columns,) * 2).tocsr()

    @cached_property
    def _steps(self) -> tuple[NDArray[np.intp], NDArray[np.intp], FloatArray]:
        """Every step from cell to cell, in one direction: from, to, length in cells."""
        number = np.arange(self.rows * self.columns).reshape(self.rows, self.columns)
        pairs = [(*_shift(number, dx, dy), float(np.hypot(dx, dy))) for dx, dy in STEPS]
        one = np.concatenate([a.ravel() for a, _, _ in pairs])
        other = np.concatenate([b.ravel() for _, b, _ in pairs])
        return one, other, np.concatenate([np.full(a.size, length) for a, _, length in pairs])


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
        reach = start + 1
        for k in range(len(points) - 1, start + 1, -1):
            if not obstacles.hit_by(points[[start, k]]).any():
                reach = k
                break
        kept.append(reach)
    return points[kept]


def build_detour(points: FloatArray, radius: float) -> FloatArray:
    """A curve along corner points."""
    return smooth_polyline(points, radius)
