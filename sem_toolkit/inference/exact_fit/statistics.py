"""Tests of exact fit: what a test says, and the standard χ² (others: `residual_tests`, `scaled`)."""

import math
from dataclasses import dataclass, replace

import numpy as np

from sem_toolkit.discrepancy import once
from sem_toolkit.inference.at_estimate import AtEstimate
from sem_toolkit.inference.distributions import compute_chisq_pvalue
from sem_toolkit.sample.moments import FloatArray


@dataclass(frozen=True)
class TestStatistic:
    """One test of exact fit, by lavaan's names.

    stat, df, pvalue   NaN where the test does not exist
    stat_group         what each group adds
    scaling_factor, shift_parameter, trace_ugamma, trace_ugamma2   of scaled tests, else NaN
    scaling_factor_h1, scaling_factor_h0   of the Yuan-Bentler tests, else NaN
    """

    test: str
    stat: float
    df: float
    pvalue: float
    stat_group: tuple[float, ...] = ()
    scaling_factor: float = math.nan
    shift_parameter: float = math.nan
    trace_ugamma: float = math.nan
    trace_ugamma2: float = math.nan
    scaling_factor_h1: float = math.nan
    scaling_factor_h0: float = math.nan

    __test__ = False  # not a test case, whatever its name suggests to pytest


def build_test(name: str, stat_group: FloatArray, df: float) -> TestStatistic:
    """A test whose statistic is the sum over groups, referred to the chi-square distribution."""
    stat = float(np.sum(stat_group))
    return TestStatistic(name, stat, df, compute_chisq_pvalue(stat, df), tuple(float(s) for s in stat_group))


@once
def compute_standard_test(evaluation: AtEstimate) -> TestStatistic:
    """The estimator's own statistic: n times twice the discrepancy that it minimises.

    What ULS and DWLS minimise has no known distribution, and so no p-value.
    """
    if not evaluation.kind.has_statistic:
        return TestStatistic("standard", math.nan, evaluation.df, math.nan)
    if evaluation.kind.is_likelihood:
        return build_test("standard", compute_likelihood_ratio(evaluation), evaluation.df)
    found = build_test("standard", evaluation.sizes * evaluation.quadratic, evaluation.df)
    return found if evaluation.kind.has_distribution else replace(found, pvalue=math.nan)


def compute_likelihood_ratio(evaluation: AtEstimate) -> FloatArray:
    """n times twice the discrepancy of ML, of each group (G)."""
    return np.asarray(evaluation.sizes * evaluation.data.discrepancy(evaluation))
