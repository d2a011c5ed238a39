"""The moments of a group as one vector: which statistics a model explains, in which order, and how they depend on x.

Continuous variables: [mean; vech(covariance)], the mean where the model has means. Ordered variables among them: in
lavaan's order the thresholds of ordered variables and the means (given covariates: intercepts) of numeric ones,
variable by variable; given covariates the slopes, covariate by covariate; the variances of numeric variables; the
covariances below the diagonal, column by column.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.model.jacobian import compute_jacobian, vech_indices
from sem_toolkit.model.level_layout import LevelLayout
from sem_toolkit.model.moments import ImpliedMoments

if TYPE_CHECKING:
    from sem_toolkit.model.categorical_layout import CategoricalLayout
    from sem_toolkit.model.ram import Model

FloatArray = NDArray[np.float64]


class MomentLayout(Protocol):
    """Where each statistic of a group stands in the vector of its m statistics."""

    @property
    def size(self) -> int:
        """m."""
        ...

    def count(self, group: int) -> int:
        """How many of them there are in a group (from 0), where it has not all of them."""
        ...

    def stack(self, moments: ImpliedMoments) -> FloatArray:
        """What a model implies for the statistics, G × m."""
        ...

    def jacobian(self, model: "Model", x: FloatArray, moments: ImpliedMoments | None = None) -> FloatArray:
        """Its derivative by x, G × m × q."""
        ...


@dataclass(frozen=True, eq=False)
class ContinuousLayout:
    """[mean; vech(covariance)] of p variables; the mean where `means`."""

    p: int
    means: bool

    @property
    def size(self) -> int:
        return self.p * (self.p + 1) // 2 + (self.p if self.means else 0)

    def count(self, group: int) -> int:
        """The same in every group."""
        return self.size

    def stack(self, moments: ImpliedMoments) -> FloatArray:
        """What a model implies for the statistics, G × m."""
        rows, columns = vech_indices(self.p)
        second = moments.covariance[:, rows, columns]
        return second if not self.means or moments.mean is None else np.concatenate([moments.mean, second], axis=1)

    def jacobian(self, model: "Model", x: FloatArray, moments: ImpliedMoments | None = None) -> FloatArray:
        """Its derivative by x, G × m × q."""
        return compute_jacobian(model, x, moments)


def build_layout(model: "Model") -> "ContinuousLayout | CategoricalLayout | LevelLayout":
    """The layout of a model's statistics."""
    responses = model.responses
    if model.presence is not None:
        return LevelLayout(model.presence, model.has_means)
    if responses is None:
        return ContinuousLayout(model.n_observed, model.has_means)
    from sem_toolkit.model.categorical_layout import CategoricalLayout

    covariates = np.array(model.exogenous if responses.is_conditional else (), dtype=np.intp)
    variables = np.setdiff1d(np.arange(model.n_observed), covariates)
    is_ordered = np.isin(variables, responses.items)
    return CategoricalLayout(variables, covariates, is_ordered, np.searchsorted(variables, responses.owner))
