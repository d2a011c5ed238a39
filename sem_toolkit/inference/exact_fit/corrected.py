"""The test that robust fit indices of incomplete rows are made of: that of complete data, whatever their distribution.

The discrepancy is that of complete data at the saturated moments, and what it exceeds its population value by on
average is k/df with k = tr(W_c Γ) − 2 tr(E⁻¹ΔᵀJW⁻¹W_cΔ) + tr(E⁻¹ΔᵀJΔE⁻¹ΔᵀW_cΔ): W and J the information and the
cross-products of the scores of the saturated model from incomplete rows, W_c its information from complete ones,
Γ = W⁻¹JW⁻¹ and E = ΔᵀWΔ.
With normal data J = W, so that k = tr(W_c W⁻¹) − tr(E⁻¹ΔᵀW_cΔ).
Source: Zhang & Savalei (2023), Psychological Methods 28, 263-283 (their FIML-C in the versions V3 and V6).
"""

from dataclasses import dataclass

import numpy as np

from sem_toolkit.discrepancy import once
from sem_toolkit.discrepancy.weights import compute_delta
from sem_toolkit.inference.at_estimate import AtEstimate
from sem_toolkit.inference.errors.covariance import invert_any
from sem_toolkit.inference.exact_fit.numeric_baseline import find_exogenous
from sem_toolkit.inference.exact_fit.statistics import compute_likelihood_ratio
from sem_toolkit.inference.weights.clusters import list_cluster_crosses
from sem_toolkit.inference.weights.incomplete import complete, list_information
from sem_toolkit.inference.weights.moment_information import find_kept, invert_known
from sem_toolkit.model.jacobian import vech_indices
from sem_toolkit.sample.moments import FloatArray


@dataclass(frozen=True)
class CorrectedTest:
    """χ² of complete data at the saturated moments, its degrees of freedom, and the factor c = k/df."""

    stat: float
    df: int
    factor: float


@once
def compute_corrected_test(evaluation: AtEstimate, information: str, robust: bool) -> CorrectedTest:
    """The corrected statistic of a model. robust: free of distribution (V3), otherwise by normal theory (V6)."""
    stat = float(compute_likelihood_ratio(complete(evaluation)).sum())
    if evaluation.df <= 0:
        return CorrectedTest(stat, evaluation.df, 1.0)
    incomplete = list_information(evaluation, "observed", False)
    kept = find_kept(evaluation)
    inverses = [invert_known(matrix, kept) for matrix in incomplete]
    crosses = incomplete
    if robust:
        clustered = evaluation.sample.has_design
        crosses = list_cluster_crosses(evaluation) if clustered else list_information(evaluation, "first.order", False)
    exogenous = find_exogenous(evaluation)
    whole = [_compute_complete_information(group.covariance, exogenous) for group in evaluation.sample.groups]
    delta, shares = compute_delta(evaluation), evaluation.shares
    inverse = _invert_model_information(evaluation, information)
    q = evaluation.model.n_parameters
    saturated, mixed, meat, bread = 0.0, np.zeros((q, q)), np.zeros((q, q)), np.zeros((q, q))
    for share, block, back, J, W in zip(shares, delta, inverses, crosses, whole, strict=True):
        along = W @ block
        saturated += float((W * (back @ J @ back if robust else back)).sum())
        bread += share * block.T @ along
        if robust:
            mixed += share * block.T @ (J @ (back @ along))
            meat += share * block.T @ J @ block
    taken = float((bread * inverse).sum())
    if robust:
        taken = 2.0 * float((mixed * inverse).sum()) - float((meat @ inverse * (bread @ inverse).T).sum())
    return CorrectedTest(stat, evaluation.df, (saturated - taken) / evaluation.df)


def _invert_model_information(evaluation: AtEstimate, information: str) -> FloatArray:
    """E⁻¹ (q × q) within the constraints, with the information of the saturated model at its own estimates."""
    delta = compute_delta(evaluation)
    parts = zip(evaluation.shares, delta, list_information(evaluation, information, False), strict=True)
    return invert_any(np.asarray(sum(f * d.T @ W @ d for f, d, W in parts)), evaluation.free_basis)


def _compute_complete_information(covariance: FloatArray, exogenous: tuple[int, ...]) -> FloatArray:
    """Information of the saturated model from complete rows at its covariance matrix (m × m).

    It is 0 for the moments of exogenous variables among themselves, fixed or free: lavaan takes them for fixed here.
    """
    Q, p = np.linalg.inv(covariance), len(covariance)
    rows, cols = vech_indices(p)
    half = np.where(rows == cols, 0.5, 1.0)
    result = np.zeros((p + len(rows),) * 2)
    result[:p, :p] = Q
    pairs = Q[np.ix_(rows, rows)] * Q[np.ix_(cols, cols)] + Q[np.ix_(rows, cols)] * Q[np.ix_(cols, rows)]
    result[p:, p:] = pairs * half[:, None] * half
    fixed = np.concatenate([np.isin(np.arange(p), exogenous), np.isin(rows, exogenous) & np.isin(cols, exogenous)])
    result[fixed] = 0.0
    result[:, fixed] = 0.0
    return result
