"""Inference from a solution: the public functions, each a thin layer over plain ones."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sem_toolkit.diagnostics import Diagnostic, ModelError
from sem_toolkit.estimation.steps.search import Steps
from sem_toolkit.inference.at_estimate import (
    EvaluatedSolution,
    SolutionLike,
    SolutionView,
    evaluate_solution,
)
from sem_toolkit.inference.errors.estimates import compute_estimate_covariance
from sem_toolkit.inference.errors.resampled import put_resampled_limits
from sem_toolkit.inference.errors.steps import attach_latent_covariances
from sem_toolkit.inference.exact_fit.baseline import BaselineTest, compute_baseline
from sem_toolkit.inference.exact_fit.eigenvalues import compute_eigenvalue_pvalues
from sem_toolkit.inference.exact_fit.residual_tests import compute_reweighted_least_squares
from sem_toolkit.inference.exact_fit.scaled import compute_tests
from sem_toolkit.inference.exact_fit.statistics import TestStatistic, compute_standard_test
from sem_toolkit.inference.exact_fit.steps import attach_unbiased_covariances
from sem_toolkit.inference.exact_fit.ugamma import compute_ugamma_eigenvalues
from sem_toolkit.inference.hypotheses.additions import compute_addition_test
from sem_toolkit.inference.hypotheses.local_tests import build_local_tests
from sem_toolkit.inference.hypotheses.modification import build_modification_table
from sem_toolkit.inference.hypotheses.overidentification import build_instruments_table, build_sargan_table
from sem_toolkit.inference.hypotheses.restrictions import compute_both_covariances
from sem_toolkit.inference.hypotheses.score import ScoreTests, compute_score_tests
from sem_toolkit.inference.hypotheses.wald import WaldTest, compute_wald_test
from sem_toolkit.inference.measures.measures import compute_all_measures, compute_measures_of_level
from sem_toolkit.inference.options import InferenceOptions, resolve_inference_options
from sem_toolkit.inference.parameters.effects import build_effects_table
from sem_toolkit.inference.parameters.estimates import build_estimate_table, build_standardized_table
from sem_toolkit.inference.parameters.factor_scores import compute_factor_scores
from sem_toolkit.inference.parameters.reliability import Reliability, compute_group_reliability
from sem_toolkit.inference.parameters.rsquare import compute_blocked_r2_by_group, compute_r2_by_group
from sem_toolkit.inference.parameters.score_kind import FactorScores, ScoreMethod
from sem_toolkit.inference.parameters.standardized import Scale
from sem_toolkit.inference.residuals.groups import GroupResiduals, ResidualType
from sem_toolkit.inference.residuals.residuals import compute_group_residuals
from sem_toolkit.sample import Sample
from sem_toolkit.sample.moments import FloatArray

if TYPE_CHECKING:
    import pandas as pd


def compute_parameter_covariance(solution: SolutionLike, options: InferenceOptions | None = None) -> FloatArray:
    """Covariance matrix of the free parameters, q × q; NaN where the information is not positive definite.

    options  the kind of standard errors; by default the estimator's own
    """
    return compute_estimate_covariance(evaluate_solution(solution), _options(solution, options))


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
    return found if drawn is None else put_resampled_limits(found, drawn)


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
    return compute_all_measures(evaluate_solution(solution), _options(solution, options))


def compute_level_measures(
    solution: SolutionLike, level: int, options: InferenceOptions | None = None
) -> dict[str, float]:
    """Fit measures of one level of rows in clusters (0 within them, 1 between), the other one saturated.

    Raises ModelError for models without levels, or with parameters tied across them.
    """
    return compute_measures_of_level(evaluate_solution(solution), _options(solution, options), level)


def compute_test_statistics(
    solution: SolutionLike, options: InferenceOptions | None = None
) -> tuple[TestStatistic, ...]:
    """Tests of exact fit: the standard one first, then those that the estimator or the options ask for."""
    chosen = _options(solution, options)
    evaluation = evaluate_solution(solution)
    return compute_tests(evaluation, chosen)


def build_modification_indices(solution: SolutionLike) -> "pd.DataFrame":
    """One row a parameter that could be freed: lhs op rhs group mi epc sepc.lv sepc.all sepc.nox pvalue, largest
    first.
    """
    return build_modification_table(evaluate_solution(solution))


def compute_residuals(
    solution: SolutionLike, kind: ResidualType = "cor.bollen", options: InferenceOptions | None = None
) -> tuple[GroupResiduals, ...]:
    """Residual moments of every group with standard errors and z.

    kind  "raw", "cor.bollen", "cor.bentler", "normalized" or "standardized", as in lavaan's lavResiduals
    """
    return compute_group_residuals(evaluate_solution(solution), _options(solution, options), kind)


def compute_wald(solution: SolutionLike, hypotheses: str, options: InferenceOptions | None = None) -> WaldTest:
    """Wald test of equalities between labels, such as "a == b; c*d == 1", by the kind of standard errors of the fit."""
    chosen, evaluation = _options(solution, options), evaluate_solution(solution)
    covariance = compute_estimate_covariance(evaluation, chosen)
    pair = None
    if solution.stages is None and solution.model.constraints.surface is None:  # rotated ones have errors of their own
        pair = compute_both_covariances(evaluation, chosen)
    return compute_wald_test(evaluation, covariance, hypotheses, pair)


def compute_score(solution: SolutionLike, options: InferenceOptions | None = None) -> ScoreTests:
    """Score tests of releasing each equality constraint, one at a time, cumulatively and all together."""
    return compute_score_tests(evaluate_solution(solution), _options(solution, options))


def compute_score_of_additions(
    solution: SolutionLike, additions: str, options: InferenceOptions | None = None
) -> "pd.DataFrame":
    """Score tests of adding parameters, such as "x1 ~~ x2; visual =~ x9": one row each, then one for all together."""
    return compute_addition_test(evaluate_solution(solution), additions, _options(solution, options))


def compute_scores_of_factors(solution: SolutionLike, method: ScoreMethod = "regression") -> tuple[FactorScores, ...]:
    """Factor scores of every group by "regression", "bartlett" or "tenberge", with standard errors and determinacy."""
    return compute_factor_scores(evaluate_solution(solution), method)


def compute_reliability(solution: SolutionLike) -> tuple[Reliability, ...]:
    """Reliability and validity of every group's factors: α, ω, composite reliability, AVE, Fornell-Larcker, HTMT."""
    return compute_group_reliability(evaluate_solution(solution))


def build_effects(
    solution: SolutionLike,
    cause: str | None = None,
    outcome: str | None = None,
    level: float = 0.95,
    options: InferenceOptions | None = None,
    draws: int = 0,
    seed: int = 1,
) -> "pd.DataFrame":
    """Total, direct, indirect and specific effects, raw and standardised, with delta-method standard errors.

    draws  of Monte Carlo limits beside the normal ones (20 000, say); none with 0
    """
    covariance = compute_parameter_covariance(solution, options)
    return build_effects_table(evaluate_solution(solution), covariance, cause, outcome, level, draws, seed)


def compute_eigenvalue_tests(
    solution: SolutionLike, blocks: int = 4, penalty: float = 2.0, reweighted: bool = False
) -> dict[str, float]:
    """P-values of exact fit from the eigenvalues of UΓ: "all", "peba" (blocks averaged) and "pols" (penalised
    regression).

    reweighted  of the reweighted least squares statistic in the place of the likelihood ratio
    Raises DataError where only moments were given, ModelError where `reweighted` has no normal theory to weigh by
    (ordered variables). Source: Foldnes, Moss & Grønneberg (2024).
    """
    evaluation = evaluate_solution(solution)
    evaluation.require_minimum("eigenvalue tests")
    evaluation.require_saturated("eigenvalue tests")
    stat = compute_standard_test(evaluation).stat
    if reweighted:
        if not evaluation.data.is_reweighted:
            message = "there is no reweighted least squares statistic of ordered variables: they have no normal theory"
            raise ModelError(Diagnostic("error", "no-reweighted-statistic", message, hint="leave reweighted out"))
        stat = float(compute_reweighted_least_squares(evaluation).sum())
    return compute_eigenvalue_pvalues(stat, compute_ugamma_eigenvalues(evaluation), blocks, penalty)


def build_local_independence_tests(solution: SolutionLike) -> "pd.DataFrame":
    """Conditional independences that a path model implies, each tested: group first second given r z pvalue."""
    return build_local_tests(evaluate_solution(solution))


def build_instruments(solution: SolutionLike) -> "pd.DataFrame":
    """The equations of estimates by instruments, with their instruments and how strong these are."""
    return build_instruments_table(evaluate_solution(solution))


def build_sargan_tests(solution: SolutionLike, options: InferenceOptions | None = None) -> "pd.DataFrame":
    """Tests of the instruments beyond those that each equation needs."""
    return build_sargan_table(evaluate_solution(solution), _options(solution, options))


def compute_baseline_test(solution: SolutionLike) -> BaselineTest:
    """χ² and df of the baseline model of uncorrelated variables."""
    return compute_baseline(evaluate_solution(solution))


@dataclass(frozen=True, eq=False)
class _WithSample(SolutionView):
    """A solution whose sample says more of its moments."""

    sample: Sample


def choose_judged(solution: EvaluatedSolution, options: InferenceOptions) -> EvaluatedSolution:
    """What tests and fit measures are about: the solution itself, or the structural part of estimates in steps, its
    moments with what they vary by where a test asks for that.
    """
    stages, evaluation = solution.stages, solution.evaluation
    if not isinstance(stages, Steps):
        return solution
    if stages.structural is None:
        sample = attach_unbiased_covariances(evaluation) if options.test == "yuan.chan" else evaluation.sample
        return EvaluatedSolution(_WithSample(solution, sample))
    if options.test != "satorra.bentler":
        return EvaluatedSolution(stages.structural)
    return EvaluatedSolution(replace(stages.structural, sample=attach_latent_covariances(evaluation, stages)))


def describe_steps(solution: SolutionLike, measures: Mapping[str, float]) -> dict[str, Any]:
    """The parts of estimates in steps: method, measurement, reliability (by group), structural_fit.

    measures  fit measures of what is judged: by the local method the structural part's
    """
    stages = solution.stages
    if not isinstance(stages, Steps):
        message = "the estimates were not found in steps"
        raise ModelError(Diagnostic("error", "no-steps", message, hint="fit with sam_method"))
    tests = [compute_standard_test(evaluate_solution(block.solution)) for block in stages.blocks]
    measurement = [
        {"block": block.name, "latent": list(block.latent), "chisq": test.stat, "df": test.df, "pvalue": test.pvalue}
        for block, test in zip(stages.blocks, tests, strict=True)
    ]
    found: dict[str, Any] = {"method": stages.options.sam_method, "measurement": measurement}
    found["reliability"] = [dict(zip(stages.everything, group.reliability, strict=True)) for group in stages.latent]
    if stages.structural is not None:
        shown = ("chisq", "df", "pvalue", "cfi", "rmsea", "srmr")
        found["structural_fit"] = {name: measures[name] for name in shown if name in measures}
    return found


def compute_r2(solution: SolutionLike) -> dict[str, dict[str, float]]:
    """Explained variance of every endogenous variable, by group label ("" for one group)."""
    return compute_r2_by_group(evaluate_solution(solution))


def compute_blocked_r2(solution: SolutionLike) -> dict[str, dict[str, float]]:
    """The same without what a variable's own residual brings about: for models with feedback (Hayduk, 2006)."""
    return compute_blocked_r2_by_group(evaluate_solution(solution))


def _options(solution: SolutionLike, options: InferenceOptions | None) -> InferenceOptions:
    return options or resolve_inference_options(solution.options.record)
