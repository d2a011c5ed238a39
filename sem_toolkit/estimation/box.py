"""Bounds on θ, where stacks of searches are held: by projection, and by leaving out what a bound stops.

Source: Bertsekas (1982), SIAM Journal on Control and Optimization 20, 221-246.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.model import Model
from sem_toolkit.model.namespace import Array, get_namespace, move_to

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Box:
    """Bounds on θ (r each)."""

    lower: FloatArray
    upper: FloatArray

    @property
    def has_ends(self) -> bool:
        """Whether anything is bounded."""
        return bool(np.isfinite(self.lower).any() or np.isfinite(self.upper).any())


def find_box(model: Model) -> Box | None:
    """The bounds on x as bounds on θ; None where they are none, as where a bound is on a sum of several θ."""
    constraints = model.constraints
    linear, lower, upper = constraints.linear, constraints.lower, constraints.upper
    low, high = lower[linear.kept].copy(), upper[linear.kept].copy()
    bounded = np.isfinite(lower) | np.isfinite(upper)
    for i in np.setdiff1d(np.flatnonzero(bounded), linear.kept):
        places = np.flatnonzero(linear.basis[i])
        if len(places) != 1:
            return None
        j, factor = int(places[0]), float(linear.basis[i, places[0]])
        ends = sorted(((lower[i] - linear.offset[i]) / factor, (upper[i] - linear.offset[i]) / factor))
        low[j], high[j] = max(low[j], ends[0]), min(high[j], ends[1])
    return Box(low, high) if (low <= high).all() else None


def clip_to_box(theta: FloatArray, box: Box | None) -> FloatArray:
    """θ (s × r) within its bounds."""
    if box is None:
        return theta
    space = get_namespace(theta)
    lower, upper = move_to(box.lower, theta), move_to(box.upper, theta)
    return space.minimum(space.maximum(theta, lower), upper)  # type: ignore[no-any-return]


def find_free(theta: FloatArray, gradient: FloatArray, box: Box | None) -> Array:
    """1 where a parameter may move, 0 where its bound holds it (s × r)."""
    space = get_namespace(theta)
    if box is None:
        return space.ones_like(theta)
    held = (theta <= move_to(box.lower, theta)) & (gradient > 0.0)
    held = held | ((theta >= move_to(box.upper, theta)) & (gradient < 0.0))
    return space.astype(~held, theta.dtype)
