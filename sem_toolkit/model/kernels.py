"""Gather kernels: gradient, information and second derivatives without ever forming a p² × q Jacobian.

Every free cell a changes Σ by w_a (l_a r_aᵀ + r_a l_aᵀ), where l_a and r_a are columns of C = [U W] (see `Cells`), and
μ by s_a l_a. Traces of products of such matrices are therefore products of elements of CᵀLC, for which only the columns
of C that free cells need are taken (k of 2t). von Oertzen & Brick (2014), Behavior Research Methods 46, 385-395, derive
the same for the gradient.

Leading batch axes of the moments and weights are allowed. Results are with respect to x, so that composites, whose
cells follow from weights, are taken care of.
"""

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.model.moments import ImpliedMoments
from sem_toolkit.model.ram import CellPlaces, Cells, Model

FloatArray = NDArray[np.float64]


def compute_gradient(
    model: Model, x: FloatArray, moments: ImpliedMoments, by_covariance: FloatArray, by_mean: FloatArray | None = None
) -> FloatArray:
    """Gradient (... × q) of a function of the moments, from its derivatives by them.

    by_covariance  ... × G × p × p symmetric D, such that dF = tr(D dΣ)
    by_mean        ... × G × p, such that dF = eᵀ dμ; None where it does not depend on the means
    """
    products = compute_products(moments, by_covariance)
    return pull_back(model, x, gather_cell_gradient(model, moments, products, by_mean))


def compute_products(moments: ImpliedMoments, matrix: FloatArray) -> FloatArray:
    """CᵀMC (... × G × k × k) of a symmetric M (... × G × p × p), for the k columns of C that free cells need."""
    C = moments.used_columns
    return np.asarray(_transpose(C) @ (matrix @ C))


def gather_cell_gradient(
    model: Model, moments: ImpliedMoments, products: FloatArray, by_mean: FloatArray | None
) -> FloatArray:
    """The gradient by the free cells (... × cells), from the products CᵀDC."""
    place, factor, position = model.cell_products
    flat = products.reshape(*products.shape[:-3], -1)
    by_cell = factor * flat.take(place, axis=-1)
    if by_mean is not None and moments.all_mean is not None:
        along = (by_mean[..., None, :] @ moments.total_effects[..., : by_mean.shape[-1], :])[..., 0, :]
        slopes = [
            along[..., group, cells.row] * mean_slopes(cells, moments.all_mean[..., group, :])
            for group, cells in enumerate(model.cells)
        ]
        by_cell = by_cell + np.concatenate(slopes, axis=-1)
    gradient = np.zeros((*products.shape[:-3], len(place) + model.n_hidden))
    gradient[..., position] = by_cell
    return gradient


def compute_information(
    model: Model, x: FloatArray, moments: ImpliedMoments, weight: FloatArray, scale: FloatArray, means: bool = True
) -> FloatArray:
    """Σ_g scale_g (½ tr(V ∂aΣ V ∂bΣ) + ∂aμᵀ V ∂bμ): ... × q × q.

    weight  ... × G × p × p symmetric V: Σ⁻¹ gives the expected information of ML, S⁻¹ the Gauss-Newton matrix of GLS
    scale   G, such as the share of each group in the sample; means: whether the second term belongs to it
    """
    return gather_information(model, x, moments, compute_products(moments, weight), scale, means)


def gather_information(
    model: Model, x: FloatArray, moments: ImpliedMoments, products: FloatArray, scale: FloatArray, means: bool = True
) -> FloatArray:
    """The same from the products CᵀVC."""
    result = empty_square(model, products)
    for group, (cells, places) in enumerate(zip(model.cells, model.cell_places, strict=True)):
        Q = products[..., group, :, :]
        block = _pair_products(cells, places, Q)
        if means and moments.all_mean is not None:
            slopes = mean_slopes(cells, moments.all_mean[..., group, :])
            block += _gather(Q, places.left, places.left) * (slopes[..., :, None] * slopes[..., None, :])
        add_block(result, cells, block, scale[group])
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
    C = moments.used_columns[..., group, :, :]
    Ct = _transpose(C)
    along = None if pull is None else (Ct @ pull[..., None])[..., 0]
    return gather_observed_part(model, moments, group, Ct @ (left @ C), Ct @ (right @ C), along)


def gather_observed_part(
    model: Model,
    moments: ImpliedMoments,
    group: int,
    by_left: FloatArray,
    by_right: FloatArray,
    along: FloatArray | None,
) -> FloatArray:
    """The same from the products CᵀLC and CᵀRC (... × k × k) and Cᵀz (... × k)."""
    cells, places = model.cells[group], model.cell_places[group]
    block = _pair_products(cells, places, by_left, by_right)
    if along is not None and moments.all_mean is not None:
        slopes = mean_slopes(cells, moments.all_mean[..., group, :])
        rows = _gather(by_left, places.left, places.left)
        block += rows * (slopes[..., :, None] * slopes[..., None, :])
        reach = (cells.weight * along[..., places.right])[..., None, :] * rows
        crosses = _gather(by_left, places.left, places.right)
        reach += (cells.weight * along[..., places.left])[..., None, :] * crosses
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
    return gather_second_order(model, moments, compute_products(moments, by_covariance), by_mean)


def gather_second_order(
    model: Model, moments: ImpliedMoments, products: FloatArray, by_mean: FloatArray | None = None
) -> FloatArray:
    """The same from the products H = CᵀDC."""
    result = empty_square(model, products)
    for group, (cells, places) in enumerate(zip(model.cells, model.cell_places, strict=True)):
        H = products[..., group, :, :]
        B, V = moments.total_effects[..., group, :, :], moments.all_covariance[..., group, :, :]
        block = np.zeros((*products.shape[:-3], cells.size, cells.size))
        a, s, m = cells.directed, cells.symmetric, cells.intercept
        i, j = cells.row[a], cells.column[a]
        at_left, at_right = places.left[a], places.right[a]
        forward = _gather(B, j, i)  # B_li at [b, a]: b = (k, l), a = (i, j)
        cross = _gather(H, at_left, at_right)
        block[..., a[:, None], a] = 2.0 * (
            _transpose(forward) * _transpose(cross) + _gather(V, j, j) * _gather(H, at_left, at_left) + forward * cross
        )
        row, column, weight = cells.row[s], cells.column[s], cells.weight[s]
        mixed = _gather(B, j, row) * _gather(H, at_left, places.right[s])
        mixed += _gather(B, j, column) * _gather(H, at_left, places.left[s])
        mixed *= 2.0 * weight
        block[..., a[:, None], s] = mixed
        block[..., s[:, None], a] = _transpose(mixed)
        if by_mean is not None and moments.all_mean is not None:
            along = (by_mean[..., group, None, :] @ B[..., : by_mean.shape[-1], :])[..., 0, :]
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
    if model.derived is None:
        return by_cells
    jacobian = model.derived.cell_jacobian(model, x)
    return (by_cells[..., None, :] @ jacobian)[..., 0, :]


def pull_back_square(model: Model, x: FloatArray, by_cells: FloatArray) -> FloatArray:
    """A quadratic form by cells (... × cells × cells) to that by x (... × q × q)."""
    if model.derived is None:
        return by_cells
    jacobian = model.derived.cell_jacobian(model, x)
    return _transpose(jacobian) @ by_cells @ jacobian


def _pair_products(cells: Cells, places: CellPlaces, QL: FloatArray, QR: FloatArray | None = None) -> FloatArray:
    """tr(L X_a R X_b), or half of it where R is not given and equals L."""
    row, right = places.left, places.right
    # columns first: they are gathered one by one, while rows are then copied whole
    if QR is None:
        by_row, by_right = QL.take(row, axis=-1), QL.take(right, axis=-1)
        cross = by_right.take(row, axis=-2)
        block = cross * _transpose(cross)
        block += by_right.take(right, axis=-2) * by_row.take(row, axis=-2)
        return np.multiply(block, cells.weight_products, out=block)
    both = np.stack([QL, QR])
    by_row, by_right = both.take(row, axis=-1), both.take(right, axis=-1)
    crosses, rows, rights = by_right.take(row, axis=-2), by_row.take(row, axis=-2), by_right.take(right, axis=-2)
    half = crosses[0] * _transpose(crosses[1])
    block = half + _transpose(half)
    block += rights[0] * rows[1]
    block += rows[0] * rights[1]
    return np.asarray(np.multiply(block, cells.weight_products, out=block))


def _gather(matrix: FloatArray, rows: NDArray[np.intp], columns: NDArray[np.intp]) -> FloatArray:
    return np.asarray(matrix.take(columns, axis=-1).take(rows, axis=-2))


def mean_slopes(cells: Cells, all_mean: FloatArray) -> FloatArray:
    """s_a of ∂μ/∂a = s_a U·row: the mean of the affecting variable for A, 1 for m, 0 for S."""
    slopes = np.zeros((*all_mean.shape[:-1], cells.size))
    slopes[..., cells.directed] = all_mean[..., cells.column[cells.directed]]
    slopes[..., cells.intercept] = 1.0
    return slopes


def add_block(result: FloatArray, cells: Cells, block: FloatArray, scale: float = 1.0) -> None:
    """Add `scale` times the block of one group's cells to the square of all cells, in place; `block` is used up."""
    if scale != 1.0:
        block *= scale
    position = cells.position
    if position.size == result.shape[-1]:  # one group: the cells are the whole vector, in order
        result += block
    else:
        result[..., position[:, None], position] += block


def empty_square(model: Model, like: FloatArray) -> FloatArray:
    """Zeros, ... × cells × cells, with the batch axes of `like` (... × G × p × p)."""
    size = sum(cells.size for cells in model.cells) + model.n_hidden
    return np.zeros((*like.shape[:-3], size, size))


def _transpose(matrix: FloatArray) -> FloatArray:
    return matrix.swapaxes(-1, -2)
