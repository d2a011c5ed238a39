"""The equations that hold at an optimal rotation; standard errors come from these.

At an optimum the off-diagonal elements of Z = ΛᵀG, G the gradient of the criterion, satisfy Z = Zᵀ (orthogonal) or
Z = Φ diag(Z) read row by row (oblique). Source: Jennrich (1973), Psychometrika 38, 593-604; Archer & Jennrich (1973),
Psychometrika 38, 581-592.
"""

import numpy as np

from sem_toolkit.rotation.criteria import Criterion
from sem_toolkit.rotation.parsimony import Stack


def apply_rotation(A: Stack, T: Stack, orthogonal: bool) -> Stack:
    """Rotated loadings (... × p × m): AT, or A(Tᵀ)⁻¹ for oblique rotations."""
    if orthogonal:
        return A @ T
    return np.swapaxes(np.linalg.solve(T, np.swapaxes(A, -1, -2)), -1, -2)


def compute_rotation_equations(loadings: Stack, phi: Stack, criterion: Criterion, orthogonal: bool) -> Stack:
    """What is 0 at an optimum with these loadings (... × p × m, as the criterion sees them) and correlations Φ.

    ... × m(m − 1) for oblique rotations, ... × m(m − 1)/2 for orthogonal ones.
    """
    m = loadings.shape[-1]
    Z = np.swapaxes(loadings, -1, -2) @ criterion.evaluate(loadings)[1]
    if orthogonal:
        rows, columns = np.tril_indices(m, -1)
        return np.asarray(Z[..., rows, columns] - Z[..., columns, rows])
    balance = Z - phi * np.diagonal(Z, axis1=-2, axis2=-1)[..., :, None]
    rows, columns = np.nonzero(~np.eye(m, dtype=bool))
    return np.asarray(balance[..., rows, columns])


def compute_stationarity(A: Stack, T: Stack, criterion: Criterion, orthogonal: bool) -> Stack:
    """The equations of a rotation T (... × m × m) of A (p × m), and those that keep it a rotation: ... × m²."""
    m = T.shape[-1]
    phi = np.swapaxes(T, -1, -2) @ T
    own = compute_rotation_equations(apply_rotation(A, T, orthogonal), phi, criterion, orthogonal)
    rows, columns = np.tril_indices(m) if orthogonal else np.diag_indices(m)
    held = phi[..., rows, columns] - (rows == columns)
    return np.concatenate([own, held], axis=-1)
