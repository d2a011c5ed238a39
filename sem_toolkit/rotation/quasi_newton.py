"""Directions of descent for a stack of searches from the last steps of each: limited-memory BFGS.

Source: Nocedal (1980), Mathematics of Computation 35, 773-782; Nocedal & Wright (2006), Numerical Optimization,
algorithm 7.4. Steps of searches on a surface are used as they are; the caller projects the direction onto its tangent.
"""

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

_MEMORY = 12
_CURVED = 1e-12


class StepMemory:
    """The last steps of s searches in d dimensions, and how gradients changed along them."""

    def __init__(self, searches: int, size: int) -> None:
        self._steps = np.zeros((_MEMORY, searches, size))
        self._bends = np.zeros((_MEMORY, searches, size))
        self._weights = np.zeros((_MEMORY, searches))  # 1 / (step · bend); 0 where there is nothing to remember
        self._lengths = np.ones(searches)
        self._count = 0

    def remember(self, step: FloatArray, bend: FloatArray) -> None:
        """Take in a step (s × d) and the change of the gradient along it; those that bend down are left out."""
        along, across = _multiply(step, bend), _multiply(bend, bend)
        curved = along > _CURVED * np.sqrt(_multiply(step, step) * across)
        place = self._count % _MEMORY
        self._steps[place], self._bends[place] = step, bend
        self._weights[place] = np.where(curved, 1.0 / np.where(curved, along, 1.0), 0.0)
        self._lengths = np.where(curved, along / np.where(curved, across, 1.0), self._lengths)
        self._count += 1

    def direct(self, gradient: FloatArray) -> FloatArray:
        """What leads down from points with these gradients (s × d)."""
        places = [place % _MEMORY for place in range(self._count - 1, max(self._count - _MEMORY, 0) - 1, -1)]
        result, shares = gradient.copy(), {}
        for place in places:
            shares[place] = self._weights[place] * _multiply(self._steps[place], result)
            result -= shares[place][:, None] * self._bends[place]
        result *= self._lengths[:, None]
        for place in reversed(places):
            back = self._weights[place] * _multiply(self._bends[place], result)
            result += (shares[place] - back)[:, None] * self._steps[place]
        return -result

    def forget(self, searches: NDArray[np.bool_]) -> None:
        """Begin anew with some of the searches."""
        self._weights[:, searches] = 0.0

    def keep(self, searches: NDArray[np.bool_]) -> None:
        """Go on with these searches only."""
        self._steps, self._bends = self._steps[:, searches], self._bends[:, searches]
        self._weights, self._lengths = self._weights[:, searches], self._lengths[searches]


def _multiply(left: FloatArray, right: FloatArray) -> FloatArray:
    """Inner products (s) of the rows of two arrays (s × d)."""
    return np.asarray(np.einsum("sd,sd->s", left, right))
