"""Residual variances that give variables the variances they must have: of composites, and of responses with a scale.

With V = B S Bᵀ the residual variances ψ of c variables solve Σ_c' B_cc'² ψ_c' = v_c − (B S₀ Bᵀ)_cc, S₀ without them.
"""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from sem_toolkit.model.ram import Cells

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]


def solve_residual_variances(
    effects: FloatArray, symmetric: FloatArray, at: IntArray, variances: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """ψ (c) of the variables `at` that have these variances (c), and S with them (t × t), from B and any S."""
    S = symmetric.copy()
    S[at, at] = 0.0
    rows = effects[at]
    psi = np.linalg.solve(rows[:, at] ** 2, variances - np.einsum("ci,ij,cj->c", rows, S, rows))
    S[at, at] = psi
    return np.asarray(psi), S


def differentiate_variances(
    cells: "Cells", effects: FloatArray, symmetric: FloatArray, at: IntArray, size: int
) -> FloatArray:
    """Derivatives of the variances of the variables `at` by all cells of a vector of `size` (c × size)."""
    V, rows = effects @ symmetric @ effects.T, effects[at]
    slopes = np.zeros((len(at), size))
    a, s = cells.directed, cells.symmetric
    slopes[:, cells.position[a]] = 2.0 * rows[:, cells.row[a]] * V[np.ix_(at, cells.column[a])]
    slopes[:, cells.position[s]] = 2.0 * cells.weight[s] * rows[:, cells.row[s]] * rows[:, cells.column[s]]
    return slopes
