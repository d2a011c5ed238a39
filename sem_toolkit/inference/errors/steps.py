"""Standard errors of estimates in two steps, and what the moments of latent variables vary by.

With I the information of the whole model and V₁₁ the covariance matrix of the first step, that of the second is
I₂₂⁻¹/n + I₂₂⁻¹I₂₁V₁₁I₁₂I₂₂⁻¹. Sources: Gong & Samaniego (1981), Annals of Statistics 9, 861-869; Rosseel & Loh (2024),
Psychological Methods 29, 561-588; Yuan & Chan (2002), Statistica Sinica 12, 637-657 (robust).
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from sem_toolkit.caching import cached_property
from sem_toolkit.discrepancy import compute_delta, once
from sem_toolkit.estimation.steps.blocks import Block
from sem_toolkit.estimation.steps.products import compute_influences, compute_mean_influence
from sem_toolkit.estimation.steps.scales import has_held_scales
from sem_toolkit.estimation.steps.search import Steps
from sem_toolkit.inference.at_estimate import AtEstimate, evaluate_solution
from sem_toolkit.inference.errors.covariance import (
    compute_information_matrix,
    compute_parameter_covariance_matrix,
    invert_information,
)
from sem_toolkit.inference.errors.step_slopes import (
    compute_first_covariance,
    differentiate_moments,
    find_moments,
    list_block_slopes,
    list_first_slopes,
    list_joint_gammas,
)
from sem_toolkit.inference.options import InferenceOptions
from sem_toolkit.inference.weights.estimator import build_estimator_weight
from sem_toolkit.inference.weights.normal_gamma import multiply_normal_gamma
from sem_toolkit.model.categorical_layout import CategoricalLayout
from sem_toolkit.model.jacobian import vech_indices
from sem_toolkit.sample import Sample
from sem_toolkit.sample.moments import FloatArray

_STEP = 1e-6


@once
def compute_step_covariance(evaluation: AtEstimate, steps: Steps, options: InferenceOptions) -> FloatArray:
    """Covariance matrix of x (q × q): blocks of the first step, and the second given or heeding them; 0 between, as in
    lavaan.

    se  "twostep"; "twostep.robust", free of distribution; "local", by the moments of latent variables and what they
        vary by; "standard", as if the first step were known; "naive", as if the latent variables were observed
    """
    pieces = StepPieces(evaluation, steps, options)
    covariance = np.zeros((evaluation.model.n_parameters,) * 2)
    covariance[np.ix_(steps.first, steps.first)] = pieces.first
    covariance[np.ix_(steps.second, steps.second)] = pieces.compute_second()
    return covariance


@dataclass(frozen=True, eq=False)
class StepPieces:
    """What the standard errors of both steps are made of, for q₁ and q₂ parameters."""

    evaluation: AtEstimate
    steps: Steps
    options: InferenceOptions

    @cached_property
    def first(self) -> FloatArray:
        """V₁₁, q₁ × q₁: of the blocks, which do not covary here, or of statistics of ordered variables, which do."""
        if self.evaluation.model.responses is not None:
            return compute_first_covariance(self.steps, self.evaluation)[np.ix_(self.steps.first, self.steps.first)]
        whole = np.zeros((self.evaluation.model.n_parameters,) * 2)
        errors = "robust.cluster" if self.evaluation.sample.is_clustered else "standard"
        plain = InferenceOptions(errors, information=self.options.information)
        for block in self.steps.blocks:
            own = np.flatnonzero(np.isin(block.places, self.steps.first))
            found = compute_parameter_covariance_matrix(evaluate_solution(block.solution), plain)
            whole[np.ix_(block.places[own], block.places[own])] = found[np.ix_(own, own)]
        return whole[np.ix_(self.steps.first, self.steps.first)]

    @cached_property
    def information(self) -> FloatArray:
        """I, q × q: per observation."""
        return compute_information_matrix(self.evaluation, self.options.information)

    @cached_property
    def inverse(self) -> FloatArray:
        """I₂₂⁻¹ within the constraints."""
        second = self.steps.second
        basis = self.evaluation.model.constraints.linear.basis[second]
        basis = basis[:, np.any(basis != 0.0, axis=0)]
        return invert_information(self.information[np.ix_(second, second)], basis)

    def compute_second(self) -> FloatArray:
        """V₂₂, q₂ × q₂, by the kind of standard errors."""
        se, n = self.options.se, float(self.evaluation.rows.sum())
        if self.steps.products or (se == "twostep.robust" and self._is_given_covariates):
            se = "local"
        if se in ("naive", "local") and self.steps.structural is not None:
            return self._take_structural(se == "local")
        if se in ("standard", "naive"):
            return np.asarray(self.inverse / n)
        across = self.information[np.ix_(self.steps.second, self.steps.first)]
        found: FloatArray
        if se == "twostep" and has_held_scales(self.evaluation.model.table):
            found = self._compute_sandwich(across, robust=False)
        elif se == "twostep":
            found = self.inverse / n + self.inverse @ across @ self.first @ across.T @ self.inverse
        else:
            found = self._compute_sandwich(across, robust=True)
        kept = min(self.steps.options.alpha_correction / (n - 1.0), 1.0)
        return np.asarray(found if not kept else kept * self._take_structural() + (1.0 - kept) * found)

    @property
    def _is_given_covariates(self) -> bool:
        """Whether moments are given covariates: the structural part by itself then differs from the second step of the
        whole, as slopes on covariates are no moments of the latter's own.
        """
        layout = self.evaluation.model.layout
        return isinstance(layout, CategoricalLayout) and bool(len(layout.covariates))

    def _take_structural(self, varying: bool = False) -> FloatArray:
        """That of the structural part by itself: its variables observed, or of moments that vary as they do."""
        structural, places = self.steps.structural, self.steps.structural_places
        assert structural is not None  # noqa: S101 (asked for where there is one)
        assert places is not None  # noqa: S101
        if varying:
            structural = replace(structural, sample=attach_latent_covariances(self.evaluation, self.steps))
        se = "robust.sem" if varying else "standard"
        found = compute_parameter_covariance_matrix(evaluate_solution(structural), InferenceOptions(se))
        order = np.array([int(np.flatnonzero(places == place)[0]) for place in self.steps.second])
        return np.asarray(found[np.ix_(order, order)])

    def _compute_sandwich(self, across: FloatArray, *, robust: bool) -> FloatArray:
        """The sandwich with Γ of the sample moments, free of distribution or by normal theory: scores of the second
        step less what the first step explains, which also covary where outcomes have their scale from blocks.
        """
        evaluation, second = self.evaluation, self.steps.second
        weight, delta, n = build_estimator_weight(evaluation), compute_delta(evaluation), evaluation.rows.sum()
        slopes = list_first_slopes(self.steps, evaluation, "expected")
        total = np.zeros((len(second),) * 2)
        for g in range(len(delta)):
            score = evaluation.shares[g] * weight.times(g, delta[g][:, second]).T
            score = score - across @ slopes[g][self.steps.first]
            if robust:
                varying = list_joint_gammas(evaluation)[g] @ score.T
            else:
                varying = multiply_normal_gamma(evaluation.implied_cov[g], score.T, evaluation.has_means)
            total += score @ varying / evaluation.shares[g]
        return np.asarray(self.inverse @ total @ self.inverse / n)


@once
def attach_latent_covariances(evaluation: AtEstimate, steps: Steps) -> Sample:
    """The sample of the structural part with what the moments of latent variables vary by (`moment_gamma`), and with
    how those of groups covary that share parameters of the measurement part (`cross_gamma`).

    J = ∂s/∂θ₁ ∂θ₁/∂m + ∂s/∂m of the latent moments s of all groups by those of the indicators m, and JΓJᵀ over the
    groups.
    """
    structural = steps.structural
    assert structural is not None  # noqa: S101 (of the local method)
    means = structural.model.has_means
    chosen = np.array([steps.everything.index(name) for name in structural.model.observed])
    if steps.products:
        return _attach_product_covariances(evaluation, steps, structural.sample, chosen)
    kept, n = find_moments(chosen, len(steps.names), means), evaluation.total
    k, groups = len(kept), structural.sample.groups
    total = np.zeros((k * len(groups),) * 2)
    for h, gamma in enumerate(list_joint_gammas(evaluation)):
        slopes = np.concatenate([_differentiate_by(evaluation, steps, g, h, means)[kept] for g in range(len(groups))])
        total += slopes @ gamma @ slopes.T * (n / evaluation.rows[h])
    places = [slice(g * k, (g + 1) * k) for g in range(len(groups))]
    found = tuple(
        replace(group, moment_gamma=total[own, own] * (rows / n))
        for group, own, rows in zip(groups, places, evaluation.rows, strict=True)
    )
    shares_parameters = any(total[own, other].any() for own in places for other in places if own != other)
    return replace(structural.sample, groups=found, cross_gamma=total if shares_parameters else None)


def _differentiate_by(evaluation: AtEstimate, steps: Steps, g: int, h: int, means: bool) -> FloatArray:
    """Derivatives of [mean; vech(covariance)] of the structural part's variables in group g by the moments of h."""
    by_parameters = _differentiate_latent(evaluation, steps, g, means)
    slopes = np.zeros((by_parameters[0].shape[0], evaluation.moments_per_group))
    for (_, own), part in zip(list_block_slopes(evaluation, steps, "observed"), by_parameters, strict=True):
        slopes += part @ own[h]
    return slopes + _differentiate_directly(evaluation, steps, g, means) if h == g else slopes


def _attach_product_covariances(evaluation: AtEstimate, steps: Steps, sample: Sample, chosen: np.ndarray) -> Sample:
    """The same with products: what rows add given the measurement part, and what that part varies by."""
    first = StepPieces(evaluation, steps, InferenceOptions()).first
    kept = find_moments(chosen, len(steps.everything), True)
    found = []
    for g, (_, share) in enumerate(steps.extended):
        base, own = steps.plain[g].share, steps.score(steps.points, g)
        influences = compute_influences(own, steps.wanted, base, share)[:, kept]
        influences = influences - influences.mean(axis=0)
        n = len(influences)

        def stack(points: tuple[FloatArray, ...], g: int = g, base: float = base, share: float = share) -> FloatArray:
            return np.asarray(compute_mean_influence(steps.score(points, g), steps.wanted, base, share)[kept])

        slopes = np.zeros((len(kept), evaluation.model.n_parameters))
        for block, part in zip(steps.blocks, _differentiate(steps, g, stack), strict=True):
            inside = np.flatnonzero(block.places >= 0)
            slopes[:, block.places[inside]] = part[:, inside]
        slopes = slopes[:, steps.first]
        draws = evaluation.sample.groups[g].design.sum_draws(influences)
        gamma = draws.T @ draws / n + n * slopes @ first @ slopes.T
        found.append(replace(sample.groups[g], moment_gamma=gamma))
    return replace(sample, groups=tuple(found))


@once
def _differentiate_latent(evaluation: AtEstimate, steps: Steps, g: int, means: bool) -> list[FloatArray]:
    """Derivatives of [mean; vech(covariance)] of the structural part's variables by the parameters of each block."""
    group = evaluation.sample.groups[g]
    mean = group.mean if evaluation.has_means else None
    rows, columns = vech_indices(len(steps.names))

    def stack(points: tuple[FloatArray, ...]) -> FloatArray:
        moments = steps.compute_latent(points, g, group.covariance, mean)
        second = moments.covariance[rows, columns]
        return np.concatenate([moments.mean, second]) if means else second

    return _differentiate(steps, g, stack)


def _differentiate(steps: Steps, g: int, stack: Callable[[tuple[FloatArray, ...]], FloatArray]) -> list[FloatArray]:
    """Derivatives of a function of the measurement part by the parameters of each block that are of the group."""
    result, size = [], len(stack(steps.points))
    for b, point in enumerate(steps.points):
        part = np.zeros((size, len(point)))
        for i in range(len(point)):
            if not _touches_measurement(steps.blocks[b], i, g):
                continue
            step = _STEP * max(1.0, abs(float(point[i])))
            ahead, behind = point.copy(), point.copy()
            ahead[i] += step
            behind[i] -= step
            others = list(steps.points)
            others[b] = ahead
            high = stack(tuple(others))
            others[b] = behind
            part[:, i] = (high - stack(tuple(others))) / (2.0 * step)
        result.append(part)
    return result


def _touches_measurement(block: Block, i: int, g: int) -> bool:
    """Whether a parameter of a block is of the group, and not a moment of its latent variables.

    These matter where residual variances of responses of ordered variables follow from them.
    """
    own = block.solution.model
    return int(own.locations.group[i]) == g and (block.places[i] >= 0 or own.responses is not None)


def _differentiate_directly(evaluation: AtEstimate, steps: Steps, g: int, means: bool) -> FloatArray:
    """Derivatives of the same by the moments of the group, with the measurement part as it is."""
    M = steps.latent[g].mapping / steps.measure(steps.points, g).units
    if evaluation.model.responses is None:
        return _differentiate_by_moments(M, evaluation.has_means, means)
    return _differentiate_by_moments(M, True, means) @ differentiate_moments(evaluation, g)


def _differentiate_by_moments(M: FloatArray, has_means: bool, means: bool) -> FloatArray:
    """∂[Mȳ; vech(MSMᵀ)] by [ȳ; vech(S)], for M (k × p)."""
    k, p = M.shape
    rows, columns = vech_indices(k)
    first, second = vech_indices(p)
    inner = M[rows][:, first] * M[columns][:, second]
    inner += np.where(first == second, 0.0, 1.0) * M[rows][:, second] * M[columns][:, first]
    if not has_means:
        return inner
    whole = np.zeros((k + len(rows), p + len(first)))
    whole[:k, :p], whole[k:, p:] = M, inner
    return whole if means else whole[k:]
