"""Scores and information of parameters that a model of numeric variables could have and has not.

All but those of dense weights are gathers: a cell changes Σ by w(C·l C·rᵀ + C·r C·lᵀ), so traces of products are
products of elements.
"""

from collections.abc import Iterator

import numpy as np

from sem_toolkit.discrepancy import NormalWeight, Weight
from sem_toolkit.discrepancy.weights import compute_delta, compute_residual_moments
from sem_toolkit.inference.at_estimate import AtEstimate
from sem_toolkit.inference.errors.covariance import invert_information
from sem_toolkit.inference.hypotheses.candidates import Candidates, IntArray, JointScore, Piece
from sem_toolkit.inference.weights.incomplete import list_slopes
from sem_toolkit.inference.weights.score import build_score_weight, compute_score_information
from sem_toolkit.model.jacobian import vech_indices
from sem_toolkit.model.kernels import mean_slopes
from sem_toolkit.sample.moments import FloatArray

_BLOCK = 512
"""Candidates at a time."""


class NumericCandidates:
    """Of complete rows, and of two stages (see `CandidateKind`)."""

    def list_pieces(self, evaluation: AtEstimate, candidates: Candidates) -> tuple[FloatArray, Iterator[Piece]]:
        return compute_score_information(evaluation), self.divide(evaluation, candidates)

    def divide(self, evaluation: AtEstimate, candidates: Candidates) -> Iterator[Piece]:
        """Candidates in blocks that fit the cache."""
        weight = build_score_weight(evaluation)
        Q = weight.inverse if isinstance(weight, NormalWeight) and weight is evaluation.weight else None
        is_gathered = ~np.isin(candidates.row, evaluation.exogenous) & (Q is not None)
        for g in range(evaluation.model.n_groups):
            gathered = np.flatnonzero(is_gathered & (candidates.group == g))
            if Q is not None and gathered.size:
                yield from _gathered_pieces(evaluation, candidates, Q[g], g, gathered)
            rest = np.flatnonzero(~is_gathered & (candidates.group == g))
            if rest.size:
                yield self.weigh(evaluation, candidates, weight, g, rest)

    def weigh(self, evaluation: AtEstimate, candidates: Candidates, weight: Weight, g: int, mine: IntArray) -> Piece:
        """By the derivatives of the moments themselves: for weights that are no function of a covariance matrix, and
        for candidates that change the moments of fixed exogenous variables, which do not count in the information.
        """
        share, extra = float(evaluation.shares[g]), self.compute_candidate_delta(evaluation, candidates, mine, g)
        weighted = weight.times(g, extra)
        own = share * np.einsum("mk,mk->k", extra, weighted)
        shared = share * (weighted.T @ compute_delta(evaluation)[g])
        return mine, self.score(evaluation, candidates, weight, g, mine, weighted), own, shared

    def score(
        self,
        evaluation: AtEstimate,
        candidates: Candidates,
        weight: Weight,
        g: int,
        mine: IntArray,
        weighted: FloatArray,
    ) -> FloatArray:
        """Scores of candidates (k), those of the moments of exogenous variables included; weighted: m × k."""
        share = float(evaluation.shares[g])
        if not isinstance(weight, NormalWeight):
            gap = compute_residual_moments(evaluation)[g]
            return np.asarray(share * (evaluation.factors[g] * (weighted.T @ gap)))
        at_model = evaluation.kind.is_likelihood  # a weight of two stages is at the saturated model
        Q = evaluation.implied_inverse[g] if at_model else weight.inverse[g]
        return share * _score_by_gather(evaluation, candidates, Q, g, mine)

    def compute_candidate_delta(
        self, evaluation: AtEstimate, candidates: Candidates, mine: IntArray, group: int
    ) -> FloatArray:
        """Derivatives of the moments by candidates, m × k; as in lavaan 0 for moments of fixed exogenous variables."""
        C = evaluation.moments.columns[group]
        rows, cols = vech_indices(evaluation.model.n_observed)
        left, right = C[:, candidates.row[mine]], C[:, candidates.right[mine]] * candidates.weight[mine]
        second = np.asarray(left[rows] * right[cols] + right[rows] * left[cols])
        block = list(evaluation.exogenous) if evaluation.kind.is_normal_theory else []  # others weigh them as they do
        second[np.isin(rows, block) & np.isin(cols, block)] = 0.0
        if not evaluation.has_means or evaluation.moments.all_mean is None:
            return second
        first = left * _mean_slopes(candidates, mine, evaluation.moments.all_mean[group])
        first[block] = 0.0
        return np.concatenate([first, second])

    def score_jointly(self, evaluation: AtEstimate, candidates: Candidates) -> JointScore:
        weight, k = build_score_weight(evaluation), candidates.size
        score, own, shared = np.zeros(k), np.zeros((k, k)), np.zeros((k, evaluation.model.n_parameters))
        for mine, slope, _, part in self.divide(evaluation, candidates):
            score[mine], shared[mine] = slope, part
        for g, share in enumerate(evaluation.shares):
            mine = np.flatnonzero(candidates.group == g)
            extra = self.compute_candidate_delta(evaluation, candidates, mine, g)
            own[np.ix_(mine, mine)] = share * extra.T @ weight.times(g, extra)
        inverse = invert_information(compute_score_information(evaluation), evaluation.free_basis)
        return score, own, shared, inverse


class IncompleteCandidates(NumericCandidates):
    """The same of rows with empty cells, whose scores come from the derivatives of their likelihood by the moments."""

    def score(
        self,
        evaluation: AtEstimate,
        candidates: Candidates,
        weight: Weight,
        g: int,
        mine: IntArray,
        weighted: FloatArray,
    ) -> FloatArray:
        by_covariance, by_mean = list_slopes(evaluation)
        C, all_mean = evaluation.moments.columns[g], evaluation.moments.all_mean
        along = -2.0 * C.T @ by_covariance[g] @ C
        score = candidates.weight[mine] * along[candidates.row[mine], candidates.right[mine]]
        if all_mean is not None:
            score = score - _mean_slopes(candidates, mine, all_mean[g]) * (C.T @ by_mean[g])[candidates.row[mine]]
        return np.asarray(score)


def _residuals(evaluation: AtEstimate) -> FloatArray:
    """What the score weighs, G × p × p: S + (m − μ)(m − μ)ᵀ − Σ for ML; (n − 1)/n (S − Σ) for GLS, as in lavaan."""
    residual = (evaluation.sample_cov - evaluation.implied_cov) * evaluation.factors[:, None, None]
    gap = evaluation.mean_gap if evaluation.kind.is_likelihood else None
    return residual if gap is None else residual + gap[:, :, None] * gap[:, None, :]


def _gathered_pieces(
    evaluation: AtEstimate, candidates: Candidates, Q: FloatArray, g: int, wanted: IntArray
) -> Iterator[Piece]:
    """By elements of CᵀQC: a cell changes Σ by w(C·l C·rᵀ + C·r C·lᵀ), so traces of products are products of these."""
    model, moments, share = evaluation.model, evaluation.moments, float(evaluation.shares[g])
    cells, C = model.cells[g], moments.columns[g]
    inner = C.T @ Q @ C
    score = _score_by_gather(evaluation, candidates, Q, g, wanted)
    by_row, by_right = inner[:, cells.row], inner[:, cells.right]
    gap, all_mean = evaluation.mean_gap, moments.all_mean
    for start in range(0, len(wanted), _BLOCK):
        mine = wanted[start : start + _BLOCK]
        left, right, w = candidates.row[mine], candidates.right[mine], candidates.weight[mine]
        own = w**2 * (inner[left, right] ** 2 + inner[left, left] * inner[right, right])
        block = by_right[left] * by_row[right] + by_right[right] * by_row[left]
        block *= w[:, None] * cells.weight
        if gap is not None and all_mean is not None:
            slopes = _mean_slopes(candidates, mine, all_mean[g])
            own = own + slopes**2 * inner[left, left]
            block += by_row[left] * slopes[:, None] * mean_slopes(cells, all_mean[g])
        shared = block
        if cells.size != model.n_parameters:
            shared = np.zeros((len(mine), model.n_parameters))
            shared[:, cells.position] = block
        yield mine, share * score[start : start + _BLOCK], share * own, share * shared


def _score_by_gather(
    evaluation: AtEstimate, candidates: Candidates, Q: FloatArray, g: int, mine: IntArray
) -> FloatArray:
    """By elements of CᵀQRQC, R the residuals; Q: p × p."""
    C = evaluation.moments.columns[g]
    along = C.T @ (Q @ _residuals(evaluation)[g] @ Q) @ C
    score = candidates.weight[mine] * along[candidates.row[mine], candidates.right[mine]]
    gap, all_mean = evaluation.mean_gap, evaluation.moments.all_mean
    if gap is not None and all_mean is not None:
        slopes = _mean_slopes(candidates, mine, all_mean[g])
        score = score + evaluation.factors[g] * slopes * (C.T @ (Q @ gap[g]))[candidates.row[mine]]
    return np.asarray(score)


def _mean_slopes(candidates: Candidates, mine: IntArray, all_mean: FloatArray) -> FloatArray:
    kind = candidates.kind[mine]
    return np.asarray(np.where(kind == 0, all_mean[candidates.column[mine]], np.where(kind == 2, 1.0, 0.0)))
