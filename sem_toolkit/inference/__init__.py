"""What can be said of an estimate: standard errors, tests, fit measures, standardised values, explained variance.

Every function takes a `Solution` (or anything with its model, sample, options and x); how it was found does not matter.
"""

from typing import TYPE_CHECKING

from sem_toolkit.loading import offer_lazily

if TYPE_CHECKING:
    from sem_toolkit.inference.at_estimate import AtEstimate, EvaluatedSolution, SolutionLike, evaluate_solution
    from sem_toolkit.inference.exact_fit.staged import describe_steps
    from sem_toolkit.inference.exact_fit.statistics import TestStatistic
    from sem_toolkit.inference.further import (
        build_effects,
        build_instruments,
        build_local_independence_tests,
        build_modification_indices,
        build_sargan_tests,
        compute_baseline_test,
        compute_eigenvalue_tests,
        compute_level_measures,
        compute_reliability,
        compute_residuals,
        compute_score,
        compute_score_of_additions,
        compute_scores_of_factors,
        compute_wald,
    )
    from sem_toolkit.inference.hypotheses.score import ScoreTests
    from sem_toolkit.inference.hypotheses.wald import WaldTest
    from sem_toolkit.inference.options import InferenceOptions, resolve_inference_options
    from sem_toolkit.inference.parameters.reliability import Reliability
    from sem_toolkit.inference.parameters.responses import build_response_records
    from sem_toolkit.inference.parameters.score_kind import FactorScores, ScoreMethod
    from sem_toolkit.inference.residuals.groups import GroupResiduals, ResidualType
    from sem_toolkit.inference.residuals.residuals import compute_residual_summaries
    from sem_toolkit.inference.residuals.summaries import ResidualSummary
    from sem_toolkit.inference.solution import (
        build_parameter_estimates,
        build_standardized_solution,
        choose_judged,
        compute_blocked_r2,
        compute_fit_measures,
        compute_parameter_covariance,
        compute_r2,
        compute_test_statistics,
    )

__all__ = [
    "AtEstimate",
    "EvaluatedSolution",
    "FactorScores",
    "GroupResiduals",
    "InferenceOptions",
    "Reliability",
    "ResidualSummary",
    "ResidualType",
    "ScoreMethod",
    "ScoreTests",
    "SolutionLike",
    "TestStatistic",
    "WaldTest",
    "build_effects",
    "build_instruments",
    "build_local_independence_tests",
    "build_modification_indices",
    "build_parameter_estimates",
    "build_response_records",
    "build_sargan_tests",
    "build_standardized_solution",
    "choose_judged",
    "compute_baseline_test",
    "compute_blocked_r2",
    "compute_eigenvalue_tests",
    "compute_fit_measures",
    "compute_level_measures",
    "compute_parameter_covariance",
    "compute_r2",
    "compute_reliability",
    "compute_residual_summaries",
    "compute_residuals",
    "compute_score",
    "compute_score_of_additions",
    "compute_scores_of_factors",
    "compute_test_statistics",
    "compute_wald",
    "describe_steps",
    "evaluate_solution",
    "resolve_inference_options",
]

offer_lazily(__name__)
