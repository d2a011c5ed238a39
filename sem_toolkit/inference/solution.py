"""Inference from a solution that every fit needs; what else can be asked is in `further`."""

from typing import TYPE_CHECKING

from sem_toolkit.inference.at_estimate import EvaluatedSolution, SolutionLike, evaluate_solution
from sem_toolkit.inference.errors.estimates import compute_estimate_covariance
from sem_toolkit.inference.exact_fit.asked import compute_tests
from sem_toolkit.inference.exact_fit.statistics import TestStatistic
from sem_toolkit.inference.measures.measures import compute_all_measures
from sem_toolkit.inference.options import InferenceOptions, resolve_inference_options
from sem_toolkit.inference.parameters.estimates import build_estimate_table, build_standardized_table
from sem_toolkit.inference.parameters.rsquare import compute_blocked_r2_by_group, compute_r2_by_group
from sem_toolkit.inference.parameters.standardized import Scale
from sem_toolkit.sample.moments import FloatArray

if TYPE_CHECKING:
    import pandas as pd


def compute_parameter_covariance(solution: SolutionLike, options: InferenceOptions | None = None) -> FloatArray:
    """Covariance matrix of the free parameters, q × q; NaN where the information is not positive definite.

    options  the kind of standard errors; by default the estimator's own
    """
    return compute_estimate_covariance(evaluate_solution(solution), choose_options(solution, options))


def build_parameter_estimates(
    solution: SolutionLike, level: float = 0.95, options: InferenceOptions | None = None
) -> "pd.DataFrame":
    """One row a parameter or definition: lhs op rhs group label est se z pvalue ci.lower ci.upper std.lv std.all
    std.nox.

    Fixed parameters have standard error 0 and no z. Intervals are normal, at `level`, unless they are of draws.
    """
    covariance = compute_parameter_covariance(solution, options)
    found = build_estimate_table(evaluate_solution(solution), covariance, level)
    drawn = None if options is None else options.resampled
    if drawn is None:
        return found
    from sem_toolkit.inference.errors.resampled import put_resampled_limits

    return put_resampled_limits(found, drawn)


def build_standardized_solution(
    solution: SolutionLike, level: float = 0.95, scale: Scale = "std.all", options: InferenceOptions | None = None
) -> "pd.DataFrame":
    """One row a parameter or definition: lhs op rhs group label est.std se z pvalue ci.lower ci.upper.

    scale  "std.all", "std.lv" or "std.nox"; standard errors are those of the delta method
    """
    covariance = compute_parameter_covariance(solution, options)
    return build_standardized_table(evaluate_solution(solution), covariance, level, scale)


def compute_fit_measures(solution: SolutionLike, options: InferenceOptions | None = None) -> dict[str, float]:
    """Fit measures by lavaan's names; those that do not exist for the estimator are absent."""
    chosen = choose_options(solution, options)
    return compute_all_measures(evaluate_solution(solution), chosen)


def compute_test_statistics(
    solution: SolutionLike, options: InferenceOptions | None = None
) -> tuple[TestStatistic, ...]:
    """Tests of exact fit: the standard one first, then those that the estimator or the options ask for."""
    chosen = choose_options(solution, options)
    evaluation = evaluate_solution(solution)
    return compute_tests(evaluation, chosen)


def choose_judged(solution: EvaluatedSolution, options: InferenceOptions) -> EvaluatedSolution:
    """What tests and fit measures are about: the solution itself, or the structural part of estimates in steps, its
    moments with what they vary by where a test asks for that.
    """
    if solution.stages is None:
        return solution
    from sem_toolkit.inference.exact_fit.staged import choose_judged_of_stages

    return choose_judged_of_stages(solution, options)


def compute_r2(solution: SolutionLike) -> dict[str, dict[str, float]]:
    """Explained variance of every endogenous variable, by group label ("" for one group)."""
    return compute_r2_by_group(evaluate_solution(solution))


def compute_blocked_r2(solution: SolutionLike) -> dict[str, dict[str, float]]:
    """The same without what a variable's own residual brings about: for models with feedback (Hayduk, 2006)."""
    return compute_blocked_r2_by_group(evaluate_solution(solution))


def choose_options(solution: SolutionLike, options: InferenceOptions | None) -> InferenceOptions:
    """The options given, or those that the estimator goes with."""
    if options is not None:
        return options
    return resolve_inference_options(solution.options.record, categorical=solution.model.responses is not None)
