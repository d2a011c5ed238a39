"""All that constrains a search, linearised at a point, and the shortest step that satisfies it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.caching import cached_property
from sem_toolkit.estimation.objective import Objective

FloatArray = NDArray[np.float64]

HOLDS = 1e-9
_KEPT = 0.1  # of the distance to the end of a domain; a step to the end itself would leave no slope
_GAIN = 1e-2  # the least part of what is missed that a whole step has to win


@dataclass(frozen=True, eq=False)
class Conditions:
    """Conditions at a point: equalities are 0 where they hold, others at least 0; NaN where a function has no value.

    values  k: first of `domains` ends of domains, then of `equalities`, then of inequalities
    slopes  k × r, by θ in units of the search; 0 where there are none
    """

    values: FloatArray
    slopes: FloatArray
    domains: int
    equalities: int

    @cached_property
    def sizes(self) -> FloatArray:
        """Lengths of the slopes (k), in which values are measured."""
        with np.errstate(over="ignore"):
            length = np.sqrt((self.slopes**2).sum(axis=1))
        return np.where(length > 0.0, length, 1.0)

    @property
    def missing(self) -> int:
        """How many have no value."""
        return int(np.isnan(self.values).sum())

    @property
    def shortfalls(self) -> FloatArray:
        """How much each is missed by (k), without units."""
        short = np.maximum(-self.values, 0.0)
        equal = slice(self.domains, self.domains + self.equalities)
        short[equal] = np.abs(self.values[equal])
        return short

    @property
    def hold(self) -> bool:
        return self.missing == 0 and float(self.shortfalls.max(initial=0.0)) <= HOLDS

    def improve_on(self, other: "Conditions", share: float) -> bool:
        """Whether more of them have a value than at another point, or as many and less is missed in its units.

        share  of a whole step: the least gain that is asked for grows with it
        """
        if self.missing != other.missing:
            return self.missing < other.missing
        return self.missed_in(other.sizes) < (1.0 - _GAIN * share) * other.missed_in(other.sizes)

    def missed_in(self, sizes: FloatArray) -> float:
        """The sum of what is missed, each in units of its own (k); what has no value does not count."""
        return float(np.nansum(self.shortfalls / sizes))

    def stay_inside(self, other: "Conditions") -> bool:
        """Whether no domain is left that the other point is in, nor its end come too near."""
        before, after = other.values[: other.domains], self.values[: self.domains]
        return bool((after[before > 0.0] >= _KEPT * before[before > 0.0]).all())

    def linearise(self, margin: float = 0.0) -> tuple[FloatArray, FloatArray]:
        """rows (l × r) and wanted (l) of what has a value, for steps z: rows @ z ≥ wanted, in units of `sizes`.

        margin  by how much inequalities are to hold
        """
        equal = slice(self.domains, self.domains + self.equalities)
        rows, values = self.slopes / self.sizes[:, None], self.values / self.sizes
        wanted = margin - values
        wanted[equal] = -values[equal]
        rows, wanted = np.concatenate([rows, -rows[equal]]), np.concatenate([wanted, values[equal]])
        known = np.isfinite(wanted)
        return rows[known], wanted[known]


def look(objective: Objective, theta: FloatArray, scale: FloatArray) -> Conditions:
    """The conditions at θ (r); scale (r): the units of the search, θ = scale × z."""
    constraints = objective.model.constraints
    x, basis = constraints.linear.expand(theta), constraints.linear.basis
    with np.errstate(all="ignore"):
        parts = [
            ask(x) for ask in (constraints.domain_values, constraints.equality_values, constraints.inequality_values)
        ]
        values = np.concatenate([value for value, _ in parts])
        slopes = np.concatenate([slope for _, slope in parts]) @ basis * scale
    known = np.isfinite(values) & np.isfinite(slopes).all(axis=1)
    values, slopes = np.where(known, values, np.nan), np.where(known[:, None], slopes, 0.0)
    return Conditions(values, slopes, len(parts[0][0]), len(parts[1][0]))


def solve_least_distance(rows: FloatArray, wanted: FloatArray) -> tuple[FloatArray, FloatArray] | None:
    """The shortest d (r) with rows @ d ≥ wanted, and its multipliers (l); None where there is none, or none was found.

    Source: Lawson & Hanson (1974), Solving Least Squares Problems, ch. 23.
    """
    from scipy.optimize import nnls

    if not (wanted > 0.0).any():  # no step does; nnls aborts the process where there is nothing to weigh
        return np.zeros(rows.shape[1]), np.zeros(len(wanted))
    stacked = np.concatenate([rows.T, wanted[None]])
    target = np.zeros(len(stacked))
    target[-1] = 1.0
    try:
        weights, _ = nnls(stacked, target)
    except RuntimeError:  # its limit of iterations
        return None
    left = stacked @ weights - target
    if left[-1] > -1e-12:
        return None
    return -left[:-1] / left[-1], -weights / left[-1]
