"""Where many minimisations at once led, and how each of them ended."""

from dataclasses import dataclass, replace
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.model import Model
from sem_toolkit.model.namespace import get_namespace, move_to, swap, take

FloatArray = NDArray[np.float64]


class Arrival(IntEnum):
    """How a minimisation of a stack ended."""

    MINIMUM = 0
    STALLED = 1
    ITERATION_LIMIT = 2
    NO_VALUE_AT_START = 3


@dataclass(frozen=True, eq=False)
class Arrivals:
    """Where b starts led: x (b × q), values (b, infinite where a start had none), status (b) and iterations (b)."""

    x: FloatArray
    values: FloatArray
    status: NDArray[np.int8]
    iterations: NDArray[np.intp]


def begin_arrivals(x: FloatArray, iterations: int = 0) -> Arrivals:
    """Arrivals to be written into, of searches that are still at x (b × q)."""
    count = len(x)
    status = np.full(count, Arrival.ITERATION_LIMIT, dtype=np.int8)
    return Arrivals(x.copy(), np.full(count, np.inf), status, np.full(count, iterations, dtype=np.intp))


def replace_arrivals(arrivals: Arrivals, places: NDArray[np.intp], others: Arrivals) -> Arrivals:
    """The arrivals with the others at these places, which have added iterations to those there."""
    if not len(places):
        return arrivals
    order = np.arange(len(arrivals.status))
    order[places] = len(order) + np.arange(len(places))
    space = get_namespace(arrivals.x)
    status = np.concatenate([arrivals.status, others.status])[order]
    iterations = arrivals.iterations.copy()
    iterations[places] += others.iterations
    x = take(space.concat([arrivals.x, others.x], axis=0), order, 0)
    return Arrivals(x, take(space.concat([arrivals.values, others.values], axis=0), order, 0), status, iterations)


def expand_arrivals(model: Model, arrivals: Arrivals) -> Arrivals:
    """The arrivals with x for θ."""
    linear, theta = model.constraints.linear, arrivals.x
    if linear.is_trivial:
        return arrivals
    return replace(arrivals, x=move_to(linear.offset, theta) + theta @ swap(move_to(linear.basis, theta)))
