"""Robust variants: what fit indices would be of normal, complete data, from scaled or corrected tests."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sem_toolkit.inference.exact_fit.baseline import BaselineTest
from sem_toolkit.inference.exact_fit.reference import ReferenceTests
from sem_toolkit.inference.exact_fit.statistics import TestStatistic
from sem_toolkit.inference.measures.incremental import Comparison
from sem_toolkit.inference.measures.noncentrality import Misfit
from sem_toolkit.inference.options import ROBUST

if TYPE_CHECKING:
    from sem_toolkit.inference.exact_fit.corrected import CorrectedTest


@dataclass(frozen=True)
class RobustVariants:
    """What CFI and its kin, the RMSEA and the GFI are made of; None where there are no robust ones."""

    comparison: Comparison | None = None
    misfit: Misfit | None = None
    residual: Misfit | None = None


def build_robust_variants(tests: ReferenceTests) -> RobustVariants:
    """By corrected tests of incomplete rows, or by scaled tests of complete ones."""
    if tests.corrected is not None:
        return _build_corrected(*tests.corrected, tests.baseline.df)
    if tests.scaled is None or tests.scaled[0].test not in ROBUST:
        return RobustVariants()
    scaled, null = tests.scaled
    shift = 0.0 if math.isnan(scaled.shift_parameter) else scaled.shift_parameter
    c, factor, df = _mean_factor(scaled), scaled.scaling_factor, tests.model.df
    return RobustVariants(
        build_robust_comparison(tests.model, scaled, tests.baseline, null),
        Misfit(tests.model.stat, df, c, scaled.stat, factor),
        Misfit(tests.residual, df, c, tests.residual / factor + shift, factor),
    )


def build_robust_comparison(
    test: TestStatistic, scaled: TestStatistic, baseline: BaselineTest, null: TestStatistic
) -> Comparison:
    """χ² as it is, with the factors by which it exceeds its df on average; 1 without degrees of freedom."""
    four = (test.stat, test.df, baseline.chisq, baseline.df)
    return Comparison(*four) if test.df <= 0 else Comparison(*four, _mean_factor(scaled), _mean_factor(null))


def _build_corrected(own: "CorrectedTest", null: "CorrectedTest", df_null: int) -> RobustVariants:
    misfit = Misfit(own.stat, own.df, own.factor, own.stat / own.factor, own.factor)
    return RobustVariants(Comparison(own.stat, own.df, null.stat, df_null, own.factor, null.factor), misfit, misfit)


def _mean_factor(test: TestStatistic) -> float:
    """The factor c of a test by which χ² exceeds its df on average: tr(UΓ)/df."""
    return test.trace_ugamma / test.df if test.df > 0 else math.nan
