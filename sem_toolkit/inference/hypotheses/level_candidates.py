"""Scores and information of parameters that a model of two levels could have and has not.

They are taken from the model in which all of them are free, at the point where they have their fixed values. As in
lavaan the information is that which complete rows would be expected to have: with empty cells indices and expected
changes are somewhat smaller than by what the rows have lost.
"""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from sem_toolkit.inference.at_estimate import AtEstimate
from sem_toolkit.inference.errors.covariance import invert_information
from sem_toolkit.inference.hypotheses.candidates import Candidates, JointScore, Piece, free_candidates
from sem_toolkit.inference.weights.levels import compute_level_delta, get_evaluation
from sem_toolkit.sample.levels.complete import compute_complete_likelihood
from sem_toolkit.sample.moments import FloatArray


class LevelCandidates:
    """Of rows in clusters at two levels (see `CandidateKind`)."""

    def list_pieces(self, evaluation: AtEstimate, candidates: Candidates) -> tuple[FloatArray, Iterable[Piece]]:
        information, score = compute_level_scores_of(evaluation, candidates)
        q = evaluation.model.n_parameters
        piece = np.arange(candidates.size), score, np.diagonal(information)[q:], information[q:, :q]
        return information[:q, :q], [piece]

    def score_jointly(self, evaluation: AtEstimate, candidates: Candidates) -> JointScore:
        information, score = compute_level_scores_of(evaluation, candidates)
        q = evaluation.model.n_parameters
        inverse = invert_information(information[:q, :q], evaluation.free_basis)
        return score, information[q:, q:], information[q:, :q], inverse


def compute_level_scores_of(evaluation: AtEstimate, candidates: Candidates) -> tuple[FloatArray, FloatArray]:
    """Information of the parameters and then of the candidates (q + k, squared), and the scores of these (k)."""
    q = evaluation.model.n_parameters
    freed, values = free_candidates(evaluation.model, candidates)
    there = replace(evaluation, model=freed, x=np.concatenate([evaluation.x, values]), tangent=None)
    information = _compute_expected_information(there)
    return information, -there.evaluated.gradient(freed, there.x)[q:]


def _compute_expected_information(evaluation: AtEstimate) -> FloatArray:
    """Expected information of complete rows in the same clusters (q × q)."""
    result = np.zeros((evaluation.model.n_parameters,) * 2)
    found = get_evaluation(evaluation)
    for share, likelihood, delta in zip(found.shares, found.likelihoods, compute_level_delta(evaluation), strict=True):
        complete = compute_complete_likelihood(likelihood.clusters, likelihood.moments)
        assert complete is not None  # noqa: S101 (there is a likelihood of incomplete rows)
        result += share * (delta.T @ (complete.information() @ delta))
    return result
