"""What the statistics of ordered variables are made of, and how that changes with parameters."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Given:
    """Moments of p' variables given k covariates: covariance V (p' × p'), slopes (p' × k), intercepts (p')."""

    covariance: FloatArray
    slopes: FloatArray
    intercepts: FloatArray


@dataclass(frozen=True, eq=False)
class Change:
    """Derivatives by q parameters of what the statistics of a group are made of.

    covariance, slopes, intercepts  of the moments given covariates: q × p' × p', q × p' × k, q × p'
    thresholds                      q × T
    units                           q × p': of what responses are multiplied by
    """

    covariance: FloatArray
    slopes: FloatArray
    intercepts: FloatArray
    thresholds: FloatArray
    units: FloatArray


@dataclass(frozen=True, eq=False)
class ParameterChanges:
    """The changes of a group with q parameters (`size`): most of them are thresholds, which move nothing else.

    moving     the parameters that move moments or units, of which `change` tells how, thresholds left out
    first      which of the first statistics are free thresholds; threshold: the parameter of each
    """

    size: int
    moving: IntArray
    change: Change
    first: IntArray
    threshold: IntArray


@dataclass(frozen=True, eq=False)
class Inner:
    """Derivatives of a weighted sum of statistics by what they are made of; U, first and slopes are the weights."""

    U: FloatArray
    first: FloatArray
    slopes: FloatArray
    by_covariance: FloatArray
    by_units: FloatArray
    by_intercepts: FloatArray
    by_slopes: FloatArray
    by_first: FloatArray


@dataclass(frozen=True, eq=False)
class Pulled:
    """Derivatives of a weighted sum of statistics by the moments: symmetric D with dF = tr(D dΣ), G × p × p; G × p."""

    by_covariance: FloatArray
    by_mean: FloatArray
    inner: tuple[Inner, ...]
