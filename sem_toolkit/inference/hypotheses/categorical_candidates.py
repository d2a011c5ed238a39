"""How the statistics of ordered variables would change with parameters that a model has not."""

import numpy as np

from sem_toolkit.inference.at_estimate import AtEstimate
from sem_toolkit.inference.hypotheses.candidates import Candidates, IntArray
from sem_toolkit.inference.hypotheses.numeric_candidates import NumericCandidates
from sem_toolkit.model.categorical_layout import CategoricalLayout
from sem_toolkit.model.cells import SCALE, THRESHOLD
from sem_toolkit.model.jacobian import vech_indices
from sem_toolkit.sample.moments import FloatArray


class CategoricalCandidates(NumericCandidates):
    """Of ordered variables (see `CandidateKind`)."""

    def compute_candidate_delta(
        self, evaluation: AtEstimate, candidates: Candidates, mine: IntArray, group: int
    ) -> FloatArray:
        raw = super().compute_candidate_delta(evaluation, candidates, mine, group)
        return _pass_on(evaluation, candidates, mine, group, raw)


def _pass_on(evaluation: AtEstimate, candidates: Candidates, mine: IntArray, group: int, raw: FloatArray) -> FloatArray:
    """Derivatives of the statistics by candidates, m × k, from those of [mean; vech(covariance)].

    With the delta parameterization the residual variances of ordered variables give way, so that the variances of
    their responses stay.
    """
    model, moments, layout = evaluation.model, evaluation.moments, evaluation.model.layout
    responses = model.responses
    assert isinstance(layout, CategoricalLayout)  # noqa: S101
    assert responses is not None  # noqa: S101
    kind, row, column = candidates.kind[mine], candidates.row[mine], candidates.column[mine]
    thresholds = np.zeros((len(mine), len(responses.owner)))
    for k in np.flatnonzero(kind == THRESHOLD):
        thresholds[k, np.flatnonzero(responses.owner == row[k])[column[k]]] = 1.0
    scales = np.zeros((len(mine), len(responses.items)))
    at = np.flatnonzero(kind == SCALE)
    scales[at, np.searchsorted(responses.items, row[at])] = 1.0
    if responses.is_delta:
        raw = _hold_variances(evaluation, layout, group, raw, scales)
    change = layout.change(moments, group, raw, thresholds, scales)
    return layout.push(moments, group, change)


def _hold_variances(
    evaluation: AtEstimate, layout: CategoricalLayout, group: int, raw: FloatArray, scales: FloatArray
) -> FloatArray:
    """The changes with residual variances that keep each response at the variance 1/δ² of its scale."""
    moments, responses = evaluation.moments, evaluation.model.responses
    assert responses is not None  # noqa: S101
    assert moments.scales is not None  # noqa: S101
    items, p = responses.items, evaluation.model.n_observed
    own = np.flatnonzero(layout.is_ordered)
    change = layout.change(moments, group, raw, np.zeros((raw.shape[1], len(responses.owner))), scales)
    moved = change.covariance[:, own, own]
    wanted = -2.0 / moments.scales[group] ** 3 * scales
    B = moments.total_effects[group][:p]
    shift = np.linalg.solve(B[np.ix_(items, items)] ** 2, (wanted - moved).T)
    rows, columns = vech_indices(p)
    reach = B[:, items]
    held = raw.copy()
    held[p:] += (reach[rows] * reach[columns]) @ shift
    return held
