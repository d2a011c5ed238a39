"""Modification indices: what each candidate would gain, all from one factorisation of the information.

With score s and information I of candidate and parameters, MI = N s²/(I_cc − I_cx I⁻¹ I_xc) and EPC = s/(…).
Sources: Sörbom (1989), Psychometrika 54, 371-384; Saris, Satorra & Sörbom (1987), Sociological Methodology 17, 105-129.
"""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import numpy as np

from sem_toolkit.discrepancy import NormalWeight, Weight
from sem_toolkit.discrepancy.weights import compute_delta, compute_residual_moments
from sem_toolkit.inference.at_estimate import AtEstimate
from sem_toolkit.inference.errors.covariance import invert_information_root
from sem_toolkit.inference.frames import build_frame, build_place_columns, build_text_columns
from sem_toolkit.inference.hypotheses.candidates import Candidates, IntArray, build_candidates
from sem_toolkit.inference.hypotheses.categorical_candidates import compute_categorical_candidate_delta
from sem_toolkit.inference.hypotheses.level_candidates import compute_level_piece
from sem_toolkit.inference.weights.incomplete import list_slopes
from sem_toolkit.inference.weights.score import build_score_weight, compute_score_information, is_unstructured
from sem_toolkit.libraries import special
from sem_toolkit.model import compute_matrices
from sem_toolkit.model.jacobian import vech_indices
from sem_toolkit.model.kernels import mean_slopes
from sem_toolkit.sample.moments import FloatArray

if TYPE_CHECKING:
    import pandas as pd

_BLOCK = 512
"""Candidates at a time."""

Piece = tuple[IntArray, FloatArray, FloatArray, FloatArray]
"""Positions of candidates, their scores (k), own information (k) and information shared with the parameters (k × q)."""

_SMALLEST = 6e-6
"""Information below this that a candidate has left: it cannot be freed with the others (lavaan: ε^⅓)."""


def build_modification_table(evaluation: AtEstimate) -> "pd.DataFrame":
    """lhs op rhs group mi epc sepc.lv sepc.all sepc.nox pvalue, largest first; without candidates that cannot be freed.

    Composites have none, as in lavaan.
    """
    import pandas as pd

    names = ["lhs", "op", "rhs", "group", "mi", "epc", "sepc.lv", "sepc.all", "sepc.nox", "pvalue"]
    if evaluation.model.composites is not None:
        return pd.DataFrame(columns=names)
    evaluation.require_minimum("modification indices")
    evaluation.require_saturated("modification indices")
    candidates = build_candidates(evaluation.model)
    mi, epc = compute_modification_indices(evaluation, candidates)
    order = np.argsort(-mi, kind="stable")[: int(np.isfinite(mi).sum())]
    numbers = {"mi": mi, "epc": epc} | standardize_changes(evaluation, candidates, epc)
    lhs, op, rhs, _ = zip(*(candidates.rows[k] for k in order), strict=True) if order.size else ((),) * 4
    columns = build_text_columns({"lhs": lhs, "op": op, "rhs": rhs})
    columns |= build_place_columns(evaluation.model.table, candidates.group[order] + 1)
    columns |= {name: values[order] for name, values in numbers.items()}
    return build_frame(columns | {"pvalue": special.chdtrc(1.0, mi[order])})


def compute_modification_indices(evaluation: AtEstimate, candidates: Candidates) -> tuple[FloatArray, FloatArray]:
    """MI and EPC of each candidate (k); NaN where the parameters already say all that it could."""
    pieces: Iterable[Piece]
    if evaluation.kind.has_levels:
        information, piece = compute_level_piece(evaluation, candidates)
        pieces = [piece]
    else:
        information = compute_score_information(evaluation)
        pieces = compute_pieces(evaluation, candidates, build_score_weight(evaluation))
    half = invert_information_root(information, evaluation.free_basis)
    score, left = np.zeros(candidates.size), np.zeros(candidates.size)
    for mine, slope, own, shared in pieces:
        reach = shared @ half.T
        score[mine] = slope
        left[mine] = own - np.einsum("kr,kr->k", reach, reach)
    left = np.where(left > _SMALLEST, left, np.nan)
    return evaluation.rows.sum() * score**2 / left, score / left


def compute_pieces(evaluation: AtEstimate, candidates: Candidates, weight: Weight) -> Iterator[Piece]:
    """Candidates in blocks that fit the cache, with what is needed of each."""
    by_gather = np.full(candidates.size, isinstance(weight, NormalWeight))
    by_gather &= not is_unstructured(evaluation)
    by_gather &= ~np.isin(candidates.row, evaluation.exogenous)
    for g in range(evaluation.model.n_groups):
        gathered = np.flatnonzero(by_gather & (candidates.group == g))
        if isinstance(weight, NormalWeight) and gathered.size:
            yield from _gathered_pieces(evaluation, candidates, weight.inverse[g], g, gathered)
        other = np.flatnonzero(~by_gather & (candidates.group == g))
        if other.size:
            yield _dense_piece(evaluation, candidates, weight, g, other)


def _residuals(evaluation: AtEstimate) -> FloatArray:
    """What the score weighs, G × p × p: S + (m − μ)(m − μ)ᵀ − Σ for ML; (n − 1)/n (S − Σ) for GLS, as in lavaan."""
    residual, gap = evaluation.sample_cov - evaluation.implied_cov, evaluation.mean_gap
    if not evaluation.kind.is_likelihood:
        return residual * ((evaluation.rows - 1.0) / evaluation.rows)[:, None, None]
    return residual if gap is None else residual + gap[:, :, None] * gap[:, None, :]


def _gathered_pieces(
    evaluation: AtEstimate, candidates: Candidates, Q: FloatArray, g: int, wanted: IntArray
) -> Iterator[Piece]:
    """By elements of CᵀQC: a cell changes Σ by w(C·l C·rᵀ + C·r C·lᵀ), so traces of products are products of these."""
    model, moments, share = evaluation.model, evaluation.moments, float(evaluation.shares[g])
    cells, C = model.cells[g], moments.columns[g]
    inner = C.T @ Q @ C
    along = C.T @ (Q @ _residuals(evaluation)[g] @ Q) @ C
    by_row, by_right = inner[:, cells.row], inner[:, cells.right]
    gap, all_mean = evaluation.mean_gap, moments.all_mean
    for start in range(0, len(wanted), _BLOCK):
        mine = wanted[start : start + _BLOCK]
        left, right, w = candidates.row[mine], candidates.right[mine], candidates.weight[mine]
        score = w * along[left, right]
        own = w**2 * (inner[left, right] ** 2 + inner[left, left] * inner[right, right])
        block = by_right[left] * by_row[right] + by_right[right] * by_row[left]
        block *= w[:, None] * cells.weight
        if gap is not None and all_mean is not None:
            slopes = _mean_slopes(candidates, mine, all_mean[g])
            score = score + _mean_factor(evaluation, g) * slopes * (C.T @ (Q @ gap[g]))[left]
            own = own + slopes**2 * inner[left, left]
            block += by_row[left] * slopes[:, None] * mean_slopes(cells, all_mean[g])
        shared = block
        if cells.size != model.n_parameters:
            shared = np.zeros((len(mine), model.n_parameters))
            shared[:, cells.position] = block
        yield mine, share * score, share * own, share * shared


def _mean_factor(evaluation: AtEstimate, group: int) -> float:
    return 1.0 if evaluation.kind.is_likelihood else 1.0 - 1.0 / float(evaluation.rows[group])


def _dense_piece(evaluation: AtEstimate, candidates: Candidates, weight: Weight, g: int, mine: IntArray) -> Piece:
    """By the derivatives of the moments themselves: for weights that are no function of a covariance matrix, and for
    candidates that change the moments of fixed exogenous variables, which do not count in the information.
    """
    share, extra = float(evaluation.shares[g]), compute_candidate_delta(evaluation, candidates, mine, g)
    weighted = weight.times(g, extra)
    own = share * np.einsum("mk,mk->k", extra, weighted)
    shared = share * (weighted.T @ compute_delta(evaluation)[g])
    if evaluation.is_incomplete:
        score = _score_of_incomplete(evaluation, candidates, g, mine) / share
    elif isinstance(weight, NormalWeight):
        Q = evaluation.implied_inverse[g] if is_unstructured(evaluation) else weight.inverse[g]
        score = _score_of_normal(evaluation, candidates, Q, g, mine)
    else:
        score = _mean_factor(evaluation, g) * (weighted.T @ compute_residual_moments(evaluation)[g])
    return mine, share * score, own, shared


def _score_of_normal(
    evaluation: AtEstimate, candidates: Candidates, Q: FloatArray, g: int, mine: IntArray
) -> FloatArray:
    """Scores of candidates, those of the moments of exogenous variables included."""
    C = evaluation.moments.columns[g]
    along = C.T @ (Q @ _residuals(evaluation)[g] @ Q) @ C
    score = candidates.weight[mine] * along[candidates.row[mine], candidates.right[mine]]
    gap, all_mean = evaluation.mean_gap, evaluation.moments.all_mean
    if gap is not None and all_mean is not None:
        slopes = _mean_slopes(candidates, mine, all_mean[g])
        score = score + _mean_factor(evaluation, g) * slopes * (C.T @ (Q @ gap[g]))[candidates.row[mine]]
    return np.asarray(score)


def _score_of_incomplete(evaluation: AtEstimate, candidates: Candidates, g: int, mine: IntArray) -> FloatArray:
    """Scores of candidates from the derivatives of the likelihood of incomplete rows by the moments."""
    by_covariance, by_mean = list_slopes(evaluation)
    C, all_mean = evaluation.moments.columns[g], evaluation.moments.all_mean
    along = -2.0 * C.T @ by_covariance[g] @ C
    score = candidates.weight[mine] * along[candidates.row[mine], candidates.right[mine]]
    if all_mean is not None:
        score = score - _mean_slopes(candidates, mine, all_mean[g]) * (C.T @ by_mean[g])[candidates.row[mine]]
    return np.asarray(score)


def compute_candidate_delta(evaluation: AtEstimate, candidates: Candidates, mine: IntArray, group: int) -> FloatArray:
    """Derivatives of the moments by candidates, m × k; as in lavaan 0 for moments of fixed exogenous variables."""
    C = evaluation.moments.columns[group]
    rows, cols = vech_indices(evaluation.model.n_observed)
    left, right = C[:, candidates.row[mine]], C[:, candidates.right[mine]] * candidates.weight[mine]
    second = np.asarray(left[rows] * right[cols] + right[rows] * left[cols])
    block = list(evaluation.exogenous) if evaluation.kind.is_normal_theory else []  # others weigh them as they do
    second[np.isin(rows, block) & np.isin(cols, block)] = 0.0
    if not evaluation.has_means or evaluation.moments.all_mean is None:
        return second
    if evaluation.kind.is_categorical:
        first = left * _mean_slopes(candidates, mine, evaluation.moments.all_mean[group])
        raw = np.concatenate([first, second])
        return compute_categorical_candidate_delta(evaluation, candidates, mine, group, raw)
    first = left * _mean_slopes(candidates, mine, evaluation.moments.all_mean[group])
    first[block] = 0.0
    return np.concatenate([first, second])


def _mean_slopes(candidates: Candidates, mine: IntArray, all_mean: FloatArray) -> FloatArray:
    kind = candidates.kind[mine]
    return np.asarray(np.where(kind == 0, all_mean[candidates.column[mine]], np.where(kind == 2, 1.0, 0.0)))


def standardize_changes(evaluation: AtEstimate, candidates: Candidates, epc: FloatArray) -> dict[str, FloatArray]:
    """Expected changes in the metrics of std.lv, std.all and std.nox, each k.

    As in lavaan, a variance stands for itself: its change is shown as the share of its estimate, with the sign of the
    EPC; and covariances of two fixed exogenous variables, which can be freed only where these have empty cells, are
    divided by the roots of the changes of their variances.
    """
    p = evaluation.model.n_observed
    g, i, j = candidates.group, candidates.row, candidates.column
    variances = np.diagonal(evaluation.moments.all_covariance, axis1=-2, axis2=-1)
    residuals = np.diagonal(compute_matrices(evaluation.model, evaluation.x).symmetric, axis1=-2, axis2=-1)
    is_variance = (candidates.kind == 1) & (i == j)
    is_fixed_exogenous = is_variance & np.isin(i, evaluation.exogenous)
    estimate = np.abs(residuals[g, i])
    change = np.where(is_variance & ~is_fixed_exogenous, np.sign(epc) * estimate, epc)
    change = np.where(is_variance & (np.abs(change) < 1.5e-8), 0.0, change)
    fixed_changes = residuals.copy()
    fixed_changes[g[is_fixed_exogenous], i[is_fixed_exogenous]] = epc[is_fixed_exogenous]
    result = {}
    for name in ("sepc.lv", "sepc.all", "sepc.nox"):
        scaled = np.arange(evaluation.model.n_variables) >= p
        if name != "sepc.lv":
            scaled = np.ones_like(scaled)
        if name == "sepc.nox":
            scaled[list(evaluation.exogenous)] = False
        deviations = np.where(scaled, np.sqrt(np.maximum(variances, 0.0)), 1.0)
        residual = np.where(scaled, np.sqrt(np.abs(fixed_changes)), 1.0)
        with np.errstate(divide="ignore", invalid="ignore"):
            factors = [
                deviations[g, j] / deviations[g, i],
                np.where(is_variance, 1.0 / deviations[g, i] ** 2, 1.0 / (residual[g, i] * residual[g, j])),
                1.0 / deviations[g, i],
                np.full(len(i), np.nan),  # weights of composites, which are no candidates
                1.0 / deviations[g, i],
                np.ones(len(i)),
            ]
            result[name] = change * np.choose(candidates.kind, factors)
    return result
