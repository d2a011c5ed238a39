"""The search for the correlation of a pair, step by step, so that its sums may come from anywhere."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

_BOUND = 0.9999
_MOST, _SHORTEST = 100, 1e-8


@dataclass(eq=False)
class CorrelationSearch:
    """Fisher scoring in the inverse hyperbolic tangent, with halved steps. The information is that of the scores'
    squares; from the second step on, by how much the slope has changed, where the two do not contradict each other.

    start  where it begins; total: weight of the rows; least: mean slope at which it ends
    trial  the correlation of which `take` wants to hear; rho: the best one yet, with its value and slope
    """

    start: float
    total: float
    least: float = 1e-12
    trial: float = field(init=False)
    rho: float = field(init=False)
    slope: float = field(default=np.inf, init=False)
    is_over: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        self.trial = self.rho = self.start
        self._value, self._information = -np.inf, 0.0
        self._length, self._steps = 1.0, 0

    def take(self, value: float, slope: float, information: float) -> None:
        """Log likelihood of the rows at `trial`, its slope, and the sum of the squared scores; sets the next trial."""
        if self._steps and not value >= self._value - 1e-13 * abs(self._value):
            self._length *= 0.25
            self.is_over = self._length < _SHORTEST
        elif self._steps and self.trial == self.rho:
            self.is_over = True
        else:
            self._length = min(1.0, 2.0 * self._length)
            bend = (self.slope - slope) / (self.trial - self.rho) if self._steps else 0.0
            if 0.5 * information < bend < 2.0 * information:
                information = bend
            self.rho, self._value, self.slope, self._information = self.trial, value, slope, information
        self._steps += 1
        if self._steps > _MOST or abs(self.slope) < self.least * self.total:
            self.is_over = True
        if not self.is_over:
            self.trial = self._propose()

    def _propose(self) -> float:
        jacobian = 1.0 - self.rho**2
        step = np.clip(self.slope / (max(self._information, 1e-12 * self.total) * jacobian), -1.5, 1.5)
        return float(np.clip(np.tanh(np.arctanh(self.rho) + self._length * step), -_BOUND, _BOUND))
