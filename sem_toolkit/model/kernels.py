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

from sem_toolkit.model.cells import Cells, Placed, Run
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
            reshape(
                take(along[..., run.span, :], run.cells.row, -1)
                * mean_slopes(run.cells, moments.all_mean[..., run.span, :]),
                (*by_cell.shape[:-1], -1),
            )
            for run in model.runs
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
    for run in model.runs:
        cells, places = run.cells, run.places
        Q = products[..., run.span, :, :]
        columns = take(Q, places.left, -1)  # columns first: they are gathered one by one, and then rows copied whole
        rows, cross = take(columns, places.left, -2), take(columns, places.right, -2)
        block = cross * swap(cross)
        block += take(take(Q, places.right, -1), places.right, -2) * rows
        block *= move_to(cells.weight_products, block)
        if means and moments.all_mean is not None:
            slopes = mean_slopes(cells, moments.all_mean[..., run.span, :])
            block += rows * (slopes[..., :, None] * slopes[..., None, :])
        blocks.append(scale_block(block, scale[run.span]))
    return pull_back_square(model, x, assemble(model, blocks))


def assemble(model: Model, blocks: list[FloatArray]) -> FloatArray:
    """The square of all cells (... × cells × cells) from those of the runs' cells (... × g × c × c)."""
    if model.square_order is None:
        return blocks[0][..., 0, :, :]
    batch = tuple(blocks[0].shape[:-3])
    if isinstance(blocks[0], np.ndarray) and not batch:
        result = empty_square(model, blocks[0])
        for run, block in zip(model.runs, blocks, strict=True):
            add_block(result, run, block)
        return result
    space = get_namespace(blocks[0])
    flat = space.concat([reshape(block, (*batch, -1)) for block in blocks], axis=-1)
    size = int(len(model.square_order) ** 0.5)
    return reshape(_arrange(flat, model.square_order), (*batch, size, size))  # type: ignore[no-any-return]


def compute_observed_part(
    moments: ImpliedMoments,
    run: Run,
    left: FloatArray,
    right: FloatArray,
    pull: FloatArray | None,
) -> FloatArray:
    """tr(L ∂aΣ R ∂bΣ) for the cells of a run of groups (... × g × c × c), plus, where means matter,
    ∂aμᵀL∂bμ + ∂aμᵀL∂bΣ z + ∂bμᵀL∂aΣ z.

    left, right  ... × g × p × p symmetric L and R
    pull         ... × g × p: the vector z, or None
    """
    C = moments.used_columns[..., run.span, :, :]
    Ct = _transpose(C)
    along = None if pull is None else (Ct @ pull[..., None])[..., 0]
    return gather_observed_part(moments, run, Ct @ (left @ C), Ct @ (right @ C), along)


def gather_observed_part(
    moments: ImpliedMoments,
    run: Run,
    by_left: FloatArray,
    by_right: FloatArray,
    along: FloatArray | None,
) -> FloatArray:
    """The same from the products CᵀLC and CᵀRC (... × g × k × k) and Cᵀz (... × g × k)."""
    cells, places = run.cells, run.places
    both = np.array([by_left, by_right])
    columns, far_columns = both.take(places.left, axis=-1), both.take(places.right, axis=-1)
    rows, crosses = columns.take(places.left, axis=-2), far_columns.take(places.left, axis=-2)
    rights = far_columns.take(places.right, axis=-2)
    half = crosses[0] * _transpose(crosses[1])
    block = half + _transpose(half)
    block += rights[0] * rows[1]
    block += rows[0] * rights[1]
    block *= cells.weight_products
    if along is not None and moments.all_mean is not None:
        slopes = mean_slopes(cells, moments.all_mean[..., run.span, :])
        reach = (cells.weight * along[..., places.right] + 0.5 * slopes)[..., None, :] * rows[0]
        reach += (cells.weight * along[..., places.left])[..., None, :] * crosses[0]
        reach *= slopes[..., :, None]
        block += reach
        block += _transpose(reach)
    return np.asarray(block)


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
    for run in model.runs:
        span, bends = run.span, run.bends
        H = products[..., span, :, :]
        B, V = moments.total_effects[..., span, :, :], moments.all_covariance[..., span, :, :]
        effects = _pick(B, bends.sources, bends.effects)  # B_li at [b, a]: b = (k, l), a = (i, j)
        pulls = _pick(H, bends.lefts, bends.pulls)
        a, s = len(bends.sources), len(bends.weight)
        block = np.zeros((*H.shape[:-2], run.cells.size, run.cells.size))
        forward = effects[..., :a]
        half = forward * pulls[..., :a]
        inner = half + _transpose(half) + _pick(V, bends.sources, bends.sources) * pulls[..., a + 2 * s :]
        np.multiply(inner, 2.0, out=block[..., :a, :a])
        mixed = effects[..., a : a + s] * pulls[..., a : a + s]
        mixed += effects[..., a + s : a + 2 * s] * pulls[..., a + s : a + 2 * s]
        mixed *= bends.weight
        block[..., :a, a : a + s] = mixed
        block[..., a : a + s, :a] = _transpose(mixed)
        if by_mean is not None and moments.all_mean is not None:
            reach = (by_mean[..., span, None, :] @ B[..., : by_mean.shape[-1], :])[..., 0, :]
            along = reach[..., bends.effects[:a]][..., :, None]
            forward = forward * along
            forward *= moments.all_mean[..., span, :][..., bends.sources][..., None, :]
            block[..., :a, :a] += forward
            block[..., :a, :a] += _transpose(forward)
            bent = effects[..., a + 2 * s :] * along
            block[..., :a, a + s :] = bent
            block[..., a + s :, :a] = _transpose(bent)
        if bends.leads and model.square_order is None:  # there is no other group
            return block[..., 0, :, :]
        add_block(result, bends, block)
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


def _pick(matrix: FloatArray, rows: NDArray[np.intp], columns: NDArray[np.intp]) -> FloatArray:
    """Elements of matrices of NumPy; columns first: they are gathered one by one, while rows are then copied whole."""
    return matrix.take(columns, axis=-1).take(rows, axis=-2)


def mean_slopes(cells: Cells, all_mean: FloatArray) -> FloatArray:
    """s_a of ∂μ/∂a = s_a U·row: the mean of the affecting variable for A, 1 for m, 0 for S."""
    by_mean, constant = cells.mean_factors
    return take(all_mean, cells.column, -1) * move_to(by_mean, all_mean) + move_to(constant, all_mean)  # type: ignore[no-any-return]


def add_block(result: FloatArray, cells: Placed, block: FloatArray, scale: FloatArray | None = None) -> None:
    """Add the blocks of cells of g groups (... × g × c × c) to the square of all cells, in place.

    scale  what each group's block is multiplied by (g), in place
    """
    if scale is not None:
        block = scale_block(block, scale)
    if cells.spans is not None:
        for group, span in enumerate(cells.spans):
            result[..., span, span] += block[..., group, :, :]
    else:
        position = cells.position
        result[..., position[:, :, None], position[:, None, :]] += block


def scale_block(block: FloatArray, scale: FloatArray) -> FloatArray:
    """The blocks of g groups (... × g × c × c) times a number each (g), in place."""
    if len(scale) > 1 or scale[0] != 1.0:
        block *= move_to(scale[:, None, None], block)
    return block


def empty_square(model: Model, like: FloatArray) -> FloatArray:
    """Zeros, ... × cells × cells, with the batch axes of `like` (... × G × p × p)."""
    size = sum(cells.size for cells in model.cells) + model.n_hidden
    return np.zeros((*like.shape[:-3], size, size))


def _transpose(matrix: FloatArray) -> FloatArray:
    return matrix.swapaxes(-1, -2)
