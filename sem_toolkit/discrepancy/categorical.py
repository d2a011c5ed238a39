"""Least squares on the statistics of ordered variables: thresholds, polychoric correlations and what goes with them.

F = ½ Σ_g (n_g − 1)/n rᵀ W r with r the sample statistics less those of the model, where W is the inverse of their
asymptotic covariance matrix Γ (WLS; Muthén 1984, Psychometrika 49, 115-132), of its diagonal (DWLS; Muthén, du Toit &
Spisic 1997), or the identity (ULS).
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.caching import cached_property
from sem_toolkit.diagnostics import DataError, Diagnostic
from sem_toolkit.discrepancy.base import FloatArray, Quadratic, add_second_order, apply_weight, invert_symmetric
from sem_toolkit.discrepancy.kind import Kind
from sem_toolkit.discrepancy.memory import once
from sem_toolkit.discrepancy.pair import MomentPair
from sem_toolkit.discrepancy.stack import Evaluations, conclude
from sem_toolkit.discrepancy.targets import Targets
from sem_toolkit.discrepancy.weights import AsBuilt
from sem_toolkit.model import ImpliedMoments, Model
from sem_toolkit.model.categorical_changes import ParameterChanges, Pulled
from sem_toolkit.model.categorical_curvature import compute_curvature
from sem_toolkit.model.categorical_layout import CategoricalLayout
from sem_toolkit.model.categorical_stack import compute_stacked_statistics
from sem_toolkit.model.kernels import compute_products, gather_cell_gradient, pull_back
from sem_toolkit.model.namespace import swap

if TYPE_CHECKING:
    from sem_toolkit.sample.categorical import CategoricalStatistics


@dataclass(frozen=True, eq=False)
class CategoricalLeastSquares(Quadratic):
    """A quadratic form in the residual statistics.

    layout   of the statistics
    values   G × m: those of the sample
    weights  for each group m × m, or m where W is diagonal
    """

    layout: CategoricalLayout
    values: FloatArray
    weights: tuple[FloatArray, ...]

    def evaluate(self, moments: ImpliedMoments) -> "CategoricalEvaluation | None":  # type: ignore[override]
        """Value and what its derivatives are made of; None outside its domain."""
        residuals = self.values - self.layout.stack(moments)
        if not np.isfinite(residuals).all():
            return None
        weighted = np.stack([apply_weight(W, r) for W, r in zip(self.weights, residuals, strict=True)])
        by_group = 0.5 * self.factors * (residuals * weighted).sum(axis=1)
        pull = -weighted * (self.factors * self.targets.share)[:, None]
        return CategoricalEvaluation(self, moments, by_group, pull)

    def evaluate_many(
        self, model: Model, x: FloatArray, draws: NDArray[np.intp] | None = None, *, exact: bool = False
    ) -> Evaluations:
        """Values, gradients and Gauss-Newton matrices by x at every x (b × q), all of the one sample."""
        if draws is not None or exact:
            raise NotImplementedError("of one sample, and without exact second derivatives")
        with np.errstate(all="ignore"):
            found = compute_stacked_statistics(self.layout, model, x)
            residuals = self.values - found.values
            values, gradients = np.zeros(len(x)), np.zeros(x.shape)
            informations = np.zeros((*x.shape, x.shape[1]))
            for group, scale in enumerate(self.factors * self.targets.share):
                off, slopes, weight = residuals[:, group], found.jacobian[:, group], self.weights[group]
                along = off * weight if weight.ndim == 1 else off @ weight
                times = weight[:, None] * slopes if weight.ndim == 1 else weight @ slopes
                values += 0.5 * scale * (off * along).sum(axis=1)
                gradients -= scale * (along[:, None] @ slopes)[:, 0]
                informations += scale * (swap(slopes) @ times)
            usable = np.ones((len(x), 1), dtype=np.bool_)
            return conclude(found.moments, found.exists, usable, values, gradients, informations)


@dataclass(frozen=True, eq=False)
class CategoricalEvaluation:
    """The same at a point; pull: G × m, derivatives of F by the statistics that the model implies."""

    discrepancy: CategoricalLeastSquares
    moments: ImpliedMoments
    by_group: FloatArray
    pull: FloatArray
    memory: list[list[ParameterChanges]] = field(default_factory=list, init=False, repr=False)

    def changes(self, model: Model, x: FloatArray) -> list[ParameterChanges]:
        """How what the statistics are made of changes with x, the point that this belongs to: found once."""
        if not self.memory:
            self.memory.append(self.discrepancy.layout.list_changes(model, x, self.moments))
        return self.memory[0]

    @cached_property
    def value(self) -> float:
        return float(self.discrepancy.targets.share @ self.by_group)

    @cached_property
    def pulled(self) -> Pulled:
        """Derivatives of F by the moments."""
        return self.discrepancy.layout.pull(self.moments, self.pull)

    @property
    def by_mean(self) -> FloatArray:
        return self.pulled.by_mean

    @cached_property
    def products(self) -> FloatArray:
        return compute_products(self.moments, self.pulled.by_covariance)

    def gradient(self, model: Model, x: FloatArray) -> FloatArray:
        """dF/dx (q): what comes through the moments, and what comes through thresholds and scales."""
        through = pull_back(model, x, gather_cell_gradient(model, self.moments, self.products, self.by_mean))
        return through + self.discrepancy.layout.gather_direct(model, self.pulled)

    def information(self, model: Model, x: FloatArray) -> FloatArray:
        """The Gauss-Newton matrix by x (q × q)."""
        scale = self.discrepancy.factors * self.discrepancy.targets.share
        result = np.zeros((model.n_parameters, model.n_parameters))
        for group, change in enumerate(self.changes(model, x)):
            jacobian = self.discrepancy.layout.push_parameters(self.moments, group, change)
            result += scale[group] * jacobian.T @ apply_weight(self.discrepancy.weights[group], jacobian)
        return result

    def hessian(self, model: Model, x: FloatArray) -> FloatArray:
        """Exact second derivative by x (q × q)."""
        first = self.information(model, x)
        layout = self.discrepancy.layout
        first = first + compute_curvature(layout, self.moments, self.changes(model, x), self.pulled)
        return add_second_order(model, x, self, first)


class CategoricalVector:
    """Thresholds, intercepts, slopes, variances and correlations, in the order of the model's layout."""

    def count(self, pair: MomentPair) -> int:
        return pair.model.layout.size

    def observe(self, pair: MomentPair) -> FloatArray:
        return np.stack([own.values for own in pair.statistics])

    def compare(self, pair: MomentPair) -> FloatArray:
        return self.observe(pair) - pair.model.layout.stack(pair.moments)

    def differentiate(self, pair: MomentPair) -> FloatArray:
        return _differentiate(pair)

    def find_free(self, pair: MomentPair) -> NDArray[np.bool_]:
        """All: what is fixed is no statistic."""
        return np.ones(self.count(pair), dtype=np.bool_)


@once
def _differentiate(pair: MomentPair) -> FloatArray:
    return pair.model.layout.jacobian(pair.model, pair.x, pair.moments)


Weigh = Callable[["CategoricalStatistics"], FloatArray]


def _weigh_equally(statistics: "CategoricalStatistics") -> FloatArray:
    return np.ones(len(statistics.values))


def _weigh_by_variances(statistics: "CategoricalStatistics") -> FloatArray:
    variances = np.diagonal(statistics.weight_gamma)
    known = variances > 0.0  # a correlation without any information, at the end of a flat likelihood, says nothing
    return np.asarray(np.divide(1.0, variances, out=np.zeros_like(variances), where=known))


def _weigh_fully(statistics: "CategoricalStatistics") -> FloatArray:
    gamma = statistics.weight_gamma
    variances = np.diagonal(gamma)
    scale = 1.0 / np.sqrt(np.where(variances > 0.0, variances, 1.0))
    try:
        np.linalg.cholesky(gamma * scale[:, None] * scale)
    except np.linalg.LinAlgError:
        reason = "there are too few rows for so many thresholds and pairs"
        if not variances.all():
            reason = "the answers do not determine the correlation of a pair"
        message = f"the weight matrix of WLS cannot be inverted: {reason}"
        raise DataError(Diagnostic("error", "not-positive-definite", message, hint='use estimator "WLSMV"')) from None
    return invert_symmetric(gamma)


@dataclass(frozen=True)
class Build:
    """Least squares by a weight of the statistics of a group."""

    weigh: Weigh

    def __call__(self, targets: Targets, deviations: FloatArray | None = None) -> CategoricalLeastSquares:
        assert isinstance(targets.layout, CategoricalLayout)  # noqa: S101 (targets of ordered variables)
        values = np.stack([own.values for own in targets.statistics])
        weights = tuple(self.weigh(own) for own in targets.statistics)
        if deviations is not None:  # in other units: the same function of the same point
            units = targets.layout.measure(deviations)
            values = values / units
            weights = tuple(W * units**2 if W.ndim == 1 else W * np.outer(units, units) for W in weights)
        return CategoricalLeastSquares(targets, targets.layout, values, weights)


CATEGORICAL_ULS = Kind(
    "ULS",
    build=Build(_weigh_equally),
    weigh=AsBuilt(Build(_weigh_equally)),
    has_distribution=False,
    reference="standard",
    vector=CategoricalVector(),
)
CATEGORICAL_DWLS = replace(
    CATEGORICAL_ULS, name="DWLS", build=Build(_weigh_by_variances), weigh=AsBuilt(Build(_weigh_by_variances))
)
CATEGORICAL_WLS = replace(
    CATEGORICAL_ULS,
    name="WLS",
    build=Build(_weigh_fully),
    weigh=AsBuilt(Build(_weigh_fully)),
    has_distribution=True,
    is_distribution_free=True,
)
CATEGORICAL_INSTRUMENTS = replace(
    CATEGORICAL_ULS, name="IV", reference="browne.residual.adf", is_minimised=False, has_statistic=False
)
"""Of estimates that minimise nothing, as in `unminimised`."""
