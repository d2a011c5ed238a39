"""The likelihood of a numeric variable and the answer to an ordered one, row by row, by their correlation.

Olsson, Drasgow & Dorans (1982), Psychometrika 47, 337-347.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sem_toolkit.caching import cached_property
from sem_toolkit.libraries import special
from sem_toolkit.sample.categorical.margins import FAR, FloatArray, density

_SMALLEST = 1e-300


@dataclass(frozen=True, eq=False)
class PolyserialScores:
    """What rows say at a correlation.

    scores           n: derivative of each row's log likelihood by the correlation
    chance           n: likelihood of the answer
    at_high, at_low  n: density at the bounds of the answer, given the numeric variable
    """

    rho: float
    scores: FloatArray
    chance: FloatArray
    at_high: FloatArray
    at_low: FloatArray

    @cached_property
    def above(self) -> FloatArray:
        """Derivatives of the log likelihood by the upper bound (n)."""
        return np.asarray(self.at_high / (self.chance * np.sqrt(1.0 - self.rho**2)))

    @cached_property
    def below(self) -> FloatArray:
        """Derivatives by the lower bound, their signs turned (n)."""
        return np.asarray(self.at_low / (self.chance * np.sqrt(1.0 - self.rho**2)))


@dataclass(frozen=True, eq=False)
class PolyserialRows:
    """n rows of a pair.

    z          of the numeric variable what is left of it, in units of its residual standard deviation
    low, high  bounds of the answer on the scale of the response, less what covariates explain
    """

    z: FloatArray
    low: FloatArray
    high: FloatArray

    def evaluate(self, rho: float, weights: FloatArray) -> tuple[float, float, float]:
        """Log likelihood of the answers given the numeric variable, its slope, and the sum of the squared scores."""
        found = self.derive(rho)
        return (
            float(weights @ np.log(found.chance)),
            float(weights @ found.scores),
            float(weights @ found.scores**2),
        )

    def derive(self, rho: float) -> PolyserialScores:
        """Scores of all rows, at a correlation within (−1, 1)."""
        rest = np.sqrt(1.0 - rho**2)
        first, last = self.low <= -FAR, self.high >= FAR
        low = np.where(first, -FAR, (self.low - rho * self.z) / rest)
        high = np.where(last, FAR, (self.high - rho * self.z) / rest)
        flipped = low > 0.0
        chance = special.ndtr(np.where(flipped, -low, high)) - special.ndtr(np.where(flipped, -high, low))
        chance = np.maximum(chance, _SMALLEST)
        at_high, at_low = density(high), density(low)
        slope_high = np.where(last, 0.0, at_high * (rho * self.high - self.z))
        slope_low = np.where(first, 0.0, at_low * (rho * self.low - self.z))
        scores = (slope_high - slope_low) / (chance * rest**3)
        return PolyserialScores(rho, scores, chance, at_high, at_low)

    def derive_by_numeric(self, found: PolyserialScores, variance: float) -> tuple[FloatArray, FloatArray]:
        """Derivatives of the log likelihood of both by the mean and the variance of the numeric variable (n each)."""
        along = found.rho * (found.above - found.below)
        by_variance = 0.5 * ((self.z**2 - 1.0) + along * self.z) / variance
        return (self.z + along) / np.sqrt(variance), by_variance
