"""Linear inequalities that leave no room on one side of them, found by linear programs.

`a < b; b < a`, or a circle a < b < c < a, can only hold as equalities. A search that keeps inside of inequalities finds
no way there, so that they are turned into what they mean.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

_NO_ROOM = 1e-9
_MOST = 1_000  # inequalities; beyond, the program would take longer than the fit


def find_forced(
    slopes: FloatArray,
    constants: FloatArray,
    matrix: FloatArray,
    target: FloatArray,
    lower: FloatArray,
    upper: FloatArray,
) -> frozenset[int] | None:
    """Which of slopes @ x + constants ≥ 0 (k) are equalities wherever all hold; None where no x satisfies them.

    slopes          k × q, constants: k
    matrix, target  m × q and m: equalities matrix @ x = target that hold, too
    lower, upper    q: bounds, infinite where there are none

    One program asks how far all can be from their edges at once, each no farther than 1 in units of its largest slope;
    those that cannot be at all are then asked for one by one.
    """
    if len(slopes) > _MOST:
        return frozenset()
    length = np.maximum(np.abs(slopes).max(axis=1, initial=0.0), 1e-300)
    program = _Program(slopes / length[:, None], constants / length, matrix, target, lower, upper)
    room = program.find_room(range(len(slopes)))
    if room is None:
        return None
    forced = set()
    for number in np.flatnonzero(room < _NO_ROOM):
        alone = program.find_room([int(number)])
        if alone is not None and alone[0] < _NO_ROOM:
            forced.add(int(number))
    return frozenset(forced)


@dataclass(frozen=True, eq=False)
class _Program:
    """The arguments of `find_forced`, slopes scaled."""

    slopes: FloatArray
    constants: FloatArray
    matrix: FloatArray
    target: FloatArray
    lower: FloatArray
    upper: FloatArray

    def find_room(self, chosen: Sequence[int]) -> FloatArray | None:
        """How far each of the chosen can be from its edge, at most 1, all at once; None where there is no point."""
        from scipy.optimize import linprog

        (k, q), m = self.slopes.shape, len(chosen)
        margins = np.zeros((k, m))
        margins[list(chosen), np.arange(m)] = 1.0
        has_equalities = len(self.target) > 0
        found = linprog(
            np.concatenate([np.zeros(q), -np.ones(m)]),
            A_ub=np.concatenate([-self.slopes, margins], axis=1),
            b_ub=self.constants,
            A_eq=np.concatenate([self.matrix, np.zeros((len(self.target), m))], axis=1) if has_equalities else None,
            b_eq=self.target if has_equalities else None,
            bounds=[*zip(self.lower, self.upper, strict=True), *[(0.0, 1.0)] * m],
            method="highs",
        )
        if found.status == 2:
            return None
        return np.asarray(found.x[q:]) if found.status == 0 else np.ones(m)
