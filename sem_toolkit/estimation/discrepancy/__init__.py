"""Discrepancy functions: how far the implied moments are from those of the sample."""

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.estimation.discrepancy.base import Discrepancy, Evaluation
from sem_toolkit.estimation.discrepancy.full_information import FullInformation
from sem_toolkit.estimation.discrepancy.gls import GeneralisedLeastSquares
from sem_toolkit.estimation.discrepancy.least_squares import LeastSquares, build_least_squares
from sem_toolkit.estimation.discrepancy.ml import MaximumLikelihood
from sem_toolkit.estimation.options import EstimationOptions
from sem_toolkit.estimation.targets import Targets


def build_discrepancy(
    targets: Targets, options: EstimationOptions, deviations: NDArray[np.float64] | None = None
) -> Discrepancy:
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
