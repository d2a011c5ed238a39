"""Covariance matrix of the residual moments of two levels, which are estimated together.

With κ = [μ; vech Σ_W; vech Σ_B] of a group of rows, Γ/n the covariance matrix of its saturated estimate and W its
information, the residuals have the covariance matrix QΓQᵀ/n, Q = I − ΔA⁻¹ΔᵀW and A = Σ_g share_g ΔᵀWΔ within the
constraints; of several groups each also varies with what the others make of the parameters.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.caching import cached_property
from sem_toolkit.diagnostics import Diagnostic, ModelError
from sem_toolkit.inference.at_estimate import AtEstimate
from sem_toolkit.inference.errors.covariance import compute_parameter_covariance_matrix, invert_any
from sem_toolkit.inference.options import InferenceOptions
from sem_toolkit.inference.residuals.groups import (
    GroupResiduals,
    ResidualMoments,
    ResidualType,
    compute_residual_se,
    describe_group,
)
from sem_toolkit.inference.residuals.metrics import MetricJacobian
from sem_toolkit.inference.residuals.summaries import ResidualSummary, SummaryType
from sem_toolkit.inference.weights.levels import (
    choose_information,
    compute_level_delta,
    get_evaluation,
    list_level_covariances,
)
from sem_toolkit.model.jacobian import vech_indices
from sem_toolkit.sample.moments import FloatArray

IntArray = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class LevelCovariance:
    """What standard errors of the residuals of each level are made of (see `ResidualCovariance`)."""

    evaluation: AtEstimate
    options: InferenceOptions

    def list_variables(self, g: int) -> list[int]:
        """Places of the variables that occur at a level."""
        presence = self.evaluation.model.presence
        assert presence is not None  # noqa: S101 (the groups are levels)
        return np.flatnonzero(presence[g]).tolist()

    def mean_gap(self, g: int) -> FloatArray:
        """What the saturated means exceed the implied ones by, where they are seen; 0 elsewhere."""
        evaluation, own = self.evaluation, self.list_variables(g)
        first, inner = g - g % 2, evaluation.sample.groups[g - g % 2].levels
        mean = evaluation.moments.mean
        assert inner is not None  # noqa: S101
        assert mean is not None  # noqa: S101
        gap = inner.moments.mean - mean[first] - mean[first + 1]
        return np.asarray(np.where(self._sees_mean(g), gap, 0.0)[own])

    def variances(self, g: int, metric: str) -> FloatArray:
        """Variances of the residuals (m) in a metric."""
        return self._transform(self._residual_covariances[g // 2], g, metric)

    def sample_variances(self, g: int, metric: str) -> FloatArray:
        """Variances of the saturated moments (m) in a metric."""
        return self._transform(self._gammas[g // 2] / self._sizes[g // 2], g, metric)

    def simple_variances(self, g: int, metric: str) -> FloatArray:
        """The same less those of the implied ones (m), which may be negative."""
        covariance = compute_parameter_covariance_matrix(self.evaluation, self.options)
        delta = self._delta[g // 2]
        return self.sample_variances(g, metric) - self._transform(delta @ covariance @ delta.T, g, metric)

    @cached_property
    def _sizes(self) -> FloatArray:
        return self.evaluation.rows[0::2]

    @cached_property
    def _delta(self) -> FloatArray:
        return compute_level_delta(self.evaluation)

    @cached_property
    def _gammas(self) -> tuple[FloatArray, ...]:
        robust = self.options.se == "robust.huber.white"
        return list_level_covariances(self.evaluation, self.options.information, robust)

    @cached_property
    def _residual_covariances(self) -> list[FloatArray]:
        """QΓQᵀ/n of every group of rows (m × m)."""
        found = get_evaluation(self.evaluation)
        weights = [choose_information(own, self.options.information) for own in found.likelihoods]
        parts = list(zip(found.shares, self._delta, weights, self._gammas, strict=True))
        spreads = [share * delta.T @ W for share, delta, W, _ in parts]
        bread = np.asarray(sum(spread @ delta for spread, (_, delta, _, _) in zip(spreads, parts, strict=True)))
        inverse = invert_any(bread, self.evaluation.free_basis)
        meat = [
            spread @ gamma @ spread.T / n for spread, (*_, gamma), n in zip(spreads, parts, self._sizes, strict=True)
        ]
        whole = np.asarray(sum(meat))
        result = []
        for spread, (_, delta, _, gamma), n in zip(spreads, parts, self._sizes, strict=True):
            along = delta @ inverse
            cross = along @ (spread @ gamma) / n
            result.append(gamma / n - cross - cross.T + along @ whole @ along.T)
        return result

    def _sees_mean(self, g: int) -> NDArray[np.bool_]:
        presence = self.evaluation.model.presence
        assert presence is not None  # noqa: S101
        return np.asarray(presence[g] if g % 2 else presence[g] & ~presence[g + 1])

    def _transform(self, covariance: FloatArray, g: int, metric: str) -> FloatArray:
        """Variances, in a metric, of the moments of a level (m) from the covariance matrix of κ."""
        p, own = self.evaluation.model.n_observed, self.list_variables(g)
        rows, cols = vech_indices(p)
        first = p + (len(rows) if g % 2 else 0)
        inside = np.flatnonzero(np.isin(rows, own) & np.isin(cols, own))
        places = np.concatenate([own, first + inside])
        block = covariance[np.ix_(places, places)]
        seen = np.concatenate([self._sees_mean(g)[own], np.ones(len(inside), dtype=np.bool_)])
        block = np.where(seen[:, None] & seen, block, 0.0)
        sample = self.evaluation.sample_cov[g][np.ix_(own, own)]
        with np.errstate(invalid="ignore", divide="ignore"):
            jacobian = MetricJacobian(sample, metric, means=True)
            return np.asarray(np.diag(jacobian.times(jacobian.times(block).T)))


class LevelResiduals:
    """Of the variables that occur at each level (see `ResidualKind`)."""

    def describe(
        self, evaluation: AtEstimate, options: InferenceOptions, kind: ResidualType
    ) -> tuple[GroupResiduals, ...]:
        pieces = LevelCovariance(evaluation, options)
        return tuple(_describe(pieces, g, kind) for g in range(evaluation.model.n_groups))

    def summarise(
        self, evaluation: AtEstimate, options: InferenceOptions, kind: SummaryType, close: float, level: float
    ) -> tuple[dict[str, ResidualSummary], ...]:
        message = "summaries of residuals with tests are not there with two levels"
        raise ModelError(Diagnostic("error", "not-with-levels", message, hint="see srmr_within and srmr_between"))


def _describe(pieces: LevelCovariance, g: int, kind: ResidualType) -> GroupResiduals:
    evaluation, own = pieces.evaluation, pieces.list_variables(g)
    chosen = np.ix_(own, own)
    part = ResidualMoments(evaluation.sample_cov[g][chosen], evaluation.implied_cov[g][chosen], pieces.mean_gap(g))
    label, names = evaluation.sample.groups[g].label, tuple(evaluation.model.observed[i] for i in own)
    return describe_group(label, names, *part.compute(kind), compute_residual_se(pieces, g, kind), kind)
