"""What can be said of an estimate: standard errors, tests, fit measures, standardised values, explained variance.

Every function takes a `Solution` (or anything with its model, sample, options and x); how it was found does not matter.
"""

from sem_toolkit.inference.evaluation import Evaluation, SolutionLike, evaluate_solution
from sem_toolkit.inference.options import InferenceOptions, resolve_inference_options
from sem_toolkit.inference.residuals import GroupResiduals, ResidualSummary, compute_residual_summaries
from sem_toolkit.inference.solution import (
    build_modification_indices,
    build_parameter_estimates,
    build_standardized_solution,
    compute_baseline_test,
    compute_fit_measures,
    compute_parameter_covariance,
    compute_r2,
    compute_residuals,
    compute_test_statistics,
)

__all__ = [
    "Evaluation",
    "GroupResiduals",
    "InferenceOptions",
    "ResidualSummary",
    "SolutionLike",
    "build_modification_indices",
    "build_parameter_estimates",
    "build_standardized_solution",
    "compute_baseline_test",
    "compute_fit_measures",
    "compute_parameter_covariance",
    "compute_r2",
    "compute_residual_summaries",
    "compute_residuals",
    "compute_test_statistics",
    "evaluate_solution",
    "resolve_inference_options",
]
