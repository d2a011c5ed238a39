"""What cells that follow from others share: of composites, and of responses with a scale.

Residual variances give such variables the variances that they must have. With V = B S Bᵀ the residual variances ψ of
c variables solve Σ_c' B_cc'² ψ_c' = v_c − (B S₀ Bᵀ)_cc, S₀ without them.
"""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from sem_toolkit.model.cells import Cells

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]


def pick_values(fixed: FloatArray, free: IntArray, x: FloatArray) -> FloatArray:
    """Values that are fixed (any shape), or where `free` is not -1 stand there in x (... × q): ... × that shape."""
    if not x.shape[-1]:
        return np.broadcast_to(fixed, (*x.shape[:-1], *fixed.shape))
    return np.where(free >= 0, x[..., np.maximum(free, 0)], fixed)


def solve_residual_variances(
    effects: FloatArray, symmetric: FloatArray, at: IntArray, variances: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """ψ (... × c) of the variables `at` that have these variances (... × c), and S with them (... × t × t), from B and
    any S; raises numpy's LinAlgError where one of a stack has none."""
    S = symmetric.copy()
    S[..., at, at] = 0.0
    rows = effects[..., at, :]
    left = variances - ((rows @ S) * rows).sum(axis=-1)
    psi = np.asarray(np.linalg.solve(rows[..., at] ** 2, left[..., None])[..., 0])
    S[..., at, at] = psi
    return psi, S


def differentiate_variances(
    cells: "Cells", effects: FloatArray, symmetric: FloatArray, at: IntArray, size: int
) -> FloatArray:
    """Derivatives of the variances of the variables `at` by all cells of a vector of `size` (... × c × size)."""
    rows = effects[..., at, :]
    V = rows @ symmetric @ np.swapaxes(effects, -1, -2)
    slopes = np.zeros((*effects.shape[:-2], len(at), size))
    a, s = cells.directed, cells.symmetric
    slopes[..., cells.position[a]] = 2.0 * rows[..., cells.row[a]] * V[..., cells.column[a]]
    slopes[..., cells.position[s]] = 2.0 * cells.weight[s] * rows[..., cells.row[s]] * rows[..., cells.column[s]]
    return slopes
