"""The tests that fit measures are made of: those of the model beside those of the baseline model."""

import math
from dataclasses import dataclass

import numpy as np

from sem_toolkit.inference.at_estimate import AtEstimate
from sem_toolkit.inference.exact_fit.baseline import BaselineTest, build_baseline_evaluation, compute_baseline
from sem_toolkit.inference.exact_fit.corrected import CorrectedTest, compute_corrected_test
from sem_toolkit.inference.exact_fit.residual_tests import compute_reference_test, compute_reweighted_least_squares
from sem_toolkit.inference.exact_fit.scaled import build_scaled_test, compute_scaled_test
from sem_toolkit.inference.exact_fit.statistics import TestStatistic, build_test, compute_standard_test
from sem_toolkit.inference.options import SCALED, InferenceOptions
from sem_toolkit.libraries import lapack


@dataclass(frozen=True)
class ReferenceTests:
    """What a solution is judged by.

    standard    by what was minimised
    model       the test that unscaled measures take
    residual    χ² of the GFI; NaN where it does not exist
    scaled, corrected   pairs of the model's and the baseline model's, where there are such
    """

    standard: TestStatistic
    model: TestStatistic
    baseline: BaselineTest
    residual: float
    scaled: tuple[TestStatistic, TestStatistic] | None
    corrected: tuple[CorrectedTest, CorrectedTest] | None


def compute_reference_tests(evaluation: AtEstimate, options: InferenceOptions) -> ReferenceTests:
    """All of them, as the options ask for."""
    is_scaled = options.test in SCALED
    free = options.test == "browne.residual.adf"
    model, standard = compute_reference_test(evaluation, is_scaled, free), compute_standard_test(evaluation)
    baseline, residual = compute_baseline(evaluation, is_scaled, free), compute_gfi_chisq(evaluation, model)
    scaled: tuple[TestStatistic, TestStatistic] | None = None
    corrected: tuple[CorrectedTest, CorrectedTest] | None = None
    if is_scaled:
        chosen = build_scaled_test(evaluation, options)
        null = build_test("standard", np.array(baseline.stat_group), baseline.df)
        both = ((evaluation, model), (build_baseline_evaluation(evaluation), null))
        own, other = (compute_scaled_test(at, test, chosen) for at, test in both)
        scaled = own, other
    if evaluation.data.has_corrected_test:
        pair = (evaluation, build_baseline_evaluation(evaluation))
        first, second = (compute_corrected_test(at, options.information, is_scaled) for at in pair)
        corrected = first, second
    return ReferenceTests(standard, model, baseline, residual, scaled, corrected)


def compute_gfi_chisq(evaluation: AtEstimate, test: TestStatistic) -> float:
    """The statistic that the GFI is made of: reweighted least squares, or χ² with non-linear constraints,
    incomplete rows, moments of pairs or two levels, as in lavaan. NaN where Σ̂ is not positive definite and so
    weights nothing.
    """
    if evaluation.model.constraints.equalities or not evaluation.data.is_reweighted:
        return test.stat
    if any(lapack.dpotrf(covariance, lower=1)[1] for covariance in evaluation.implied_cov):
        return math.nan
    return float(compute_reweighted_least_squares(evaluation).sum())
