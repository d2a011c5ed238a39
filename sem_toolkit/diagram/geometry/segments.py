"""The straight pieces of many courses in one place, found by the rectangle in which they lie."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.diagram.geometry.plane import FloatArray


class Segments:
    """Courses by key; they come and go, and those near a rectangle are found without looking at the others."""

    def __init__(self) -> None:
        self.courses: dict[str, FloatArray] = {}
        self._rows: dict[str, slice] = {}
        self._used = 0
        self._allocate(256)

    def __contains__(self, key: str) -> bool:
        return key in self.courses

    def __iter__(self) -> Iterator[str]:
        return iter(self.courses)

    def add(self, key: str, points: FloatArray) -> None:
        """Take a course (m × 2), or another one for the same key."""
        self.remove(key)
        count = len(points) - 1
        if self._used + count > len(self._starts):
            self._compact(count)
        rows = slice(self._used, self._used + count)
        self._used += count
        self.courses[key], self._rows[key] = points, rows
        start, end = points[:-1], points[1:]
        self._starts[rows], self._ends[rows] = start, end
        self._bounds[:2, rows], self._bounds[2:, rows] = np.minimum(start, end).T, np.maximum(start, end).T

    def remove(self, key: str) -> None:
        """Forget a course, if it is known."""
        rows = self._rows.pop(key, None)
        if rows is not None:
            del self.courses[key]
            self._bounds[:2, rows], self._bounds[2:, rows] = np.inf, -np.inf

    def find_near(
        self, low: FloatArray, high: FloatArray, *without: str | None
    ) -> tuple[FloatArray, FloatArray, NDArray[np.intp]]:
        """Starts, ends and rows of the pieces that touch the rectangle from `low` to `high`, some courses left out."""
        (left, top), (right, bottom) = low.tolist(), high.tolist()
        low_x, low_y, high_x, high_y = self._bounds[:, : self._used]
        near = (high_x >= left) & (low_x <= right)
        near &= (high_y >= top) & (low_y <= bottom)
        for key in without:
            if key in self._rows:
                near[self._rows[key]] = False
        rows = np.flatnonzero(near)
        return self._starts[rows], self._ends[rows], rows

    def find_owners(self, rows: NDArray[np.intp]) -> list[str]:
        """The keys of the courses to which rows of `find_near` belong, each once."""
        if len(rows) == 0:
            return []
        owners = sorted((entry.start, key) for key, entry in self._rows.items())
        found = np.unique(np.searchsorted([start for start, _ in owners], rows, side="right") - 1)
        return [owners[k][1] for k in found]

    def _allocate(self, size: int) -> None:
        self._starts, self._ends = np.zeros((size, 2)), np.zeros((size, 2))
        # Least x and y, then largest x and y, of every piece.
        self._bounds = np.empty((4, size))
        self._bounds[:2], self._bounds[2:] = np.inf, -np.inf

    def _compact(self, more: int) -> None:
        """Make room by leaving out the rows of forgotten courses, in arrays twice as large as needed."""
        kept = dict(self.courses)
        self._allocate(2 * (sum(len(points) - 1 for points in kept.values()) + more) + 256)
        self.courses, self._rows, self._used = {}, {}, 0
        for key, points in kept.items():
            self.add(key, points)
