"""A chi-square test that is noncentral under either hypothesis: its power, the n for it, and the effect for an n.

Every analytic answer of the package about power is one of these; what they differ by is how noncentral a row of data
makes them (`rmsea.py`, `population.py`).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

from sem_toolkit.diagnostics import Diagnostic, OptionError
from sem_toolkit.inference.distributions import (
    compute_noncentral_probability,
    compute_noncentral_quantile,
    compute_noncentral_tail,
)

MOST_ROWS = 10**9
_STEPS = 200


@dataclass(frozen=True)
class ChisqTest:
    """A test whose statistic is noncentral chi-square, with a noncentrality that grows with the rows.

    df           degrees of freedom of the model, or of the difference of two
    null         noncentrality that one row adds where the null hypothesis just holds: 0 for exact fit
    alternative  the same for the population that is assumed; below `null` the test rejects small statistics
    alpha        probability of rejecting where the null hypothesis just holds
    lost         rows that do not count: 0 for the statistic n·F, 1 for (n − 1)·F
    """

    df: float
    null: float
    alternative: float
    alpha: float = 0.05
    lost: int = 0

    def __post_init__(self) -> None:
        require_probability("alpha", self.alpha)
        if not self.df > 0:
            message = f"a test with {self.df:g} degrees of freedom never rejects"
            hint = "a model with fewer parameters, or a path to set to zero, has some"
            raise OptionError(Diagnostic("error", "no-degrees-of-freedom", message, hint=hint))

    @property
    def rejects_below(self) -> bool:
        """Whether small statistics speak against the null hypothesis, as in the test of not-close fit."""
        return self.alternative < self.null

    def compute_noncentrality(self, n: float) -> float:
        """Of the statistic of n rows in the population that is assumed."""
        return max(n - self.lost, 0.0) * self.alternative

    def compute_critical_value(self, n: float) -> float:
        """Where the test of n rows begins to reject."""
        probability = self.alpha if self.rejects_below else 1.0 - self.alpha
        return compute_noncentral_quantile(probability, self.df, max(n - self.lost, 0.0) * self.null)

    def compute_power(self, n: float) -> float:
        """Probability that n rows reject.

        Sources: MacCallum, Browne & Sugawara (1996), Psychological Methods 1, 130-149; Satorra & Saris (1985),
        Psychometrika 50, 83-90.
        """
        tail = compute_noncentral_probability if self.rejects_below else compute_noncentral_tail
        return tail(self.compute_critical_value(n), self.df, self.compute_noncentrality(n))

    def find_n(self, power: float) -> int:
        """The smallest number of rows with at least this power; raises OptionError where no number has it."""
        require_probability("power", power)
        if self.alternative == self.null:
            message = "no number of rows gives this power: the population that is assumed is the null hypothesis itself"
            raise OptionError(Diagnostic("error", "no-effect", message, hint="assume an effect that is not zero"))
        return find_smallest(lambda n: self.compute_power(n) >= power, self.lost + 1)

    def find_alternative(self, n: float, power: float) -> float | None:
        """The noncentrality a row that n rows would find with this power: sensitivity.

        It is above `null`, or below it where the test rejects small statistics; None where none there is found so
        often. Raises OptionError where n does not count a row, or the power is there without an effect.
        """
        require_probability("power", power)
        if n <= self.lost:
            raise OptionError(Diagnostic("error", "too-few-rows", f"{n:g} rows have no power at all"))
        if power <= self.alpha:
            message = f"a power of {power:g} is there without any effect: alpha is {self.alpha:g}"
            raise OptionError(Diagnostic("error", "option-value", message, hint="ask for a power above alpha"))

        def reaches(alternative: float) -> bool:
            return replace(self, alternative=alternative).compute_power(n) >= power

        if self.rejects_below:
            return bisect(reaches, self.null, 0.0) if reaches(0.0) else None
        width = 1.0 / (n - self.lost)
        while not reaches(self.null + width):
            width *= 2.0
        return bisect(reaches, self.null, self.null + width)


def find_smallest(reaches: Callable[[int], bool], first: int) -> int:
    """The smallest whole number from `first` on that reaches what larger ones reach too."""
    low, high = first - 1, first
    while not reaches(high):
        low, high = high, 2 * high
        if high > MOST_ROWS:
            message = f"not even {MOST_ROWS:,} rows give this power".replace(",", " ")
            raise OptionError(Diagnostic("error", "no-effect", message, hint="assume a larger effect"))
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if reaches(middle) else (middle, high)
    return high


def bisect(reaches: Callable[[float], bool], short: float, far: float) -> float:
    """Where between a number that does not reach and one that does, whichever is larger, reaching begins."""
    for _ in range(_STEPS):
        middle = 0.5 * (short + far)
        if middle in (short, far):
            break
        short, far = (short, middle) if reaches(middle) else (middle, far)
    return far


def require_probability(name: str, value: float) -> None:
    """Raise OptionError where the value is not strictly between 0 and 1."""
    if not (math.isfinite(value) and 0.0 < value < 1.0):
        message = f"{name} cannot be {value:g}: it is a probability between 0 and 1"
        raise OptionError(Diagnostic("error", "option-value", message))
