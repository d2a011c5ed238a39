"""Inference that is asked for beyond the estimates and fit measures of a solution: tests of hypotheses, residuals,
scores, reliability, effects. Each function is a thin layer over plain ones.
"""

from typing import TYPE_CHECKING

from sem_toolkit.diagnostics import Diagnostic, ModelError
from sem_toolkit.inference.at_estimate import SolutionLike, evaluate_solution
from sem_toolkit.inference.errors.estimates import compute_estimate_covariance
from sem_toolkit.inference.exact_fit.baseline import BaselineTest, compute_baseline
from sem_toolkit.inference.exact_fit.eigenvalues import compute_eigenvalue_pvalues
from sem_toolkit.inference.exact_fit.residual_tests import compute_reweighted_least_squares
from sem_toolkit.inference.exact_fit.statistics import compute_standard_test
from sem_toolkit.inference.exact_fit.ugamma import compute_ugamma_eigenvalues
from sem_toolkit.inference.hypotheses.additions import compute_addition_test
from sem_toolkit.inference.hypotheses.local_tests import build_local_tests
from sem_toolkit.inference.hypotheses.modification import build_modification_table
from sem_toolkit.inference.hypotheses.overidentification import build_instruments_table, build_sargan_table
from sem_toolkit.inference.hypotheses.restrictions import compute_both_covariances
from sem_toolkit.inference.hypotheses.score import ScoreTests, compute_score_tests
from sem_toolkit.inference.hypotheses.wald import WaldTest, compute_wald_test
from sem_toolkit.inference.measures.measures import compute_measures_of_level
from sem_toolkit.inference.options import InferenceOptions
from sem_toolkit.inference.parameters.effects import build_effects_table
from sem_toolkit.inference.parameters.factor_scores import compute_factor_scores
from sem_toolkit.inference.parameters.reliability import Reliability, compute_group_reliability
from sem_toolkit.inference.parameters.score_kind import FactorScores, ScoreMethod
from sem_toolkit.inference.residuals.groups import GroupResiduals, ResidualType
from sem_toolkit.inference.residuals.residuals import compute_group_residuals
from sem_toolkit.inference.solution import choose_options, compute_parameter_covariance

if TYPE_CHECKING:
    import pandas as pd


def compute_level_measures(
    solution: SolutionLike, level: int, options: InferenceOptions | None = None
) -> dict[str, float]:
    """Fit measures of one level of rows in clusters (0 within them, 1 between), the other one saturated.

    Raises ModelError for models without levels, or with parameters tied across them.
    """
    return compute_measures_of_level(evaluate_solution(solution), choose_options(solution, options), level)


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
    return compute_group_residuals(evaluate_solution(solution), choose_options(solution, options), kind)


def compute_wald(solution: SolutionLike, hypotheses: str, options: InferenceOptions | None = None) -> WaldTest:
    """Wald test of equalities between labels, such as "a == b; c*d == 1", by the kind of standard errors of the fit."""
    chosen, evaluation = choose_options(solution, options), evaluate_solution(solution)
    covariance = compute_estimate_covariance(evaluation, chosen)
    pair = None
    if solution.stages is None and solution.model.constraints.surface is None:  # rotated ones have errors of their own
        pair = compute_both_covariances(evaluation, chosen)
    return compute_wald_test(evaluation, covariance, hypotheses, pair)


def compute_score(solution: SolutionLike, options: InferenceOptions | None = None) -> ScoreTests:
    """Score tests of releasing each equality constraint, one at a time, cumulatively and all together."""
    return compute_score_tests(evaluate_solution(solution), choose_options(solution, options))


def compute_score_of_additions(
    solution: SolutionLike, additions: str, options: InferenceOptions | None = None
) -> "pd.DataFrame":
    """Score tests of adding parameters, such as "x1 ~~ x2; visual =~ x9": one row each, then one for all together."""
    return compute_addition_test(evaluate_solution(solution), additions, choose_options(solution, options))


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
    eigenvalues, stat = compute_ugamma_eigenvalues(evaluation), compute_standard_test(evaluation).stat
    if reweighted:
        if not evaluation.data.is_reweighted:
            message = "there is no reweighted least squares statistic of ordered variables: they have no normal theory"
            raise ModelError(Diagnostic("error", "no-reweighted-statistic", message, hint="leave reweighted out"))
        stat = float(compute_reweighted_least_squares(evaluation).sum())
    return compute_eigenvalue_pvalues(stat, eigenvalues, blocks, penalty)


def build_local_independence_tests(solution: SolutionLike) -> "pd.DataFrame":
    """Conditional independences that a path model implies, each tested: group first second given r z pvalue."""
    return build_local_tests(evaluate_solution(solution))


def build_instruments(solution: SolutionLike) -> "pd.DataFrame":
    """The equations of estimates by instruments, with their instruments and how strong these are."""
    return build_instruments_table(evaluate_solution(solution))


def build_sargan_tests(solution: SolutionLike, options: InferenceOptions | None = None) -> "pd.DataFrame":
    """Tests of the instruments beyond those that each equation needs."""
    return build_sargan_table(evaluate_solution(solution), choose_options(solution, options))


def compute_baseline_test(solution: SolutionLike) -> BaselineTest:
    """χ² and df of the baseline model of uncorrelated variables."""
    return compute_baseline(evaluate_solution(solution))
