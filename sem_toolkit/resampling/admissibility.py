"""Whether estimates of many samples are those of variables that can exist."""

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.discrepancy.stack import factor_stack
from sem_toolkit.model import ImpliedMoments, Model
from sem_toolkit.model.cells import Cells
from sem_toolkit.model.moments import compute_cell_values, compute_stacked_moments, compute_total_effects

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]

_ROUNDING = 1e-9


def are_admissible(model: Model, x: FloatArray, moments: ImpliedMoments | None = None) -> NDArray[np.bool_]:
    """Whether the estimates (b × q) are those of variables: variances, residual and latent covariance matrices (b).

    moments  those at x where they are known
    """
    p, t = model.n_observed, model.n_variables
    variables, everything = np.arange(t), _Elements(model, x)
    fine = (everything.pick_symmetric(variables, variables) >= -_ROUNDING).all(axis=(1, 2))
    related = _find_related(model)
    residuals, factors = np.flatnonzero(related[:p]), p + np.flatnonzero(related[p:])
    parts = [everything.pick_symmetric(own[:, None], own) for own in (residuals, factors) if len(own)]
    latent = everything.compute_latent() if moments is None else moments.all_covariance[..., p:, p:]
    for matrices in (*parts, latent):
        if matrices.shape[-1]:
            size = np.abs(np.diagonal(matrices, axis1=-2, axis2=-1))
            scale = 1.0 / np.sqrt(np.where(size > 0.0, size, 1.0))
            fine &= are_above(matrices * scale[..., :, None] * scale[..., None, :], -_ROUNDING).all(axis=-1)
    return np.asarray(fine)


class _Elements:
    """Elements of the RAM matrices at x (b × q), each read when it is asked for: few of them are."""

    def __init__(self, model: Model, x: FloatArray) -> None:
        self._model, self._x = model, x
        constants = np.broadcast_to(model.filling.constants, (len(x), len(model.filling.constants)))
        self._values = np.concatenate([compute_cell_values(model, x), constants], axis=-1)

    def _pick(self, row: IntArray, column: IntArray, first: int) -> FloatArray:
        """Elements of every group (b × G × the shape of row and column together)."""
        model, t = self._model, self._model.n_variables
        inner = row * t + column
        places = first + t * t * np.arange(model.n_groups).reshape(-1, *[1] * inner.ndim) + inner
        return self._values.take(model.filling.places[places], axis=-1)

    def pick_symmetric(self, row: IntArray, column: IntArray) -> FloatArray:
        """Elements of S, likewise."""
        return self._pick(row, column, self._model.directed.size)

    def compute_latent(self) -> FloatArray:
        """Covariances of the latent variables (b × G × m × m): of these alone where nothing observed affects them."""
        model, p = self._model, self._model.n_observed
        latent = np.arange(p, model.n_variables)
        if (
            model.depth is None
            or any(_affects_latent(cells, p) for cells in model.cells)
            or model.directed[:, p:, :p].any()
        ):
            return compute_stacked_moments(model, self._x)[0].all_covariance[..., p:, p:]
        effects = compute_total_effects(self._pick(latent[:, None], latent, 0), model.depth)
        found = effects @ self.pick_symmetric(latent[:, None], latent) @ effects.swapaxes(-1, -2)
        return np.asarray(0.5 * (found + found.swapaxes(-1, -2)))


def _affects_latent(cells: Cells, p: int) -> bool:
    """Whether there is an effect of an observed variable on a latent one."""
    directed = cells.directed
    return bool(((cells.row[directed] >= p) & (cells.column[directed] < p)).any())


def _find_related(model: Model) -> NDArray[np.bool_]:
    """Which variables have a residual covariance, free or fixed (t); of others the variance alone matters."""
    related = np.zeros(model.n_variables, dtype=np.bool_)
    _, row, column = np.nonzero(model.symmetric)
    apart = row != column
    related[row[apart]] = True
    for cells in model.cells:
        _, row, column = cells.symmetric_places
        apart = row != column
        related[row[apart]] = related[column[apart]] = True
    return related


def are_above(matrices: FloatArray, bound: float) -> NDArray[np.bool_]:
    """Whether the smallest eigenvalues (...) of symmetric matrices (... × p × p) are above a bound near 0.

    They are where all of them, less the bound, have Cholesky factors.
    """
    return factor_stack(matrices - bound * np.eye(matrices.shape[-1]))[0]
