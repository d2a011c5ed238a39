"""Scores and information of parameters that a model of two levels could have and has not.

They are taken from the model in which all of them are free, at the point where they have their fixed values. As in
lavaan the information is that which complete rows would be expected to have: with empty cells indices and expected
changes are somewhat smaller than by what the rows have lost.
"""

from dataclasses import replace

import numpy as np

from sem_toolkit.inference.at_estimate import AtEstimate
from sem_toolkit.inference.hypotheses.candidates import Candidates, IntArray, free_candidates
from sem_toolkit.inference.weights.levels import compute_level_delta, get_evaluation
from sem_toolkit.sample.levels.complete import compute_complete_likelihood
from sem_toolkit.sample.moments import FloatArray

Piece = tuple[IntArray, FloatArray, FloatArray, FloatArray]
"""Positions of candidates, their scores (k), own information (k) and information shared with the parameters (k × q)."""


def compute_level_piece(evaluation: AtEstimate, candidates: Candidates) -> tuple[FloatArray, Piece]:
    """Information of the parameters (q × q), and what is needed of all candidates."""
    information, score = compute_level_scores_of(evaluation, candidates)
    q = evaluation.model.n_parameters
    piece = np.arange(candidates.size), score, np.diagonal(information)[q:], information[q:, :q]
    return information[:q, :q], piece


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
