"""The test of a whole model whose measurement part was estimated first, scaled for both steps.

tr(UΓ̃) with U = V − VΔ₂(Δ₂ᵀVΔ₂)⁻¹Δ₂ᵀV of the second step and Γ̃ = DΓDᵀ, where D = I − Δ₁P takes off what the first step
explains. Source: Yuan & Chan (2002), Statistica Sinica 12, 637-657.
"""

from dataclasses import replace

import numpy as np

from sem_toolkit.discrepancy import compute_delta
from sem_toolkit.estimation.steps.search import Steps
from sem_toolkit.inference.at_estimate import AtEstimate
from sem_toolkit.inference.errors.step_slopes import list_first_slopes, list_joint_gammas
from sem_toolkit.inference.weights.estimator import build_estimator_weight
from sem_toolkit.sample import Sample


def compute_step_trace(evaluation: AtEstimate, steps: Steps) -> float:
    """tr(UΓ̃), all groups together."""
    weight, delta, shares = build_estimator_weight(evaluation), compute_delta(evaluation), evaluation.shares
    slopes, gammas = list_first_slopes(steps, evaluation, "expected"), list_joint_gammas(evaluation)
    second, groups = steps.second, range(len(delta))
    weighted = [weight.times(g, delta[g][:, second]) for g in groups]
    inner = np.asarray(sum(shares[g] * delta[g][:, second].T @ weighted[g] for g in groups))
    m, total = delta.shape[1], 0.0
    for g, gamma in enumerate(gammas):
        # what a change of this group's moments leaves in the residuals of every group
        left = [(np.eye(m) if h == g else 0.0) - delta[h] @ slopes[g] for h in groups]
        spread = gamma / shares[g]
        along = np.asarray(sum(shares[h] * weighted[h].T @ left[h] for h in groups))
        total += sum(float(np.sum(shares[h] * weight.times(h, left[h]) * (left[h] @ spread))) for h in groups)
        total -= float(np.trace(np.linalg.solve(inner, along @ spread @ along.T)))
    return total


def attach_unbiased_covariances(evaluation: AtEstimate) -> Sample:
    """The sample with the unbiased Γ of its moments, which robust tests of the baseline model take."""
    pairs = zip(evaluation.sample.groups, list_joint_gammas(evaluation), strict=True)
    return replace(evaluation.sample, groups=tuple(replace(group, moment_gamma=gamma) for group, gamma in pairs))
