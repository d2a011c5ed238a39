"""Tests of fit by the RMSEA: of one model, and of the difference of two that are nested.

Sources: MacCallum, Browne & Sugawara (1996), Psychological Methods 1, 130-149; MacCallum, Browne & Cai (2006),
Psychological Methods 11, 19-35; the number of groups by Steiger (1998), Structural Equation Modeling 5, 411-419.
"""

import math
from typing import Literal

from sem_toolkit.diagnostics import Diagnostic, OptionError
from sem_toolkit.resampling.power.chisq import ChisqTest

FitTest = Literal["exact", "close", "not-close"]

RMSEA_TESTS: dict[FitTest, tuple[float, float]] = {
    "exact": (0.0, 0.05),
    "close": (0.05, 0.08),
    "not-close": (0.05, 0.01),
}
"""RMSEA under the null hypothesis and in the population that is assumed, as MacCallum et al. (1996) have them."""


def build_rmsea_test(
    df: float, rmsea0: float, rmsea_alternative: float, alpha: float = 0.05, groups: int = 1, lost: int = 0
) -> ChisqTest:
    """The test of a model's fit: noncentrality a row df·rmsea²/groups.

    rmsea0 0 is exact fit; below the alternative close fit, above it not-close fit, which rejects small statistics
    lost    1 for (n − 1) in the noncentrality, as in the paper; 0 for lavaan's n
    """
    null, alternative = (_require_rmsea(value) ** 2 * df / groups for value in (rmsea0, rmsea_alternative))
    return ChisqTest(df, null, alternative, alpha, lost)


def build_nested_test(
    df: tuple[float, float],
    rmsea0: tuple[float, float],
    rmsea_alternative: tuple[float, float],
    alpha: float = 0.05,
    groups: int = 1,
    lost: int = 0,
) -> ChisqTest:
    """The test of the difference of two nested models, each pair the restricted model's value and then the larger's.

    The noncentrality a row is df·rmsea²/groups of the restricted model less that of the larger one. Raises OptionError
    where the restricted model has no more degrees of freedom, or would fit better.
    """
    restricted, larger = df
    if not restricted > larger >= 0:
        message = f"the restricted model has {restricted:g} degrees of freedom and the larger one {larger:g}"
        raise OptionError(Diagnostic("error", "option-value", message, hint="name the restricted model first"))
    ends = []
    for values in (rmsea0, rmsea_alternative):
        a, b = (_require_rmsea(value) for value in values)
        difference = (restricted * a * a - larger * b * b) / groups
        if difference < 0:
            message = f"a restricted model with RMSEA {a:g} would fit better than the larger one with {b:g}"
            hint = "df·rmsea² of the restricted model is never below that of the larger one"
            raise OptionError(Diagnostic("error", "option-value", message, hint=hint))
        ends.append(difference)
    return ChisqTest(restricted - larger, ends[0], ends[1], alpha, lost)


def compute_detectable_rmsea(test: ChisqTest, n: float, power: float, groups: int = 1) -> float | None:
    """The RMSEA of a population in which n rows would reject with this power; None where there is none."""
    found = test.find_alternative(n, power)
    return None if found is None else math.sqrt(found * groups / test.df)


def _require_rmsea(value: float) -> float:
    if not (math.isfinite(value) and value >= 0):
        raise OptionError(Diagnostic("error", "option-value", f"an RMSEA cannot be {value:g}: it is 0 or more"))
    return value
