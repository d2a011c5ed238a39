"""Discrepancy functions: how far the implied moments are from those of the sample."""

from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.discrepancy.base import Discrepancy, Evaluation
from sem_toolkit.discrepancy.full_information import FullInformation
from sem_toolkit.discrepancy.gls import GeneralisedLeastSquares
from sem_toolkit.discrepancy.least_squares import LeastSquares, build_least_squares
from sem_toolkit.discrepancy.ml import MaximumLikelihood
from sem_toolkit.discrepancy.targets import Targets


class Choice(Protocol):
    """Which discrepancy is meant; is_distribution_free: diagonal weights are sample variances of the moments."""

    @property
    def discrepancy(self) -> Literal["ML", "GLS", "ULS", "WLS", "DWLS"]: ...
    @property
    def is_distribution_free(self) -> bool: ...


def build_discrepancy(targets: Targets, options: Choice, deviations: NDArray[np.float64] | None = None) -> Discrepancy:
    """The discrepancy function that the options name, for these targets.

    deviations  p: what the variables were divided by, for ULS, which depends on it; None where they were not
    """
    kind = options.discrepancy
    if kind == "ML" and targets.patterns is not None:
        return FullInformation(targets)
    if kind == "ML":
        return MaximumLikelihood(targets)
    if kind == "GLS":
        return GeneralisedLeastSquares(targets)
    return build_least_squares(targets, kind, deviations, distribution_free=options.is_distribution_free)


__all__ = [
    "Discrepancy",
    "Evaluation",
    "FullInformation",
    "GeneralisedLeastSquares",
    "LeastSquares",
    "MaximumLikelihood",
    "build_discrepancy",
]
