"""Promax: an oblique rotation towards powers of the loadings that varimax gives.

Hendrickson & White (1964), British Journal of Statistical Psychology 17, 65-70.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.rotation.criteria import Criterion
from sem_toolkit.rotation.equations import compute_stationarity
from sem_toolkit.rotation.parsimony import Stack

FloatArray = NDArray[np.float64]

_STEP = 1e-20


def compute_promax_loadings(loadings: Stack, kappa: float) -> Stack:
    """What orthogonal loadings (... × p × m) are multiplied by: ... × m × m, so that factors have variance 1.

    U = (ΛᵀΛ)⁻¹Λᵀ(Λ|Λ|^(κ−1)), its columns scaled so that diag((UᵀU)⁻¹) = 1.
    """
    turned = np.swapaxes(loadings, -1, -2)
    size = loadings * np.where(np.real(loadings) < 0.0, -1.0, 1.0)
    U = np.linalg.solve(turned @ loadings, turned @ (loadings * size ** (kappa - 1.0)))
    variances = np.diagonal(np.linalg.inv(np.swapaxes(U, -1, -2) @ U), axis1=-2, axis2=-1)
    return np.asarray(U * np.sqrt(variances)[..., None, :])


@dataclass(frozen=True, eq=False)
class PromaxEquations:
    """The equations of a promax solution, which has no criterion of its own.

    For correlations Φ = CCᵀ, unrotated loadings ΛC, their varimax rotation T and the matrix U of promax they say
    CTU = I. T is held to the equations of varimax to the first order around the solution.

    root      C at the solution; varimax: T there
    criterion of varimax
    """

    root: FloatArray
    varimax: FloatArray
    criterion: Criterion
    kappa: float

    def evaluate(self, loadings: Stack, normalized: Stack, phi: Stack) -> Stack:
        """What is 0 (... × m(m − 1)) at promax loadings (... × p × m) with correlations Φ.

        loadings    of standardised items; normalized: the same with rows of length 1 where varimax normalises them
        """
        m = phi.shape[-1]
        C = (phi @ np.linalg.inv(self.root).T + self.root) / 2.0  # the root of Φ to the first order
        A, T = normalized @ C, self.varimax
        directions = np.eye(m * m).reshape(-1, m, m)
        centre = np.real(A if A.ndim == 2 else A[0])
        slopes = np.imag(compute_stationarity(centre, T + 1j * _STEP * directions, self.criterion, True)).T / _STEP
        held = compute_stationarity(A, np.broadcast_to(T, (*A.shape[:-2], m, m)), self.criterion, True)
        turned = T - np.linalg.solve(slopes, held[..., None])[..., 0].reshape(*held.shape[:-1], m, m)
        U = compute_promax_loadings(loadings @ C @ turned, self.kappa)
        product = C @ turned @ U  # the identity with the signs and the order that the factors were given
        product = product @ np.rint(np.real(product if product.ndim == 2 else product[0])).T
        rows, columns = np.nonzero(~np.eye(m, dtype=bool))
        return np.asarray(product[..., rows, columns])
