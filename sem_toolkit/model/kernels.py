"""Gather kernels: gradient, information and second derivatives without ever forming a p² × q Jacobian.

Every free cell a changes Σ by w_a (l_a r_aᵀ + r_a l_aᵀ), where l_a and r_a are columns of C = [U W] (see `Cells`), and
μ by s_a l_a. Traces of products of such matrices are therefore products of elements of CᵀLC, for which only the columns
of C that free cells need are taken (k of 2t). von Oertzen & Brick (2014), Behavior Research Methods 46, 385-395, derive
the same for the gradient.

Leading batch axes of the moments and weights are allowed. Results are with respect to x, so that composites, whose
cells follow from weights, are taken care of. Gradient and information are computed by whatever array library the
moments belong to.
"""

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.model.cells import CellPlaces, Cells
from sem_toolkit.model.moments import ImpliedMoments
from sem_toolkit.model.namespace import Array, get_namespace, move_to, reshape, swap, take
from sem_toolkit.model.ram import Model

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
    return swap(C) @ (matrix @ C)  # type: ignore[no-any-return]


def gather_cell_gradient(
    model: Model, moments: ImpliedMoments, products: FloatArray, by_mean: FloatArray | None
) -> FloatArray:
    """The gradient by the free cells (... × cells), from the products CᵀDC."""
    place, factor, _ = model.cell_products
    flat = reshape(products, (*products.shape[:-3], -1))
    by_cell = move_to(factor, flat) * take(flat, place, -1)
    if by_mean is not None and moments.all_mean is not None:
        along = (by_mean[..., None, :] @ moments.total_effects[..., : by_mean.shape[-1], :])[..., 0, :]
        slopes = [
            take(along[..., group, :], cells.row, -1) * mean_slopes(cells, moments.all_mean[..., group, :])
            for group, cells in enumerate(model.cells)
        ]
        by_cell = by_cell + get_namespace(flat).concat(slopes, axis=-1)
    return _arrange(by_cell, model.cell_order)  # type: ignore[no-any-return]


def _arrange(parts: Array, order: NDArray[np.intp] | None) -> Array:
    """Elements (... × k) in another order; those behind the last are 0."""
    if order is None:
        return parts
    space = get_namespace(parts)
    nothing = space.zeros_like(parts[..., :1])
    return take(space.concat([parts, nothing], axis=-1), order, -1)


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
    blocks = []
    for group, (cells, places) in enumerate(zip(model.cells, model.cell_places, strict=True)):
        Q = products[..., group, :, :]
        block = _pair_products(cells, places, Q)
        if means and moments.all_mean is not None:
            slopes = mean_slopes(cells, moments.all_mean[..., group, :])
            block += _gather(Q, places.left, places.left) * (slopes[..., :, None] * slopes[..., None, :])
        if scale[group] != 1.0:
            block *= float(scale[group])
        blocks.append(block)
    return pull_back_square(model, x, _assemble(model, blocks))


def _assemble(model: Model, blocks: list[FloatArray]) -> FloatArray:
    """The square of all cells (... × cells × cells) from those of the groups' cells."""
    if model.square_order is None:
        return blocks[0]
    batch = tuple(blocks[0].shape[:-2])
    if isinstance(blocks[0], np.ndarray) and not batch:
        result = empty_square(model, blocks[0][None])
        for cells, block in zip(model.cells, blocks, strict=True):
            add_block(result, cells, block)
        return result
    space = get_namespace(blocks[0])
    flat = space.concat([reshape(block, (*batch, -1)) for block in blocks], axis=-1)
    size = int(len(model.square_order) ** 0.5)
    return reshape(_arrange(flat, model.square_order), (*batch, size, size))  # type: ignore[no-any-return]


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
        forward = _pick(B, j, i)  # B_li at [b, a]: b = (k, l), a = (i, j)
        cross = _pick(H, at_left, at_right)
        block[..., a[:, None], a] = 2.0 * (
            _transpose(forward) * _transpose(cross) + _pick(V, j, j) * _pick(H, at_left, at_left) + forward * cross
        )
        row, column, weight = cells.row[s], cells.column[s], cells.weight[s]
        mixed = _pick(B, j, row) * _pick(H, at_left, places.right[s])
        mixed += _pick(B, j, column) * _pick(H, at_left, places.left[s])
        mixed *= 2.0 * weight
        block[..., a[:, None], s] = mixed
        block[..., s[:, None], a] = _transpose(mixed)
        if by_mean is not None and moments.all_mean is not None:
            along = (by_mean[..., group, None, :] @ B[..., : by_mean.shape[-1], :])[..., 0, :]
            inflow = moments.all_mean[..., group, :][..., j]
            half = forward * along[..., i][..., :, None] * inflow[..., None, :]
            block[..., a[:, None], a] += half + _transpose(half)
            bent = _pick(B, j, cells.row[m]) * along[..., i][..., :, None]
            block[..., a[:, None], m] = bent
            block[..., m[:, None], a] = _transpose(bent)
        add_block(result, cells, block)
    return result


def pull_back(model: Model, x: FloatArray, by_cells: FloatArray) -> FloatArray:
    """A gradient by cells (... × cells) to the gradient by x (... × q)."""
    if model.derived is None:
        return by_cells
    own, derived = by_cells[..., : model.n_parameters], by_cells[..., None, model.n_parameters :]
    return own + (derived @ model.derived.jacobian(model, x))[..., 0, :]


def pull_back_square(model: Model, x: FloatArray, by_cells: FloatArray) -> FloatArray:
    """A quadratic form by cells (... × cells × cells) to that by x (... × q × q)."""
    if model.derived is None:
        return by_cells
    q, jacobian = model.n_parameters, model.derived.jacobian(model, x)
    across = by_cells[..., :q, q:] @ jacobian
    inner = _transpose(jacobian) @ by_cells[..., q:, q:] @ jacobian
    return by_cells[..., :q, :q] + across + _transpose(across) + inner


def _pair_products(cells: Cells, places: CellPlaces, QL: FloatArray, QR: FloatArray | None = None) -> FloatArray:
    """tr(L X_a R X_b), or half of it where R is not given and equals L."""
    row, right = places.left, places.right
    # columns first: they are gathered one by one, while rows are then copied whole
    if QR is None:
        by_row, by_right = take(QL, row, -1), take(QL, right, -1)
        cross = take(by_right, row, -2)
        block = cross * swap(cross)
        block += take(by_right, right, -2) * take(by_row, row, -2)
        block *= move_to(cells.weight_products, block)
        return block  # type: ignore[no-any-return]
    both = np.array([QL, QR])
    by_row, by_right = both.take(row, axis=-1), both.take(right, axis=-1)
    crosses, rows, rights = by_right.take(row, axis=-2), by_row.take(row, axis=-2), by_right.take(right, axis=-2)
    half = crosses[0] * _transpose(crosses[1])
    block = half + _transpose(half)
    block += rights[0] * rows[1]
    block += rows[0] * rights[1]
    return np.asarray(np.multiply(block, cells.weight_products, out=block))


def _gather(matrix: FloatArray, rows: NDArray[np.intp], columns: NDArray[np.intp]) -> FloatArray:
    return take(take(matrix, columns, -1), rows, -2)  # type: ignore[no-any-return]


def _pick(matrix: FloatArray, rows: NDArray[np.intp], columns: NDArray[np.intp]) -> FloatArray:
    """The same of NumPy's arrays, which is asked for ten times an evaluation of second derivatives."""
    return matrix.take(columns, axis=-1).take(rows, axis=-2)


def mean_slopes(cells: Cells, all_mean: FloatArray) -> FloatArray:
    """s_a of ∂μ/∂a = s_a U·row: the mean of the affecting variable for A, 1 for m, 0 for S."""
    by_mean, constant = cells.mean_factors
    return take(all_mean, cells.column, -1) * move_to(by_mean, all_mean) + move_to(constant, all_mean)  # type: ignore[no-any-return]


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
