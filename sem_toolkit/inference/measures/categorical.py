"""Robust fit measures of ordered variables: those of normal theory at the estimates, corrected for polychorics.

Savalei (2021), Multivariate Behavioral Research 56, 390-407: the likelihood ratio of the polychoric correlations and
those that the model implies at the estimates of (diagonally) weighted least squares ("catML"), with the trace that it
would have if the model held.
"""

import math
from dataclasses import dataclass

import numpy as np

from sem_toolkit.discrepancy import Weight, once
from sem_toolkit.discrepancy.base import invert_symmetric
from sem_toolkit.discrepancy.weights import compute_delta
from sem_toolkit.inference.at_estimate import AtEstimate, compute_equality_basis
from sem_toolkit.inference.errors.covariance import compute_weight_inverse
from sem_toolkit.inference.exact_fit.reference import ReferenceTests
from sem_toolkit.inference.exact_fit.statistics import TestStatistic
from sem_toolkit.inference.measures.incremental import Comparison
from sem_toolkit.inference.measures.indices import compute_other_measures, compute_wrmr
from sem_toolkit.inference.measures.noncentrality import Misfit
from sem_toolkit.inference.measures.numeric import compute_explained_measures
from sem_toolkit.inference.measures.robust import RobustVariants
from sem_toolkit.inference.options import ROBUST
from sem_toolkit.inference.residuals.categorical import compute_categorical_indices
from sem_toolkit.inference.weights.estimator import build_estimator_weight
from sem_toolkit.model.categorical_layout import CategoricalLayout
from sem_toolkit.sample.moments import FloatArray

_NOT_POSITIVE = 1.5e-8
"""Eigenvalue of a correlation matrix at which it has no likelihood."""


@dataclass(frozen=True)
class CorrectedLikelihood:
    """Likelihood ratio, its degrees of freedom and its factor c, of the model and of the baseline model."""

    chisq: float
    df: float
    factor: float
    null_chisq: float
    null_df: float
    null_factor: float


class CategoricalVariables:
    """Of thresholds and polychoric correlations (see `VariableKind`)."""

    def compute_residual_measures(self, evaluation: AtEstimate) -> dict[str, float]:
        return compute_categorical_indices(evaluation)

    def build_robust(self, evaluation: AtEstimate, tests: ReferenceTests) -> RobustVariants:
        return build_categorical_variants(evaluation, tests)

    def count(self, evaluation: AtEstimate) -> int:
        given = len(evaluation.exogenous) if evaluation.model.table.conditional_x else 0
        return evaluation.model.n_observed - given

    def compute_indices(self, evaluation: AtEstimate, test: TestStatistic) -> dict[str, float]:
        wrmr = {"wrmr": compute_wrmr(test.stat, evaluation.moments_per_group)}
        others = compute_other_measures(test.stat, test.df, evaluation.npar, evaluation.total)
        return compute_explained_measures(evaluation, test.df) | wrmr | others


def build_categorical_variants(evaluation: AtEstimate, tests: ReferenceTests) -> RobustVariants:
    """What robust CFI, RMSEA and GFI are made of; nothing with numeric or conditional variables, and where the
    polychoric correlations are not positive definite, as in lavaan.
    """
    if tests.scaled is None or tests.scaled[0].test not in ROBUST:
        return RobustVariants()
    found = compute_corrected_likelihood(evaluation)
    if found is None:
        return RobustVariants()
    misfit = Misfit(
        found.chisq, found.df, found.factor, found.chisq / found.factor, found.factor, float(evaluation.rows.sum())
    )
    comparison = Comparison(found.chisq, found.df, found.null_chisq, found.null_df, found.factor, found.null_factor)
    return RobustVariants(comparison, misfit, misfit)


@once
def compute_corrected_likelihood(evaluation: AtEstimate) -> CorrectedLikelihood | None:
    """The pieces of the robust measures; None where there are none."""
    layout = evaluation.model.layout
    assert isinstance(layout, CategoricalLayout)  # noqa: S101
    samples = np.stack([own.covariance for own in evaluation.statistics])
    if len(layout.numeric) or len(layout.covariates) or np.linalg.eigvalsh(samples).min() < _NOT_POSITIVE:
        return None
    implied = _build_correlations(layout, layout.stack(evaluation.moments))
    if np.linalg.eigvalsh(implied).min() < _NOT_POSITIVE:
        return None
    inverse = invert_symmetric(implied)
    size = np.linalg.slogdet(implied)[1] - np.linalg.slogdet(samples)[1]
    ratio = size + (inverse * samples).sum(axis=(1, 2)) - samples.shape[-1]
    null_ratio = -np.linalg.slogdet(samples)[1]
    pairs, groups = len(layout.pairs[0]), len(samples)
    df = groups * pairs - _count_parameters(evaluation)
    traces = [float(np.trace(own.gamma[-pairs:, -pairs:])) for own in evaluation.statistics]
    null_trace = float(np.sum(np.array(traces) / evaluation.shares)) if groups > 1 else traces[0]
    trace = _compute_trace(evaluation, layout, inverse)
    return CorrectedLikelihood(
        chisq=float(evaluation.rows @ ratio),
        df=df,
        factor=trace / df if df > 0 else math.nan,
        null_chisq=float(evaluation.rows @ null_ratio),
        null_df=groups * pairs,
        null_factor=null_trace / (groups * pairs),
    )


def _build_correlations(layout: CategoricalLayout, statistics: FloatArray) -> FloatArray:
    """The correlations among statistics (G × m) as matrices (G × p × p)."""
    rows, columns = layout.pairs
    p = len(layout.variables)
    result = np.tile(np.eye(p), (len(statistics), 1, 1))
    result[:, rows, columns] = result[:, columns, rows] = statistics[:, layout.parts[3]]
    return result


def _count_parameters(evaluation: AtEstimate) -> int:
    """Free parameters of the correlations: all but thresholds and intercepts, equality constraints taken off."""
    model = evaluation.model
    kept = np.array([row.op not in ("|", "~1") for row in model.parameters], dtype=bool)
    basis = compute_equality_basis(model.constraints, evaluation.x)
    return int(np.linalg.matrix_rank(basis[kept])) if kept.any() and basis.size else 0


def _compute_trace(evaluation: AtEstimate, layout: CategoricalLayout, inverse: FloatArray) -> float:
    """tr(VMΓMᵀ) with M = I − ΔA⁻¹ΔᵀW over the correlations of all groups, V of normal theory at those implied.

    But for tr(VΓ) these are traces of the size of the parameters that move correlations.
    """
    rows, columns = layout.pairs
    pairs = len(rows)
    delta = compute_delta(evaluation)[:, -pairs:]
    moving = np.flatnonzero(delta.any(axis=(0, 1)))
    weight = build_estimator_weight(evaluation)
    solved = compute_weight_inverse(evaluation, weight)[np.ix_(moving, moving)]
    total, across = 0.0, 0.0
    meat, bread = np.zeros((len(moving),) * 2), np.zeros((len(moving),) * 2)
    parts = zip(inverse, evaluation.shares, delta[..., moving], evaluation.statistics, strict=True)
    for g, (Q, share, own, statistics) in enumerate(parts):
        V = Q[np.ix_(rows, rows)] * Q[np.ix_(columns, columns)] + Q[np.ix_(rows, columns)] * Q[np.ix_(columns, rows)]
        gamma = statistics.gamma[-pairs:, -pairs:]
        pull = _weigh_correlations(weight, g, own, evaluation.moments_per_group)
        weighted, reach = V @ own, pull.T @ gamma
        total += float(np.sum(V * gamma))
        across = across + share * (reach @ weighted)
        meat += share * reach @ pull
        bread += share * own.T @ weighted
    return total - 2.0 * float(np.sum(solved * across)) + float(np.sum(meat * (solved @ bread @ solved)))


def _weigh_correlations(weight: Weight, group: int, columns: FloatArray, size: int) -> FloatArray:
    """W times columns of the correlations (pairs × k), the last of `size` statistics, and of these what is theirs."""
    whole = np.zeros((size, columns.shape[1]))
    whole[-len(columns) :] = columns
    return weight.times(group, whole)[-len(columns) :]
