"""The sample: what the data say, in the order of the model's observed variables."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.diagnostics import Diagnostic

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class SampleGroup:
    """One group's moments, and its rows where raw data were given.

    label       value of the grouping column, "" where there is one group
    n           rows used (after listwise deletion), or the number of observations that was given
    covariance  p × p, divisor n (lavaan's likelihood = "normal")
    mean        p, or None where only a covariance matrix was given
    data        n × p rows that were used, or None
    places      which rows of the data these are, from 0 (n), or None
    """

    label: str
    n: int
    covariance: FloatArray
    mean: FloatArray | None = None
    data: FloatArray | None = None
    places: NDArray[np.intp] | None = None


@dataclass(frozen=True, eq=False)
class Sample:
    """Moments of every group for the same variables in the same order.

    variables  names of the p observed variables, in the order of the model
    groups     in order of appearance in the data, as in lavaan
    n_read     rows read, before deletion
    messages   what a reader of the result must know, such as the number of rows dropped
    source     file name or description, for captions
    """

    variables: tuple[str, ...]
    groups: tuple[SampleGroup, ...]
    n_read: int
    messages: tuple[Diagnostic, ...] = field(default=())
    source: str = ""

    @property
    def n(self) -> int:
        """Rows used, all groups together."""
        return sum(group.n for group in self.groups)
