"""The sample as an estimator sees it: moments of all groups stacked, with the divisor it wants."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.caching import cached_property
from sem_toolkit.diagnostics import DataError, Diagnostic
from sem_toolkit.model import Model
from sem_toolkit.sample import Sample
from sem_toolkit.sample.design import Design

if TYPE_CHECKING:
    from sem_toolkit.model.layout import MomentLayout
    from sem_toolkit.sample.categorical import CategoricalStatistics
    from sem_toolkit.sample.levels import Clusters
    from sem_toolkit.sample.patterns import Patterns

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Targets:
    """What the model is fitted to, in the order of the model's observed variables.

    covariance  G × p × p, with divisor n, or n - 1 where the estimator is defined so; draws × G × p × p for many
                samples of the same sizes (`with_moments`)
    mean        G × p or draws × G × p, None where the model has no means
    n           G: observations of each group: its rows, or the sum of their weights
    share       G: n / Σn
    data        rows of each group (n × p), for weights that need them; None where only moments were given
    designs     how these rows count
    exogenous   positions of the variables that weights are conditional on (fixed.x)
    patterns    of the rows of each group with their empty cells, where the likelihood is that of these; else None
    saturated   the saturated model's likelihood, half −2 logl/n without its constant, of each group (G); likewise
    statistics  of ordered variables, each group's; empty where all variables are numeric
    layout      in which order these are
    clusters    the rows of each group where the groups of the moments are levels of these; `saturated` is theirs then
    """

    covariance: FloatArray
    mean: FloatArray | None
    n: FloatArray
    data: tuple[FloatArray | None, ...]
    designs: tuple[Design, ...]
    exogenous: tuple[int, ...] = ()
    patterns: "tuple[Patterns, ...] | None" = None
    saturated: FloatArray | None = None
    statistics: "tuple[CategoricalStatistics, ...]" = ()
    layout: "MomentLayout | None" = None
    clusters: "tuple[Clusters, ...]" = ()

    @property
    def has_draws(self) -> bool:
        """Whether the moments are those of several samples, along a leading axis."""
        return self.covariance.ndim > 3

    @cached_property
    def share(self) -> FloatArray:
        return np.asarray(self.n / self.n.sum(), dtype=np.float64)

    @cached_property
    def variances(self) -> FloatArray:
        """Variances of the variables, averaged over groups; of rows in clusters the sums of both levels (p)."""
        diagonal = np.diagonal(self.covariance, axis1=-2, axis2=-1)
        if self.clusters:
            return np.asarray(self.share[0::2] @ (diagonal[0::2] + diagonal[1::2]))
        return np.asarray(np.einsum("g,gi->i", self.share, diagonal))

    def with_moments(self, covariance: FloatArray, mean: FloatArray | None) -> "Targets":
        """The same with moments of other samples of these sizes, whose rows are not at hand."""
        return replace(self, covariance=covariance, mean=mean, data=tuple(None for _ in self.data))


def build_targets(model: Model, sample: Sample, *, unbiased: bool) -> Targets:
    """Stack the groups' moments, with divisor n - 1 where `unbiased`.

    Raises DataError where sample and model do not belong together.
    """
    _require_same_groups(model, sample)
    order = _order(model, sample)
    n = np.array([group.size for group in sample.groups])
    statistics = list_statistics(sample)
    factors = sample.unbiased_factors if unbiased else np.ones(len(n))
    covariance = np.stack([group.covariance[np.ix_(order, order)] for group in sample.groups]) * factors[:, None, None]
    mean = None
    if model.has_means:
        means = [group.mean for group in sample.groups]
        if any(value is None for value in means):
            message = "the model has intercepts, but the sample has no means"
            raise DataError(Diagnostic("error", "no-means", message, hint="give sample_mean, or raw data"))
        mean = np.stack([np.asarray(value)[order] for value in means])
    data = tuple(None if group.data is None else group.data[:, order] for group in sample.groups)
    designs = tuple(group.design for group in sample.groups)
    if sample.has_levels:
        return _build_level_targets(sample, order, covariance, mean, n)
    if statistics:
        layout = model.layout
        assert (order == np.arange(len(order))).all()  # noqa: S101 (statistics are those of the model's order)
        return Targets(covariance, mean, n, data, designs, model.exogenous, statistics=statistics, layout=layout)
    if not sample.is_incomplete:
        return Targets(covariance, mean, n, data, designs, model.exogenous)
    likelihoods = [group.saturated.likelihood for group in sample.groups if group.saturated is not None]
    patterns = tuple(likelihood.patterns.pick(order) for likelihood in likelihoods)
    values = np.array([likelihood.value for likelihood in likelihoods])
    return Targets(covariance, mean, n, data, designs, model.exogenous, patterns, values)


def _build_level_targets(
    sample: Sample, order: NDArray[np.intp], covariance: FloatArray, mean: FloatArray | None, n: FloatArray
) -> Targets:
    found = [group.levels for group in sample.groups[0::2] if group.levels is not None]
    clusters = tuple(own.likelihood.clusters.pick(order) for own in found)
    values = np.array([own.likelihood.value for own in found])
    nothing = (None,) * len(n)
    designs = tuple(group.design for group in sample.groups)
    return Targets(covariance, mean, n, nothing, designs, saturated=values, clusters=clusters)


def list_statistics(sample: Sample) -> "tuple[CategoricalStatistics, ...]":
    """Thresholds and correlations of each group; empty where all variables are numeric."""
    return tuple(group.categorical for group in sample.groups if group.categorical is not None)


def _require_same_groups(model: Model, sample: Sample) -> None:
    if len(sample.groups) != model.n_groups:
        message = f"the model has {model.n_groups} groups, the sample {len(sample.groups)}"
        raise DataError(Diagnostic("error", "group-mismatch", message))
    small = next((group for group in sample.groups if group.n < 2), None)
    if small is not None:
        where = f' in group "{small.label}"' if small.label else ""
        raise DataError(Diagnostic("error", "too-few-rows", f"there are {small.n} usable rows{where}"))


def _order(model: Model, sample: Sample) -> NDArray[np.intp]:
    place = {name: position for position, name in enumerate(sample.variables)}
    missing = [name for name in model.observed if name not in place]
    if missing:
        message = f"the sample has no variable {', '.join(missing)}"
        raise DataError(Diagnostic("error", "unknown-column", message))
    return np.array([place[name] for name in model.observed])
