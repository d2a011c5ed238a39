"""Moments that a model is held against, where its estimates minimise nothing: those of equations solved one by one.

Residual tests are Browne's, as for unweighted least squares, whose minimum has no known distribution either; indices
that weigh residuals take the weight of normal theory at the implied moments.
"""

from dataclasses import replace

from sem_toolkit.discrepancy.kind import Kind
from sem_toolkit.discrepancy.least_squares import ULS
from sem_toolkit.discrepancy.ml import ML
from sem_toolkit.discrepancy.pair import MomentPair
from sem_toolkit.discrepancy.weights import NormalWeight


def _weigh_by_model(pair: MomentPair) -> NormalWeight:
    return NormalWeight(pair.implied_inverse)


INSTRUMENTS: Kind = replace(ULS, name="IV", weigh=_weigh_by_model, is_minimised=False, has_statistic=False)
STEPS = replace(ML, is_minimised=False)
"""Maximum likelihood of parts, one after the other: the likelihood of the whole is known, and not at its maximum."""
