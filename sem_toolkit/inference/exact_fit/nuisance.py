"""Covariances within composites: taken from the sample, and yet estimated, so that robust tests must count them."""

import numpy as np

from sem_toolkit.discrepancy import NormalWeight, invert_symmetric
from sem_toolkit.discrepancy.weights import compute_delta
from sem_toolkit.inference.at_estimate import AtEstimate
from sem_toolkit.inference.weights.casewise import CasewiseMoments
from sem_toolkit.model import build_model, compute_moments
from sem_toolkit.model.jacobian import vech_indices
from sem_toolkit.sample.moments import FloatArray


def compute_full_delta(evaluation: AtEstimate) -> tuple[FloatArray, FloatArray]:
    """Δ by x and by the covariances within composites (G × m × (q + k)), and the directions in which both can move."""
    delta, basis = compute_delta(evaluation), evaluation.free_basis
    extra = _composite_delta(evaluation)
    if not extra:
        return delta, basis
    k = len(extra)
    whole = np.zeros((basis.shape[0] + k, basis.shape[1] + k))
    whole[: basis.shape[0], : basis.shape[1]] = basis
    whole[basis.shape[0] :, basis.shape[1] :] = np.eye(k)
    return np.concatenate([delta, np.stack(extra, axis=-1)], axis=-1), whole


def compute_composite_trace(evaluation: AtEstimate) -> float:
    """tr(V(S)Γ) of the indicators of each composite by themselves, all composites: what these moments take of
    tr(UΓ).
    """
    composites = evaluation.model.composites
    if composites is None:
        return 0.0
    total = 0.0
    for member in composites.members:
        S = evaluation.sample.groups[member.group].covariance
        block = np.ix_(member.indicators, member.indicators)
        inverse = np.zeros((evaluation.model.n_groups, *S.shape))
        inverse[member.group][block] = invert_symmetric(S[block])
        part = CasewiseMoments(evaluation, NormalWeight(inverse), member.group)
        total += part.trace() - (len(member.indicators) if evaluation.has_means else 0)
    return total


def _composite_delta(evaluation: AtEstimate) -> list[FloatArray]:
    """Derivatives of the moments (G × m) by each covariance within a composite, by central differences."""
    model = evaluation.model
    if model.composites is None:
        return []
    places = {
        (row.group, frozenset((row.lhs, row.rhs))): position
        for position, row in enumerate(model.table.rows)
        if row.op == "~~" and not row.free
    }
    found = []
    for member in model.composites.members:
        names = [model.variables[i] for i in member.indicators]
        for i, j in zip(*vech_indices(len(names)), strict=True):
            position = places.get((member.group + 1, frozenset((names[i], names[j]))))
            if position is not None:
                found.append(_difference(evaluation, position))
    return found


def _difference(evaluation: AtEstimate, position: int) -> FloatArray:
    table = evaluation.model.table
    value = table.rows[position].ustart or 0.0
    step = 1e-5 * max(abs(value), 0.1)
    sides = []
    for sign in (1.0, -1.0):
        moved = build_model(table.with_values({position: value + sign * step}))
        covariance = compute_moments(moved, evaluation.x).covariance
        rows, cols = vech_indices(covariance.shape[-1])
        sides.append(covariance[:, rows, cols])
    second = (sides[0] - sides[1]) / (2.0 * step)
    means = np.zeros((len(second), evaluation.model.n_observed if evaluation.has_means else 0))
    return np.concatenate([means, second], axis=1)
