"""The sample: what the data say, in the order of the model's observed variables."""

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.caching import cached_property
from sem_toolkit.diagnostics import Diagnostic
from sem_toolkit.sample.design import PLAIN, Design

if TYPE_CHECKING:
    from sem_toolkit.sample.categorical.statistics import CategoricalStatistics
    from sem_toolkit.sample.levels.saturated import SaturatedLevels
    from sem_toolkit.sample.saturated import SaturatedModel

FloatArray = NDArray[np.float64]

FULL_INFORMATION = ("ml", "ml.x")
"""Choices of `missing` under which estimation takes the rows with their empty cells."""
PAIRWISE = ("pairwise", "available.cases")
"""Choices under which each covariance is that of the rows that have both variables."""
TWO_STAGE = ("two.stage", "robust.two.stage")
"""Choices under which it takes the saturated model's moments."""
Form = Literal["complete", "pairwise", "incomplete", "two.stage", "ordered", "levels"]
"""Kinds of data: what a sample's moments are of."""
_FORMS: dict[str, Form] = {
    **dict.fromkeys(PAIRWISE, "pairwise"),
    **dict.fromkeys(FULL_INFORMATION, "incomplete"),
    **dict.fromkeys(TWO_STAGE, "two.stage"),
}


class Stream(Protocol):
    """Rows that are not kept, as often as they are asked for; memory: what a pass over them has found."""

    @property
    def memory(self) -> dict[Hashable, float]: ...

    def __iter__(self) -> Iterator[FloatArray]:
        """In batches (b × p)."""
        ...

    def iterate_columns(self) -> Iterator[FloatArray]:
        """In smaller batches, as columns (p × b)."""
        ...


@dataclass(frozen=True, eq=False)
class SampleGroup:
    """One group's moments, and its rows where raw data were given.

    label       value of the grouping column, "" where there is one group
    n           rows used (after listwise deletion), or the number of observations that was given
    covariance  p × p, divisor n (lavaan's likelihood = "normal"); of incomplete rows that of the saturated model
    mean        p, or None where only a covariance matrix was given
    data        n × p rows that were used, or None
    places      which rows of the data these are, from 0 (n), or None
    design      sampling weights and clusters of the rows
    stream      the rows in batches (b × p), as often as they are asked for, where they are too many to keep
    categorical with ordered variables their thresholds and correlations; `covariance` and `mean` are then of the
                responses behind them, with mean 0 and variance 1 (given covariates), and `data` has codes from 0
    levels      of a level of rows in clusters: the rows of both levels, with the saturated model that `mean` and
                `covariance` are of; these are 0 for variables that do not occur at the level
    is_between  whether it is the level between clusters, whose n are these
    moment_gamma  of moments that are estimates themselves: n times their covariance matrix, [mean; vech(covariance)]
    saturated   of incomplete rows: their patterns, and the saturated model that mean and covariance are of; auxiliary
                variables, which are no part of these, come last in it
    """

    label: str
    n: int
    covariance: FloatArray
    mean: FloatArray | None = None
    data: FloatArray | None = None
    places: NDArray[np.intp] | None = None
    saturated: "SaturatedModel | None" = None
    design: Design = PLAIN
    stream: Stream | None = None
    categorical: "CategoricalStatistics | None" = None
    levels: "SaturatedLevels | None" = None
    is_between: bool = False
    moment_gamma: FloatArray | None = None

    @property
    def size(self) -> float:
        """Number of observations that the rows count for: the sum of their weights where they have any.

        Clusters are no further observations: their rows count at the level within them.
        """
        return 0.0 if self.is_between else self.design.count(self.n)


@dataclass(frozen=True, eq=False)
class Sample:
    """Moments of every group for the same variables in the same order.

    variables  names of the p observed variables, in the order of the model
    groups     in order of appearance in the data, as in lavaan
    n_read     rows read, before deletion
    messages   what a reader of the result must know, such as the number of rows dropped
    source     file name or description, for captions
    missing    what was done with rows that have empty cells, by lavaan's name
    auxiliary  variables that only help with these: correlates of the others, and no part of the model
    cross_gamma  where moments of groups are estimates that share parameters: n times the covariance matrix of those of
               all groups, one group after the other, with each group's `moment_gamma` as a share of n on its diagonal
    """

    variables: tuple[str, ...]
    groups: tuple[SampleGroup, ...]
    n_read: int
    messages: tuple[Diagnostic, ...] = field(default=())
    source: str = ""
    missing: str = "listwise"
    auxiliary: tuple[str, ...] = ()
    cross_gamma: FloatArray | None = None

    @cached_property
    def form(self) -> Form:
        """What the moments are of, by which everything above decides how they are weighed.

        complete    rows without empty cells, or moments alone
        pairwise    for each covariance the rows that have both variables
        incomplete  the rows as they are, with their empty cells (full information)
        two.stage   such rows' saturated model, fitted as if it were of complete ones
        ordered     thresholds and correlations of responses
        levels      rows in clusters: the groups are levels, within and between, of one group after the other; the
                    likelihood of their rows is that of the cells that are there
        """
        if any(group.is_between for group in self.groups):
            return "levels"
        if any(group.categorical is not None for group in self.groups):
            return "ordered"
        return _FORMS.get(self.missing, "complete")

    @property
    def has_levels(self) -> bool:
        """Whether the groups are levels of rows in clusters."""
        return self.form == "levels"

    @property
    def is_incomplete(self) -> bool:
        """Whether the likelihood is that of rows with empty cells."""
        return self.form == "incomplete"

    @property
    def unbiased_factors(self) -> FloatArray:
        """What covariances of each group (G) are multiplied by for the divisor n - 1: n/(n - 1), and 1 for those that
        are estimates themselves, as in lavaan.
        """
        sizes = np.array([group.size for group in self.groups])
        return np.ones(len(sizes)) if self.form in ("two.stage", "ordered") else sizes / (sizes - 1.0)

    @property
    def n(self) -> int:
        """Rows used, all groups together."""
        return sum(group.n for group in self.groups if not group.is_between)

    @cached_property
    def size(self) -> float:
        """Number of observations that they count for."""
        return sum(group.size for group in self.groups)

    @property
    def is_clustered(self) -> bool:
        """Whether the design has clusters of rows."""
        return any(group.design.clusters is not None for group in self.groups)

    @property
    def has_design(self) -> bool:
        """Whether rows are in clusters or have sampling weights, so that they are not to be counted one by one."""
        return not all(group.design.is_simple for group in self.groups)
