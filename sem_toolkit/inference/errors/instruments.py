"""Covariance matrix of estimates by instruments.

Coefficients have that of two-stage least squares, equation by equation, or that of the delta method from the sample
moments (Bollen, Fisher, Giordano, Lilly, Luo & Ye 2022, Structural Equation Modeling 29, 493-512); variances and
covariances that of the delta method through both stages, as lavaan 0.7 has them: between the two it leaves 0.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.caching import cached_property
from sem_toolkit.discrepancy import compute_delta, once
from sem_toolkit.discrepancy.moment_covariance import compute_gamma
from sem_toolkit.estimation.exogenous import is_positive_definite
from sem_toolkit.estimation.instruments.search import Instrumental
from sem_toolkit.estimation.instruments.second_stage import build_weight
from sem_toolkit.inference.at_estimate import AtEstimate
from sem_toolkit.inference.options import InferenceOptions
from sem_toolkit.inference.weights.normal_gamma import multiply_normal_gamma
from sem_toolkit.model.categorical_layout import CategoricalLayout
from sem_toolkit.model.cells import DIRECTED, INTERCEPT, SYMMETRIC, THRESHOLD
from sem_toolkit.model.jacobian import vech_indices
from sem_toolkit.sample.moments import FloatArray


@once
def compute_instrument_covariance(
    evaluation: AtEstimate, stages: Instrumental, options: InferenceOptions
) -> FloatArray:
    """Covariance matrix of x (q × q): "standard" as in lavaan, or "robust.sem", the delta method free of distribution.

    The latter takes all estimates together, so that coefficients and variances covary.
    """
    slopes = build_sensitivity(evaluation, stages)
    kept = np.ix_(stages.kept, stages.kept)
    if options.se == "robust.sem":
        return slopes.spread_robustly()[kept]
    covariance = np.zeros((slopes.evaluation.model.n_parameters,) * 2)
    kind = slopes.evaluation.model.locations.kind
    first = (kind == DIRECTED) | (kind == INTERCEPT)
    by_moments = slopes.spread(slopes.whole)
    for own in (first, kind == SYMMETRIC, kind == THRESHOLD):
        places = np.ix_(own, own)
        covariance[places] = by_moments[places]
    by_equations = stages.options.iv_vcov_stage1 != "gamma" and evaluation.data.has_equations
    if by_equations and stages.first.spaces[DIRECTED].is_simple:
        both = np.ix_(first, first)
        covariance[both] = compute_equation_covariance(stages)[both]
    return covariance[kept]


def compute_equation_covariance(stages: Instrumental) -> FloatArray:
    """Inverse (q × q) of the information of two-stage least squares, added up over equations: 0 for other parameters.

    An equation says n/σ̂² [1 x̄ᵀ; x̄ A + x̄x̄ᵀ] of its intercept and coefficients.
    """
    first, model = stages.first, stages.first.model
    information = np.zeros((model.n_parameters,) * 2)
    for own in first.normal:
        equation, n = own.equation, float(first.sizes[own.equation.group])
        variance = first.residual_variance(own)
        if stages.options.iv_vcov_stage1 == "lm.vcov.dfres":
            variance *= n / (n - len(equation.free) - 1.0)
        free = equation.free
        part, places = own.free_gram, equation.parameters[free]
        if equation.intercept >= 0 and first.mean is not None:
            middle = first.mean[equation.group][equation.regressors[free]]
            part = np.block([[np.ones((1, 1)), middle[None]], [middle[:, None], part + np.outer(middle, middle)]])
            places = np.concatenate([[equation.intercept], places])
        information[places[:, None], places] += n / variance * part
    result, kind = np.zeros_like(information), model.locations.kind
    kept = np.flatnonzero((kind == DIRECTED) | (kind == INTERCEPT))
    both = np.ix_(kept, kept)
    if model.constraints.linear.is_trivial:
        result[both] = np.linalg.inv(information[both])
        return result
    basis = model.constraints.linear.basis[kept]
    basis = basis[:, np.any(basis != 0.0, axis=0)]
    inner = basis.T @ information[both] @ basis
    result[both] = basis @ np.linalg.solve(inner, basis.T)
    return result


def build_sensitivity(evaluation: AtEstimate, stages: Instrumental) -> "Sensitivity":
    """How estimates follow the moments of the model's variables and of instruments from outside it."""
    whole = stages.whole
    if whole.model is not evaluation.model:
        evaluation = AtEstimate(whole.model, whole.sample, whole.x, whole.kind, stages=stages)
    return Sensitivity(evaluation, stages)


@dataclass(frozen=True, eq=False)
class Sensitivity:
    """How the estimates follow the sample moments of each group; `evaluation` has all instruments among them."""

    evaluation: AtEstimate
    stages: Instrumental

    @cached_property
    def places(self) -> tuple[NDArray[np.intp], NDArray[np.intp], int]:
        """Rows and columns of the covariances among the m moments of a group, and how many moments come before them."""
        layout = self.evaluation.model.layout
        if isinstance(layout, CategoricalLayout):
            rows, columns = layout.pairs
            numeric = layout.numeric
            rows, columns = np.concatenate([numeric, rows]), np.concatenate([numeric, columns])
            return rows, columns, layout.parts[2].start
        p = self.evaluation.model.n_observed
        return (*vech_indices(p), p if self.evaluation.has_means else 0)

    @cached_property
    def first(self) -> tuple[FloatArray, ...]:
        """Derivatives of coefficients, intercepts and thresholds by the moments of each group, G times q × m; 0 for
        other parameters.
        """
        model, stage = self.evaluation.model, self.stages.first
        m, found = self.evaluation.moments_per_group, []
        directed = stage.spaces[DIRECTED]
        for g in range(model.n_groups):
            result = np.zeros((model.n_parameters, m))

            if len(directed.places):
                right = np.zeros((len(directed.places), m))
                np.add.at(right, *self._differentiate(g))
                result[directed.places] = directed.project(stage.square, right)
            if model.responses is not None:
                self._add_thresholds(result, g)
            elif stage.mean is not None:
                self._add_intercepts(result, g)
            found.append(result)
        return tuple(found)

    def _differentiate(self, g: int) -> tuple[NDArray[np.intp], FloatArray]:
        """Derivatives of S_xz S_zz⁻¹ (s_zy − S_zx b), or s_xy − S_xx b, by the moments at b in x, of all equations of a
        group: places among the coefficients, and a row of m for each.

        With r the y and −b of the residual, u = S_zz⁻¹S_z·r and f a row of the forecast they are f(r − u)ᵀ + e_x uᵀ.
        """
        p, parts = self.evaluation.model.n_observed, []
        for own, to in zip(self.stages.first.normal, self.stages.first.spots, strict=True):
            equation, free = own.equation, own.equation.free
            if equation.group != g or not len(free):
                continue
            b, x = own.take(self.evaluation.x), equation.regressors
            left, rest, unit = np.zeros((len(free), p)), np.zeros(p), np.zeros((len(free), p))
            rest[equation.outcome] = 1.0
            np.subtract.at(rest, x, b)
            unit[np.arange(len(free)), x[free]] = 1.0
            known = rest
            if own.forecast is not None and own.reduced is not None:
                known = np.zeros(p)
                known[equation.instruments] = own.reduced - own.forecast @ b
                left[:, equation.instruments] = own.forecast.T[free]
            parts.append(
                (to, left, np.broadcast_to(rest - known, left.shape), unit, np.broadcast_to(known, left.shape))
            )
        if not parts:
            return np.zeros(0, dtype=np.intp), np.zeros((0, self.evaluation.moments_per_group))
        to, left, right, unit, known = (np.concatenate(part) for part in zip(*parts, strict=True))
        rows, columns, first = self.places
        folded = left[:, columns] * right[:, rows] + unit[:, columns] * known[:, rows]
        folded *= np.where(rows == columns, 0.0, 1.0)
        folded += left[:, rows] * right[:, columns] + unit[:, rows] * known[:, columns]
        return to, np.concatenate([np.zeros((len(to), first)), folded], axis=1)

    def _add_intercepts(self, result: FloatArray, g: int) -> None:
        stage, p = self.stages.first, self.evaluation.model.n_observed
        own, q = stage.spaces[INTERCEPT], self.evaluation.model.n_parameters
        weight, target = np.zeros(q), np.zeros((q, result.shape[1]))
        for part in stage.normal:
            equation, mean = part.equation, stage.mean
            if equation.intercept < 0 or mean is None:
                continue
            size = stage.sizes[equation.group]
            weight[equation.intercept] += size
            free = equation.free
            middle = mean[equation.group][equation.regressors]
            row = -middle[free] @ result[equation.parameters[free]]
            if equation.group == g:
                row[equation.outcome] += 1.0
                np.subtract.at(row[:p], equation.regressors, part.take(self.evaluation.x))
            target[equation.intercept] += size * row
        if len(own.places) and weight[own.places].all():
            result[own.places] = own.project(np.diag(weight[own.places]), target[own.places])

    def _add_thresholds(self, result: FloatArray, g: int) -> None:
        own = np.flatnonzero(self.evaluation.model.locations.kind == THRESHOLD)
        shares, delta = self.evaluation.rows, compute_delta(self.evaluation)
        which = (delta[:, :, own] != 0.0).any(axis=1)
        weights = shares[:, None] * which
        result[own] = (delta[g][:, own] * (weights[g] / weights.sum(axis=0))).T

    @cached_property
    def whole(self) -> tuple[FloatArray, ...]:
        """Derivatives of all parameters by the moments of each group, G times q × m: H(I − Δ₁K) for the second stage.

        Reweighting is left out of it, as in lavaan: at the estimate it changes nothing that the moments do not.
        """
        evaluation, space = self.evaluation, self.stages.first.spaces[SYMMETRIC]
        if not len(space.places):
            return self.first
        at, reweighted = self.stages.weighted_at, self.stages.options.iv_varcov_method in ("2RLS", "RLS")
        if reweighted and at is not None and is_positive_definite(evaluation.implied_cov):
            at = evaluation.implied_cov
        weight, delta = build_weight(evaluation, at), compute_delta(evaluation)
        weighted = [weight.times(g, delta[g][:, space.places]) for g in range(len(delta))]
        parts = zip(evaluation.rows, delta, weighted, strict=True)
        square = np.asarray(sum(size * own[:, space.places].T @ columns for size, own, columns in parts))
        found = []
        for g, first in enumerate(self.first):
            result = first.copy()
            right = evaluation.rows[g] * weighted[g].T
            for h, columns in enumerate(weighted):
                right = right - evaluation.rows[h] * columns.T @ delta[h] @ first
            result[space.places] = space.project(square, right)
            found.append(result)
        return tuple(found)

    def spread(self, slopes: tuple[FloatArray, ...]) -> FloatArray:
        """Σ_g JΓJᵀ/n with Γ by normal theory at the implied moments, or that of statistics of ordered variables."""
        own = self.evaluation.data.gammas(self.evaluation)
        total = np.zeros((self.evaluation.model.n_parameters,) * 2)
        for g, (J, size) in enumerate(zip(slopes, self.evaluation.rows, strict=True)):
            if own is not None:
                total += J @ own[g] @ J.T / size
            else:
                total += J @ multiply_normal_gamma(self._choose_covariance(g), J.T, self.evaluation.has_means) / size
        return total

    def _choose_covariance(self, g: int) -> FloatArray:
        """Σ̂, or, where instruments come from outside the model, which implies nothing for them, S."""
        implied, is_whole = self.evaluation.implied_cov[g], len(self.stages.kept) == len(self.evaluation.x)
        return np.asarray(implied if is_whole and is_positive_definite(implied) else self.evaluation.sample_cov[g])

    def spread_robustly(self) -> FloatArray:
        """The same with Γ free of distribution."""
        evaluation, own = self.evaluation, self.evaluation.data.gammas(self.evaluation)
        parts = enumerate(zip(self.whole, evaluation.rows, strict=True))
        gammas = [compute_gamma(evaluation, g) for g in range(len(evaluation.rows))] if own is None else own
        return np.asarray(sum(J @ gammas[g] @ J.T / size for g, (J, size) in parts))
