"""The baseline model of numeric variables: uncorrelated, with free means; fixed exogenous ones keep covariances."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.discrepancy import WLS, invert_symmetric, once
from sem_toolkit.discrepancy.vectors import find_conditional
from sem_toolkit.inference.at_estimate import AtEstimate
from sem_toolkit.inference.exact_fit.residual_tests import compute_browne_adf_test
from sem_toolkit.inference.weights.complete import compute_logdet
from sem_toolkit.model import build_model
from sem_toolkit.model.jacobian import vech_indices
from sem_toolkit.sample.moments import FloatArray
from sem_toolkit.spec.names import exogenous_observed_variables
from sem_toolkit.spec.table import Operator, Parameter, ParameterTable


class NumericBaseline:
    """The baseline model of numeric variables (see `BaselineModel`)."""

    def build(self, evaluation: AtEstimate) -> AtEstimate:
        return build_numeric_baseline(evaluation)

    def count_degrees(self, evaluation: AtEstimate) -> int:
        p = evaluation.model.n_observed - len(evaluation.sample.auxiliary)
        return evaluation.model.n_groups * count_baseline_df(p, len(find_exogenous(evaluation)))

    def minimise(self, evaluation: AtEstimate, scaled: bool, free: bool) -> FloatArray:
        return minimise_numeric_baseline(evaluation, scaled, free)


class IncompleteBaseline(NumericBaseline):
    """The same of rows with empty cells, whose likelihood has no closed form."""

    def minimise(self, evaluation: AtEstimate, scaled: bool, free: bool) -> FloatArray:
        return evaluation.data.discrepancy(build_numeric_baseline(evaluation))


def count_baseline_df(p: int, exogenous: int = 0) -> int:
    """Covariances of p variables less those among the exogenous ones."""
    return p * (p - 1) // 2 - exogenous * (exogenous - 1) // 2


def compute_baseline_discrepancy_ml(evaluation: AtEstimate, exogenous: tuple[int, ...] = ()) -> FloatArray:
    """log|Σ₀| − log|S| of each group (G), where Σ₀ has the sample's variances and the covariances among the exogenous.

    Source: Bentler & Bonett (1980), Psychological Bulletin 88, 588-606.
    """
    S, block = evaluation.sample_cov, list(exogenous)
    logs = np.log(np.diagonal(S, axis1=-2, axis2=-1))
    logs[:, block] = 0.0
    among = compute_logdet(S[:, block][:, :, block]) if block else 0.0
    return np.asarray(logs.sum(axis=1) + among - evaluation.sample_logdet)


def find_exogenous(evaluation: AtEstimate) -> tuple[int, ...]:
    """Positions of the exogenous observed variables, whether their moments are fixed or free."""
    names = set(exogenous_observed_variables(evaluation.model.table))
    return tuple(i for i, name in enumerate(evaluation.model.observed) if name in names)


@once
def build_numeric_baseline(evaluation: AtEstimate) -> AtEstimate:
    """The baseline model as a model, at its estimate for estimators that reproduce variances (all but GLS and WLS)."""
    names, table = evaluation.model.observed, evaluation.model.table
    exogenous = find_exogenous(evaluation)
    fixed = set(evaluation.exogenous)
    rows: list[Parameter] = []
    x: list[float] = []
    mean, covariance = evaluation.sample_mean, evaluation.sample_cov
    correlates = [names.index(name) for name in evaluation.sample.auxiliary]
    if not correlates:
        mean, covariance = evaluation.data.baseline_moments(evaluation, exogenous)
    for g, S in enumerate(covariance):
        cells = [(i, i) for i in range(len(names))] + [(i, j) for i in exogenous for j in exogenous if i > j]
        cells += [(i, j) for i in correlates for j in range(len(names)) if j < i or j not in correlates]
        values: list[tuple[Operator, str, str, float, bool]]
        values = [("~~", names[i], names[j], float(S[i, j]), {i, j} <= fixed) for i, j in cells]
        if mean is not None:
            values += [("~1", name, "", float(mean[g, i]), i in fixed) for i, name in enumerate(names)]
        for op, lhs, rhs, value, is_fixed in values:
            free = 0 if is_fixed else len(x) + 1
            x += [] if is_fixed else [value]
            rows.append(Parameter(lhs, op, rhs, 0, g + 1, g + 1, free, value, int(is_fixed)))
    model = build_model(ParameterTable(tuple(rows), table.groups))
    found = evaluation.data.estimate_baseline(evaluation, model, np.array(x))
    return replace(evaluation, model=model, x=found, tangent=None)


def minimise_numeric_baseline(evaluation: AtEstimate, scaled: bool = False, free: bool = False) -> FloatArray:
    """What the estimator's own statistic is of the baseline model, over the sizes of the groups (G)."""
    exogenous = find_exogenous(evaluation)
    groups = range(evaluation.model.n_groups)
    if evaluation.kind.is_likelihood:
        return compute_baseline_discrepancy_ml(evaluation, exogenous)
    if free and not scaled and not evaluation.kind.has_distribution:
        # linear in its parameters: its residual test is the same at any of them, and needs no inverse of Γ
        found = compute_browne_adf_test(build_numeric_baseline(evaluation))
        return np.array(found.stat_group or np.full(len(groups), found.stat)) / evaluation.sizes
    if evaluation.kind.is_distribution_free:
        whole, every = WLS.weigh(evaluation), np.eye(evaluation.moments_per_group)
        return np.array([_minimise_dense(evaluation, g, whole.times(g, every), exogenous) for g in groups])
    if scaled and not evaluation.kind.is_normal_theory:
        return build_numeric_baseline(evaluation).quadratic
    return np.array([compute_baseline_minimum(S, exogenous, evaluation.exogenous) for S in evaluation.sample_cov])


def compute_baseline_minimum(
    sample_cov: FloatArray, exogenous: tuple[int, ...] = (), fixed: tuple[int, ...] = ()
) -> float:
    """Minimum of ½tr((S⁻¹(S − D))²) over diagonal D (with the covariances of exogenous variables free, or fixed).

    The model is linear in D, so that the minimum is sᵀVs − bᵀM⁻¹b with sᵀVs = p/2, b = ΔᵀVs, M = ΔᵀVΔ and V of
    normal theory at S; moments that are fixed count as 0 in s. Source: Browne (1974), South African Statistical
    Journal 8, 1-24.
    """
    Q = invert_symmetric(sample_cov)
    rows, cols = _free_pairs(len(sample_cov), exogenous, fixed)
    weight = np.where(rows == cols, 0.5, 1.0)
    blanked = sample_cov.copy()
    blanked[np.ix_(fixed, fixed)] = 0.0
    half = Q @ blanked
    along = weight * (half @ Q)[rows, cols]
    inner = Q[np.ix_(rows, rows)] * Q[np.ix_(cols, cols)] + Q[np.ix_(rows, cols)] * Q[np.ix_(cols, rows)]
    inner *= weight[:, None] * weight
    return float(0.5 * np.einsum("ij,ji->", half, half) - along @ np.linalg.solve(inner, along))


def _minimise_dense(evaluation: AtEstimate, group: int, weight: FloatArray, exogenous: tuple[int, ...]) -> float:
    """Minimum of eᵀWe over the baseline model for a dense weight (m × m); means are free."""
    S = evaluation.sample_cov[group]
    p = len(S)
    rows, cols = vech_indices(p)
    fixed = evaluation.exogenous
    wanted = set(zip(*_free_pairs(p, exogenous, fixed), strict=True))
    free = np.array([pair in wanted for pair in zip(rows, cols, strict=True)])
    moments = np.where(find_conditional(p, fixed, means=False), S[rows, cols], 0.0)
    if evaluation.has_means:
        moments = np.concatenate([np.zeros(p), moments])
        free = np.concatenate([~np.isin(np.arange(p), fixed), free])
    along = weight[free] @ moments
    return float(moments @ weight @ moments - along @ np.linalg.solve(weight[np.ix_(free, free)], along))


def _free_pairs(
    p: int, exogenous: tuple[int, ...], fixed: tuple[int, ...] = ()
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows and columns (row ≥ column) of the free covariances of the baseline model."""
    pairs = [(i, i) for i in range(p)] + [(i, j) for i in exogenous for j in exogenous if i > j]
    table = np.array([pair for pair in pairs if not set(pair) <= set(fixed)], dtype=np.intp).reshape(-1, 2)
    return table[:, 0], table[:, 1]
