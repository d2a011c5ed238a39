"""The tests that fit measures are made of: those of the model beside those of the baseline model."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sem_toolkit.inference import exact_fit
from sem_toolkit.inference.at_estimate import AtEstimate
from sem_toolkit.inference.exact_fit.baseline import BaselineTest, build_baseline_evaluation, compute_baseline
from sem_toolkit.inference.exact_fit.residual_tests import compute_gfi_chisq, compute_reference_test
from sem_toolkit.inference.exact_fit.statistics import TestStatistic, compute_standard_test
from sem_toolkit.inference.options import SCALED, InferenceOptions

if TYPE_CHECKING:
    from sem_toolkit.inference.exact_fit.corrected import CorrectedTest


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
    corrected: "tuple[CorrectedTest, CorrectedTest] | None"


def compute_reference_tests(evaluation: AtEstimate, options: InferenceOptions) -> ReferenceTests:
    """All of them, as the options ask for."""
    is_scaled = options.test in SCALED
    free = options.test == "browne.residual.adf"
    model, standard = compute_reference_test(evaluation, is_scaled, free), compute_standard_test(evaluation)
    baseline, residual = compute_baseline(evaluation, is_scaled, free), compute_gfi_chisq(evaluation, model)
    scaled: tuple[TestStatistic, TestStatistic] | None = None
    corrected = None
    if is_scaled:
        both = ((evaluation, model), (build_baseline_evaluation(evaluation), baseline.statistic))
        chosen = exact_fit.build_scaled_test(evaluation, options)
        own, other = (exact_fit.compute_scaled_test(at, test, chosen) for at, test in both)
        scaled = own, other
    if evaluation.data.has_corrected_test:
        pair = (evaluation, build_baseline_evaluation(evaluation))
        first, second = (exact_fit.compute_corrected_test(at, options.information, is_scaled) for at in pair)
        corrected = first, second
    return ReferenceTests(standard, model, baseline, residual, scaled, corrected)
