"""Moments that a model is held against, where its estimates minimise nothing: those of equations solved one by one.

Residual tests are Browne's, as for unweighted least squares, whose minimum has no known distribution either; indices
that weigh residuals take the weight of normal theory at the implied moments.
"""

from dataclasses import replace

from sem_toolkit.discrepancy.categorical import CATEGORICAL_ULS
from sem_toolkit.discrepancy.least_squares import ULS
from sem_toolkit.discrepancy.pair import MomentPair
from sem_toolkit.discrepancy.weights import NormalWeight


def _weigh_by_model(pair: MomentPair) -> NormalWeight:
    return NormalWeight(pair.implied_inverse)


INSTRUMENTS = replace(ULS, name="IV", weigh=_weigh_by_model, is_minimised=False)
CATEGORICAL_INSTRUMENTS = replace(CATEGORICAL_ULS, name="IV", is_minimised=False)
