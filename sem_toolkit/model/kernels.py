"""Gather kernels: gradient, information and second derivatives without ever forming a p² × q Jacobian.

Every free cell a changes Σ by w_a (l_a r_aᵀ + r_a l_aᵀ), where l_a and r_a are columns of C = [U W] (see `Cells`), and
μ by s_a l_a. Traces of products of such matrices are therefore products of elements of CᵀLC, which is 2t × 2t.
von Oertzen & Brick (2014), Behavior Research Methods 46, 385-395, derive the same for the gradient.

Leading batch axes of the moments and weights are allowed. Results are with respect to x, so that composites, whose
cells follow from weights, are taken care of.
"""

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.model.moments import ImpliedMoments
from sem_toolkit.model.ram import Cells, Model

FloatArray = NDArray[np.float64]


def compute_gradient(
    model: Model, x: FloatArray, moments: ImpliedMoments, by_covariance: FloatArray, by_mean: FloatArray | None = None
) -> FloatArray:
    """Gradient (... × q) of a function of the moments, from its derivatives by them.

    by_covariance  ... × G × p × p symmetric D, such that dF = tr(D dΣ)
    by_mean        ... × G × p, such that dF = eᵀ dμ; None where it does not depend on the means
    """
    return pull_back(model, x, compute_cell_gradient(model, moments, by_covariance, by_mean))


def compute_cell_gradient(
    model: Model, moments: ImpliedMoments, by_covariance: FloatArray, by_mean: FloatArray | None
) -> FloatArray:
    """The same by the free cells (... × cells)."""
    columns = moments.columns
    t = columns.shape[-1] // 2
    batch = columns.shape[:-3]
    gradient = np.zeros((*batch, sum(cells.size for cells in model.cells) + _n_weights(model)))
    for group, cells in enumerate(model.cells):
        C = columns[..., group, :, :]
        U = C[..., :t]
        H = _transpose(U) @ (by_covariance[..., group, :, :] @ C)
        value = 2.0 * cells.weight * H[..., cells.row, cells.right]
        if by_mean is not None and moments.all_mean is not None:
            along = (_transpose(U) @ by_mean[..., group, :, None])[..., 0]
            value = value + along[..., cells.row] * mean_slopes(cells, moments.all_mean[..., group, :])
        gradient[..., cells.position] = value
    return gradient


def compute_information(
    model: Model, x: FloatArray, moments: ImpliedMoments, weight: FloatArray, scale: FloatArray, means: bool = True
) -> FloatArray:
    """Σ_g scale_g (½ tr(V ∂aΣ V ∂bΣ) + ∂aμᵀ V ∂bμ): ... × q × q.

    weight  ... × G × p × p symmetric V: Σ⁻¹ gives the expected information of ML, S⁻¹ the Gauss-Newton matrix of GLS
    scale   G, such as the share of each group in the sample; means: whether the second term belongs to it
    """
    columns = moments.columns
    result = empty_square(model, columns)
    for group, cells in enumerate(model.cells):
        C = columns[..., group, :, :]
        Q = _transpose(C) @ (weight[..., group, :, :] @ C)
        block = _pair_products(cells, Q)
        if means and moments.all_mean is not None:
            slopes = mean_slopes(cells, moments.all_mean[..., group, :])
            block += _gather(Q, cells.row, cells.row) * (slopes[..., :, None] * slopes[..., None, :])
        add_block(result, cells, scale[group] * block)
    return pull_back_square(model, x, result)


def compute_observed_part(
    model: Model,
    moments: ImpliedMoments,
    group: int,
    left: FloatArray,
    right: FloatArray,
    pull: FloatArray | None,
) -> FloatArray:
    """tr(L ∂aΣ R ∂bΣ) for the cells of one group, plus, where means matter, ∂aμᵀL∂bμ + ∂aμᵀL∂bΣ z + ∂bμᵀL∂aΣ z.

    left, right  ... × p × p symmetric L and R
    pull         ... × p: the vector z, or None
    """
    cells = model.cells[group]
    C = moments.columns[..., group, :, :]
    Ct = _transpose(C)
    QL = Ct @ (left @ C)
    block = _pair_products(cells, QL, Ct @ (right @ C))
    if pull is not None and moments.all_mean is not None:
        slopes = mean_slopes(cells, moments.all_mean[..., group, :])
        along = (Ct @ pull[..., None])[..., 0]
        rows = _gather(QL, cells.row, cells.row)
        block += rows * (slopes[..., :, None] * slopes[..., None, :])
        reach = (cells.weight * along[..., cells.right])[..., None, :] * rows
        reach += (cells.weight * along[..., cells.row])[..., None, :] * _gather(QL, cells.row, cells.right)
        reach *= slopes[..., :, None]
        block += reach + _transpose(reach)
    return block


def compute_second_order(
    model: Model, moments: ImpliedMoments, by_covariance: FloatArray, by_mean: FloatArray | None = None
) -> FloatArray:
    """tr(D ∂a∂bΣ) + eᵀ ∂a∂bμ by the free cells (... × cells × cells): what the Gauss-Newton matrix leaves out.

    With ∂U·i/∂A_kl = U·k B_li and ∂W·j/∂A_kl = U·k V_lj + W·l B_jk. S and m enter linearly, so only pairs with at
    least one directed cell contribute.
    """
    columns = moments.columns
    t = columns.shape[-1] // 2
    result = empty_square(model, columns)
    for group, cells in enumerate(model.cells):
        C = columns[..., group, :, :]
        H = _transpose(C[..., :t]) @ (by_covariance[..., group, :, :] @ C)
        B, V = moments.total_effects[..., group, :, :], moments.all_covariance[..., group, :, :]
        block = np.zeros((*columns.shape[:-3], cells.size, cells.size))
        a, s, m = cells.directed, cells.symmetric, cells.intercept
        i, j = cells.row[a], cells.column[a]
        forward = _gather(B, j, i)  # B_li at [b, a]: b = (k, l), a = (i, j)
        block[..., a[:, None], a] = 2.0 * (
            _transpose(forward) * _transpose(_gather(H, i, t + j))
            + _gather(V, j, j) * _gather(H, i, i)
            + forward * _gather(H, i, t + j)
        )
        row, column, weight = cells.row[s], cells.column[s], cells.weight[s]
        mixed = 2.0 * weight * (_gather(B, j, row) * _gather(H, i, column) + _gather(B, j, column) * _gather(H, i, row))
        block[..., a[:, None], s] = mixed
        block[..., s[:, None], a] = _transpose(mixed)
        if by_mean is not None and moments.all_mean is not None:
            along = (_transpose(C[..., :t]) @ by_mean[..., group, :, None])[..., 0]
            inflow = moments.all_mean[..., group, :][..., j]
            half = forward * along[..., i][..., :, None] * inflow[..., None, :]
            block[..., a[:, None], a] += half + _transpose(half)
            bent = _gather(B, j, cells.row[m]) * along[..., i][..., :, None]
            block[..., a[:, None], m] = bent
            block[..., m[:, None], a] = _transpose(bent)
        add_block(result, cells, block)
    return result


def pull_back(model: Model, x: FloatArray, by_cells: FloatArray) -> FloatArray:
    """A gradient by cells (... × cells) to the gradient by x (... × q)."""
    if model.composites is None:
        return by_cells
    jacobian = model.composites.cell_jacobian(model, x)
    return (by_cells[..., None, :] @ jacobian)[..., 0, :]


def pull_back_square(model: Model, x: FloatArray, by_cells: FloatArray) -> FloatArray:
    """A quadratic form by cells (... × cells × cells) to that by x (... × q × q)."""
    if model.composites is None:
        return by_cells
    jacobian = model.composites.cell_jacobian(model, x)
    return _transpose(jacobian) @ by_cells @ jacobian


def _pair_products(cells: Cells, QL: FloatArray, QR: FloatArray | None = None) -> FloatArray:
    """tr(L X_a R X_b), or half of it where R is not given and equals L."""
    row, right = cells.row, cells.right
    weight = cells.weight[:, None] * cells.weight
    if QR is None:
        cross = _gather(QL, row, right)
        block = cross * _transpose(cross)
        block += _gather(QL, right, right) * _gather(QL, row, row)
        return np.multiply(block, weight, out=block)
    by_left, by_right = _gather(QL, row, right), _gather(QR, row, right)
    half = by_left * _transpose(by_right)
    block = half + _transpose(half)
    block += _gather(QL, right, right) * _gather(QR, row, row)
    block += _gather(QL, row, row) * _gather(QR, right, right)
    return np.multiply(block, weight, out=block)


def _gather(matrix: FloatArray, rows: NDArray[np.intp], columns: NDArray[np.intp]) -> FloatArray:
    # columns first: they are gathered one by one, while rows are then copied whole
    return matrix.take(columns, axis=-1).take(rows, axis=-2)


def mean_slopes(cells: Cells, all_mean: FloatArray) -> FloatArray:
    """s_a of ∂μ/∂a = s_a U·row: the mean of the affecting variable for A, 1 for m, 0 for S."""
    slopes = np.zeros((*all_mean.shape[:-1], cells.size))
    slopes[..., cells.directed] = all_mean[..., cells.column[cells.directed]]
    slopes[..., cells.intercept] = 1.0
    return slopes


def add_block(result: FloatArray, cells: Cells, block: FloatArray) -> None:
    """Add the block of one group's cells to the square of all cells, in place."""
    position = cells.position
    if position.size == result.shape[-1]:  # one group: the cells are the whole vector, in order
        result += block
    else:
        result[..., position[:, None], position] += block


def empty_square(model: Model, like: FloatArray) -> FloatArray:
    """Zeros, ... × cells × cells, with the batch axes of `like` (... × G × p × p)."""
    size = sum(cells.size for cells in model.cells) + _n_weights(model)
    return np.zeros((*like.shape[:-3], size, size))


def _n_weights(model: Model) -> int:
    return 0 if model.composites is None else model.composites.n_weights


def _transpose(matrix: FloatArray) -> FloatArray:
    return np.swapaxes(matrix, -1, -2)
