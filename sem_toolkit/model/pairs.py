"""Second derivatives over stacks: every pair of cells once, each a sum of products of elements gathered by index.

The formulas are those of `kernels`; here they are laid out for many points of a small model, where what counts is the
number of elements that are gathered. Any array library will do.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.model.cells import CellPlaces, Cells
from sem_toolkit.model.kernels import mean_slopes
from sem_toolkit.model.moments import ImpliedMoments
from sem_toolkit.model.namespace import Array, get_namespace, move_to, take
from sem_toolkit.model.ram import Model

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Terms:
    """What the curvature of the moments adds to pairs of cells: Σ factor × effect × pull, slot by slot.

    pairs    n: the pairs that have any; effects, pulls and factors: slots × n
    effects  places among the elements of [B, V] (2 t²); pulls: among those of [H, along ⊗ (E(v), 1)]
    """

    pairs: IntArray
    effects: IntArray
    pulls: IntArray
    factors: FloatArray


@dataclass(frozen=True, eq=False)
class GroupPairs:
    """Pairs a ≤ b of the cells of one group (n of them), for the k used columns of C.

    first, second  the cells; weight: w_a w_b; the other arrays are places among the k² elements of CᵀQC
    """

    cells: Cells
    first: IntArray
    second: IntArray
    weight: FloatArray
    left_left: IntArray
    right_right: IntArray
    left_right: IntArray
    right_left: IntArray
    lefts: CellPlaces
    terms: Terms


@dataclass(frozen=True, eq=False)
class Pairs:
    """All groups' pairs, and how their values make the square of all parameters (q² places, 0 behind the last)."""

    groups: tuple[GroupPairs, ...]
    square: IntArray
    size: int
    has_gaps: bool


def build_pairs(model: Model) -> Pairs:
    """The pairs of a model; of one with composites those of its cells, which `pull_back_square` brings to x."""
    reach = _find_reach(model)
    k, size = len(model.used_columns), sum(cells.size for cells in model.cells) + model.n_hidden
    total = sum(cells.size * (cells.size + 1) // 2 for cells in model.cells)
    square, groups, start = np.full((size, size), total), [], 0
    for group, (cells, places) in enumerate(zip(model.cells, model.cell_places, strict=True)):
        a, b = np.triu_indices(cells.size)
        left, right = places.left, places.right
        groups.append(
            GroupPairs(
                cells,
                a,
                b,
                cells.weight[a] * cells.weight[b],
                left[a] * k + left[b],
                right[a] * k + right[b],
                left[a] * k + right[b],
                right[a] * k + left[b],
                places,
                _list_terms(model, cells, places, reach[group], k),
            )
        )
        numbers = start + np.arange(len(a))
        square[cells.position[a], cells.position[b]] = square[cells.position[b], cells.position[a]] = numbers
        start += len(a)
    return Pairs(tuple(groups), square.ravel(), size, bool((square == total).any()))


def gather_stacked_information(
    pairs: Pairs, moments: ImpliedMoments, products: FloatArray, scale: FloatArray
) -> FloatArray:
    """Σ_g scale_g (½ tr(V ∂aΣ V ∂bΣ) + ∂aμᵀ V ∂bμ) from CᵀVC (... × G × k × k), by cells."""
    parts = []
    for group, own in enumerate(pairs.groups):
        flat = _flatten(products[..., group, :, :])
        rows = take(flat, own.left_left, -1)
        value = rows * take(flat, own.right_right, -1)
        value += take(flat, own.left_right, -1) * take(flat, own.right_left, -1)
        value *= move_to(own.weight, value)
        if moments.all_mean is not None:
            slopes = mean_slopes(own.cells, moments.all_mean[..., group, :])
            value += rows * take(slopes, own.first, -1) * take(slopes, own.second, -1)
        parts.append(value * float(scale[group]))
    return _square(pairs, parts)


def gather_stacked_observed(
    pairs: Pairs,
    moments: ImpliedMoments,
    parts: tuple[FloatArray, FloatArray, FloatArray | None],
    scale: FloatArray,
    pulls: tuple[FloatArray, FloatArray | None],
) -> FloatArray:
    """Σ_g scale_g (tr(L ∂aΣ R ∂bΣ) + ∂aμᵀL∂bμ + ∂aμᵀL∂bΣ z + ∂bμᵀL∂aΣ z) + tr(D ∂a∂bΣ) + eᵀ ∂a∂bμ, by cells.

    parts  CᵀLC, CᵀRC (... × G × k × k) and Cᵀz (... × G × k), or None where means do not matter
    pulls  CᵀDC and e, as of `gather_stacked_second_order`
    """
    values = _gather_observed(pairs, moments, *parts, scale)
    for value, more in zip(values, _gather_second_order(pairs, moments, *pulls), strict=True):
        value += more
    return _square(pairs, values)


def gather_stacked_second_order(
    pairs: Pairs, moments: ImpliedMoments, products: FloatArray, by_mean: FloatArray | None
) -> FloatArray:
    """tr(D ∂a∂bΣ) + eᵀ ∂a∂bμ from H = CᵀDC, by cells."""
    return _square(pairs, _gather_second_order(pairs, moments, products, by_mean))


def _gather_observed(
    pairs: Pairs,
    moments: ImpliedMoments,
    left: FloatArray,
    right: FloatArray,
    along: FloatArray | None,
    scale: FloatArray,
) -> list[Array]:
    parts = []
    for group, own in enumerate(pairs.groups):
        L, R = _flatten(left[..., group, :, :]), _flatten(right[..., group, :, :])
        L_rows, L_cross, L_back = (take(L, at, -1) for at in (own.left_left, own.left_right, own.right_left))
        value = L_cross * take(R, own.right_left, -1)
        value += L_back * take(R, own.left_right, -1)
        value += take(L, own.right_right, -1) * take(R, own.left_left, -1)
        value += L_rows * take(R, own.right_right, -1)
        value *= move_to(own.weight, value)
        if along is not None and moments.all_mean is not None:
            slopes = mean_slopes(own.cells, moments.all_mean[..., group, :])
            s_a, s_b = take(slopes, own.first, -1), take(slopes, own.second, -1)
            weight = move_to(own.cells.weight, slopes)
            pull_right = weight * take(along[..., group, :], own.lefts.right, -1)
            pull_left = weight * take(along[..., group, :], own.lefts.left, -1)
            value += s_a * s_b * L_rows
            value += s_a * (take(pull_right, own.second, -1) * L_rows + take(pull_left, own.second, -1) * L_cross)
            value += s_b * (take(pull_right, own.first, -1) * L_rows + take(pull_left, own.first, -1) * L_back)
        parts.append(value * float(scale[group]))
    return parts


def _gather_second_order(
    pairs: Pairs, moments: ImpliedMoments, products: FloatArray, by_mean: FloatArray | None
) -> list[Array]:
    space, parts = get_namespace(products), []
    for group, own in enumerate(pairs.groups):
        terms, B = own.terms, moments.total_effects[..., group, :, :]
        value = space.zeros_like(products[..., group, 0, :1])
        if len(terms.pairs):
            effects = space.concat([_flatten(B), _flatten(moments.all_covariance[..., group, :, :])], axis=-1)
            pulls = _flatten(products[..., group, :, :])
            if moments.all_mean is not None:
                p = moments.covariance.shape[-1]
                mean = moments.all_mean[..., group, :]
                inflow = space.concat([mean, space.ones_like(mean[..., :1])], axis=-1)
                e = space.zeros_like(mean[..., :p]) if by_mean is None else by_mean[..., group, :]
                reach = (e[..., None, :] @ B[..., :p, :])[..., 0, :]
                pulls = space.concat([pulls, _flatten(reach[..., :, None] * inflow[..., None, :])], axis=-1)
            for effect, pull, factor in zip(terms.effects, terms.pulls, terms.factors, strict=True):
                value = value + move_to(factor, pulls) * take(effects, effect, -1) * take(pulls, pull, -1)
        places = np.full(len(own.first), len(terms.pairs))
        places[terms.pairs] = np.arange(len(terms.pairs))
        if len(terms.pairs):
            value = space.concat([value, space.zeros_like(value[..., :1])], axis=-1)
        parts.append(take(value, places, -1))
    return parts


def _square(pairs: Pairs, parts: list[Array]) -> FloatArray:
    space, flat = get_namespace(parts[0]), parts[0]
    if pairs.has_gaps:
        nothing = space.zeros((*flat.shape[:-1], 1), dtype=flat.dtype, device=flat.device)
        flat = space.concat([*parts, nothing], axis=-1)
    batch = tuple(flat.shape[:-1])
    return space.reshape(take(flat, pairs.square, -1), (*batch, pairs.size, pairs.size))  # type: ignore[no-any-return]


def _flatten(matrix: Array) -> Array:
    return get_namespace(matrix).reshape(matrix, (*matrix.shape[:-2], -1))


def _find_reach(model: Model) -> NDArray[np.bool_]:
    """Where B may be other than 0: G × t × t."""
    arrows = model.directed != 0.0
    for group, cells in enumerate(model.cells):
        arrows[group, cells.row[cells.directed], cells.column[cells.directed]] = True
    reach = arrows | np.eye(model.n_variables, dtype=np.bool_)
    for _ in range(int(np.ceil(np.log2(max(model.n_variables, 2))))):
        reach = (reach.astype(np.float64) @ reach.astype(np.float64)) > 0.0
    return np.asarray(reach)


@dataclass(frozen=True, eq=False)
class _Layout:
    """Places among the elements of [B, V] and of [H, along ⊗ (E(v), 1)] by row and column, for t variables."""

    t: int
    k: int

    def effect(self, row: IntArray, column: IntArray) -> IntArray:
        return row * self.t + column

    def covariance(self, row: IntArray, column: IntArray) -> IntArray:
        return self.t * self.t + row * self.t + column

    def product(self, row: IntArray, column: IntArray) -> IntArray:
        return row * self.k + column

    def inflow(self, along: IntArray, mean: IntArray | int) -> IntArray:
        return self.k * self.k + along * (self.t + 1) + mean


def _list_terms(model: Model, cells: Cells, places: CellPlaces, reach: NDArray[np.bool_], k: int) -> Terms:
    """All terms of pairs with a directed cell, without those whose effect is 0 whatever the values are."""
    at = _Layout(model.n_variables, k)
    collector = _Collector(cells.size)
    a, s, m = cells.directed, cells.symmetric, cells.intercept
    i, j = cells.row, cells.column
    left, right = places.left, places.right
    x, y = (grid.ravel() for grid in np.meshgrid(a, a, indexing="ij"))
    known = reach[j[x], i[y]]
    collector.add(x, y, at.covariance(j[x], j[y]), at.product(left[x], left[y]), 2.0, np.ones(len(x), dtype=np.bool_))
    collector.add(x, y, at.effect(j[x], i[y]), at.product(left[x], right[y]), 2.0, known)
    collector.add(x, y, at.effect(j[y], i[x]), at.product(left[y], right[x]), 2.0, reach[j[y], i[x]])
    if model.has_means:
        collector.add(x, y, at.effect(j[x], i[y]), at.inflow(i[x], j[y]), 1.0, known)
        collector.add(x, y, at.effect(j[y], i[x]), at.inflow(i[y], j[x]), 1.0, reach[j[y], i[x]])
    x, y = (grid.ravel() for grid in np.meshgrid(a, s, indexing="ij"))
    factor = 2.0 * cells.weight[y]
    collector.add(x, y, at.effect(j[x], i[y]), at.product(left[x], right[y]), factor, reach[j[x], i[y]])
    collector.add(x, y, at.effect(j[x], j[y]), at.product(left[x], left[y]), factor, reach[j[x], j[y]])
    if model.has_means:
        x, y = (grid.ravel() for grid in np.meshgrid(a, m, indexing="ij"))
        mean = np.full(len(x), model.n_variables)
        collector.add(x, y, at.effect(j[x], i[y]), at.inflow(i[x], mean), 1.0, reach[j[x], i[y]])
    return collector.build()


class _Collector:
    """Gathers terms by pair; a pair is met from both sides where both cells are directed, and then counted once."""

    def __init__(self, size: int) -> None:
        first, second = np.triu_indices(size)
        self._number = np.zeros((size, size), dtype=np.intp)
        self._number[first, second] = self._number[second, first] = np.arange(len(first))
        self._parts: list[tuple[IntArray, IntArray, IntArray, FloatArray]] = []

    def add(
        self, x: IntArray, y: IntArray, effect: IntArray, pull: IntArray, factor: float | FloatArray, known: Array
    ) -> None:
        both = len(np.unique(x)) == len(np.unique(y)) and set(x.tolist()) == set(y.tolist())
        chosen = np.flatnonzero(known & (x <= y) if both else known)
        factors = np.broadcast_to(np.asarray(factor, dtype=np.float64), x.shape)
        self._parts.append((self._number[x, y][chosen], effect[chosen], pull[chosen], factors[chosen]))

    def build(self) -> Terms:
        number, effect, pull = (np.concatenate([part[i] for part in self._parts]) for i in range(3))
        factor = np.concatenate([part[3] for part in self._parts])
        order = np.argsort(number, kind="stable")
        number, effect, pull, factor = number[order], effect[order], pull[order], factor[order]
        pairs, starts, counts = np.unique(number, return_index=True, return_counts=True)
        slots = int(counts.max(initial=0))
        table = np.zeros((slots, len(pairs)), dtype=np.intp)
        effects, pulls, factors = table.copy(), table.copy(), table.astype(np.float64)
        slot = np.arange(len(number)) - np.repeat(starts, counts)
        place = np.repeat(np.arange(len(pairs)), counts)
        effects[slot, place], pulls[slot, place], factors[slot, place] = effect, pull, factor
        return Terms(pairs, effects, pulls, factors)
