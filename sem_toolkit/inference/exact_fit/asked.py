"""Tests of exact fit as the options ask for them."""

import math

from sem_toolkit.inference import exact_fit
from sem_toolkit.inference.at_estimate import AtEstimate
from sem_toolkit.inference.exact_fit.residual_tests import RESIDUAL_TESTS
from sem_toolkit.inference.exact_fit.statistics import TestStatistic, compute_standard_test
from sem_toolkit.inference.options import BOLLEN_STINE, SCALED, InferenceOptions


def compute_tests(evaluation: AtEstimate, options: InferenceOptions) -> tuple[TestStatistic, ...]:
    """The standard test and those beside it: scaled ones asked for, and Browne's residual tests where they apply.

    "none" alone stands for no test, as a row without numbers.
    """
    names = (options.test, *options.more_tests)
    if "none" in names:
        return (TestStatistic("none", math.nan, math.nan, math.nan),)
    standard = compute_standard_test(evaluation)
    usual = [name for name in names if name != BOLLEN_STINE]
    beside = [_compute_test(evaluation, standard, options, name) for name in usual]
    resampled = [_take_resampled_test(standard, options)] if BOLLEN_STINE in names else []
    return (standard, *(test for test in beside if test is not None), *resampled)


def _take_resampled_test(standard: TestStatistic, options: InferenceOptions) -> TestStatistic:
    """The standard statistic with its p-value by samples that the model holds in."""
    pvalue = math.nan if options.resampled is None else options.resampled.pvalue
    return TestStatistic(BOLLEN_STINE, standard.stat, standard.df, pvalue)


def _compute_test(
    evaluation: AtEstimate, standard: TestStatistic, options: InferenceOptions, name: str
) -> TestStatistic | None:
    if name in SCALED:
        chosen = exact_fit.build_scaled_test(evaluation, options, name)
        return exact_fit.compute_scaled_test(evaluation, standard, chosen)
    name = "browne.residual.nt.model" if name == "standard" else name  # what lavaan shows beside ML's own
    unweighted = name == "browne.residual.nt.model" and not evaluation.kind.is_likelihood
    unweighted |= not evaluation.data.has_residual_tests
    return None if evaluation.model.constraints.equalities or unweighted else RESIDUAL_TESTS[name](evaluation)
