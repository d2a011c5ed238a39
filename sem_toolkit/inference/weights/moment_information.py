"""Information of moments that are estimates themselves, and its inverse."""

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.discrepancy import MomentPair, invert_symmetric
from sem_toolkit.discrepancy.vectors import find_conditional
from sem_toolkit.sample.moments import FloatArray


def find_kept(evaluation: MomentPair) -> NDArray[np.intp]:
    """Places of the moments (of m, means among them) that are not of fixed exogenous variables alone."""
    return np.flatnonzero(find_conditional(evaluation.model.n_observed, evaluation.exogenous, means=True))


def invert_known(matrix: FloatArray, kept: NDArray[np.intp]) -> FloatArray:
    """The inverse (m × m) of an information of moments; 0 but for the kept ones, and for those of these that no row
    says anything about.
    """
    known = kept[matrix.diagonal()[kept] > 0.0]
    result = np.zeros_like(matrix)
    result[np.ix_(known, known)] = invert_symmetric(matrix[np.ix_(known, known)])
    return result
