"""One group of a model while it is laid out as sums of products (see `interleaved`)."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.model.cells import INTERCEPT, SYMMETRIC, Cells
from sem_toolkit.model.entries import (
    Matrix,
    Place,
    add_effects,
    add_matrix,
    add_symmetric_rows,
    join,
    list_lower,
    list_products,
    multiply,
    number_symmetric,
    read_group,
    scale,
    turn,
)
from sem_toolkit.model.factored import Factored, factor_inverse, find_blocks
from sem_toolkit.model.ram import Model
from sem_toolkit.model.sums import ONE, Entry, SumsBuilder, Term

IntArray = NDArray[np.intp]

_SWEPT = 16
"""Observed variables up to which Σ⁻¹ is as quick by itself."""


class GroupSums:
    """One group. Symmetric products are those of the columns of C = [U, W], of which there are 2t.

    left_rows    rows of L (p²); right_first: first of those of R; pull_first: of those of z
    """

    left_rows: IntArray
    right_first: int
    pull_first: int

    def __init__(self, model: Model, group: int, share: float, builder: SumsBuilder) -> None:
        self.builder, self.share = builder, share
        self.p, self.t = model.n_observed, model.n_variables
        self.cells: Cells = model.cells[group]
        self.has_means = model.has_means
        directed, symmetric, intercepts = read_group(model, group)
        self.directed, self.symmetric = directed, symmetric
        self.effects = add_effects(builder, directed, range(self.t))
        t = range(self.t)
        self.spread = self._multiply(symmetric, turn(self.effects), ((i, j) for i in t for j in t))  # S Bᵀ
        self.means: dict[int, Entry] = {}
        if self.has_means:
            column = {(i, 0): entry for i, entry in intercepts.items()}
            found = self._multiply(self.effects, column, ((i, 0) for i in t))
            self.means = {i: entry for (i, _), entry in found.items()}

    def _multiply(self, left: Matrix, right: Matrix, wanted: Iterable[Place]) -> Matrix:
        return multiply(self.builder, left, right, wanted)

    def add_covariance(self) -> IntArray:
        """Rows of Σ (p²)."""
        terms = list_products(self.effects, self.spread, list_lower(range(self.p)))
        return add_symmetric_rows(self.builder, terms)

    def find_inner(self) -> tuple[list[IntArray], IntArray] | None:
        """Blocks of Θ and rows of Φ (m²), where Σ⁻¹ can be made of smaller inverses."""
        if self.p <= _SWEPT:
            return None
        blocks, latent = find_blocks(self.directed, self.symmetric, self.p, self.t), range(self.p, self.t)
        if blocks is None:
            return None
        terms = list_products(self.effects, self.spread, list_lower(latent))
        return (blocks, add_symmetric_rows(self.builder, terms)) if all(terms[i, i] for i in latent) else None

    def factor(self, inner: tuple[list[IntArray], IntArray] | None) -> Factored | None:
        """Lay out Σ⁻¹ by smaller inverses, or rows for it as it is."""
        if inner is None:
            self.left_rows = self.builder.reserve(self.p * self.p) + np.arange(self.p * self.p)
            return None
        matrices = self.directed, self.symmetric, inner[1]
        found, self.left_rows = factor_inverse(self.builder, matrices, inner[0])
        return found

    def add_mean(self) -> IntArray:
        """Rows of μ (p)."""
        entries = (self.means.get(i) for i in range(self.p))
        return self.builder.add_rows([[] if entry is None else [(entry[0], entry[1], ONE)] for entry in entries])

    def add_products(self) -> None:
        """CᵀLC and CᵀRC for the columns of C = [U, W] that cells need, and Cᵀz."""
        used = sorted(set(self.cells.row.tolist()) | set(self.cells.right.tolist()))
        right = self.right_first + np.arange(self.p * self.p)
        self.left, self.right = (self._surround(rows, used) for rows in (self.left_rows, right))
        self._add_along({u - self.t for u in used if u >= self.t})

    def _add_along(self, turned: set[int]) -> None:
        """Cᵀz, of W only in these columns."""
        self.along: dict[int, Entry] = {}
        if self.has_means:
            across = {(0, i): (1.0, self.pull_first + i) for i in range(self.p)}
            direct = self._multiply(across, self._observed_effects, ((0, j) for j in range(self.t)))
            spread = self._multiply(direct, self.spread, ((0, j) for j in sorted(turned)))
            self.along = {j: entry for (_, j), entry in direct.items()}
            self.along |= {self.t + j: entry for (_, j), entry in spread.items()}

    def list_slopes_alone(self) -> list[list[Term]]:
        """The terms of the slope of each cell, R being −2 D / share, of no more products of C than slopes need."""
        cells, t, U = self.cells, self.t, self._observed_effects
        listed = list(zip(cells.row.tolist(), cells.right.tolist(), cells.weight.tolist(), strict=True))
        inner: dict[int, list[int]] = {}
        for k, j in self.spread:
            inner.setdefault(j, []).append(k)
        length = np.bincount([j for _, j in U], minlength=t)
        wanted = {(i, k) for i, right, _ in listed for k in ([right] if right < t else inner.get(right - t, ()))}
        shorter = {(j, k) if length[j] <= length[k] else (k, j) for j, k in wanted}
        reach: dict[int, list[int]] = {}
        for i, j in U:
            reach.setdefault(j, []).append(i)
        X = number_symmetric(self.right_first, self.p)
        XU = self._multiply(X, U, dict.fromkeys((i, k) for j, k in sorted(shorter) for i in reach.get(j, ())))
        found = self._multiply(turn(U), XU, sorted(shorter))
        found |= turn(found)
        self._add_along({right - t for _, right, _ in listed if right >= t})
        turned = self._multiply(found, self.spread, dict.fromkeys((i, u - t) for i, u, _ in listed if u >= t))
        terms = []
        for cell, (row, right, weight) in enumerate(listed):
            entry = found.get((row, right)) if right < t else turned.get((row, right - t))
            terms.append(scale(entry, -self.share * weight) + self._pull_mean(cell))
        return terms

    def _pull_mean(self, cell: int) -> list[Term]:
        """What the means add to the slope of a cell."""
        slope, row = self._get_slope(cell), int(self.cells.row[cell])
        return [] if slope is None else join(self.along.get(row), slope, -self.share)

    @property
    def _observed_effects(self) -> Matrix:
        return {place: entry for place, entry in self.effects.items() if place[0] < self.p}

    def _surround(self, rows: IntArray, used: list[int]) -> Matrix:
        """CᵀXC of the symmetric X in these rows (p²): rows and columns are those of C."""
        p, t, U = self.p, self.t, self._observed_effects
        X: Matrix = {(i, j): (1.0, int(rows[max(i, j) * p + min(i, j)])) for i in range(p) for j in range(p)}
        turned = [u - t for u in used if u >= t]
        direct = sorted({u for u in used if u < t} | {k for k, j in self.spread if j in turned})
        XU = self._multiply(X, U, ((i, j) for i in range(p) for j in direct))
        length = np.bincount([j for _, j in U], minlength=t)
        shorter = [(j, k) if length[j] <= length[k] else (k, j) for j in direct for k in direct if j >= k]
        found = self._multiply(turn(U), XU, shorter)
        found |= turn(found)
        right = self._multiply(found, self.spread, ((j, k) for j in direct for k in turned))
        both = self._multiply(turn(self.spread), right, ((j, k) for j in turned for k in turned if j >= k))
        found |= {(j, t + k): entry for (j, k), entry in right.items()}
        found |= {(t + k, j): entry for (j, k), entry in right.items()}
        found |= {(t + j, t + k): entry for (j, k), entry in both.items()}
        return found | {(t + k, t + j): entry for (j, k), entry in both.items()}

    def _get_slope(self, cell: int) -> Entry | None:
        """s_a of ∂μ/∂a = s_a U·row."""
        kind = self.cells.kind[cell]
        if not self.has_means or kind == SYMMETRIC:
            return None
        return (1.0, ONE) if kind == INTERCEPT else self.means.get(int(self.cells.column[cell]))

    def list_slopes(self) -> list[list[Term]]:
        """The terms of the slope of each cell."""
        cells, found = self.cells, []
        for cell, (row, right, weight) in enumerate(zip(cells.row, cells.right, cells.weight, strict=True)):
            terms: list[Term] = []
            for matrix, factor in ((self.left, 0.5), (self.right, -1.0)):
                terms += scale(matrix.get((int(row), int(right))), factor * self.share * float(weight))
            found.append(terms + self._pull_mean(cell))
        return found

    def collect_pairs(self, square: dict[Place, list[Term]], *, exact: bool) -> None:
        """Add the terms of second derivatives by pairs of cells, in the order of parameters."""
        cells = self.cells
        row, right, weight = cells.row.tolist(), cells.right.tolist(), cells.weight.tolist()
        position = cells.position.tolist()
        slopes = [self._get_slope(cell) for cell in range(cells.size)]
        reach = self._list_reach(slopes) if exact and self.has_means else {}
        pairs = [(a, b) for a in range(cells.size) for b in range(a + 1)]
        both = {(a, b): join(slopes[a], slopes[b], 1.0) for a, b in pairs}
        products = add_matrix(self.builder, both)
        for a, b in pairs:
            terms = square.setdefault((max(position[a], position[b]), min(position[a], position[b])), [])
            L, factor = self.left, weight[a] * weight[b] * self.share
            R, k = (self.right, 1.0) if exact else (self.left, 0.5)
            for left, other in (
                ((row[a], right[b]), (right[a], row[b])),
                ((right[a], row[b]), (row[a], right[b])),
                ((right[a], right[b]), (row[a], row[b])),
                ((row[a], row[b]), (right[a], right[b])),
            ):
                terms += join(L.get(left), R.get(other), k * factor)
            terms += join(L.get((row[a], row[b])), products.get((a, b)), self.share)
            if reach:
                terms += join(slopes[a], reach.get((row[a], b)), self.share)
                terms += join(slopes[b], reach.get((row[b], a)), self.share)
        if exact:
            self._collect_second_order(square)

    def _list_reach(self, slopes: list[Entry | None]) -> Matrix:
        """U·iᵀL ∂bΣ z of every row i with a mean and every cell b."""
        cells = self.cells
        starts = sorted({int(cells.row[a]) for a, slope in enumerate(slopes) if slope is not None})
        terms: dict[Place, list[Term]] = {}
        for i in starts:
            for b in range(cells.size):
                row, right, weight = int(cells.row[b]), int(cells.right[b]), float(cells.weight[b])
                terms[i, b] = join(self.left.get((i, row)), self.along.get(right), weight)
                terms[i, b] += join(self.left.get((i, right)), self.along.get(row), weight)
        return add_matrix(self.builder, terms)

    def _collect_second_order(self, square: dict[Place, list[Term]]) -> None:
        """tr(D ∂a∂bΣ) − share zᵀ∂a∂bμ of pairs with a directed cell."""
        cells, t = self.cells, self.t
        row, right, weight, column = (own.tolist() for own in (cells.row, cells.right, cells.weight, cells.column))
        directed, symmetric = cells.directed.tolist(), cells.symmetric.tolist()
        sources = sorted({column[a] for a in directed})
        variances = self._multiply(self.effects, self.spread, ((i, j) for i in sources for j in sources if i >= j))
        variances |= turn(variances)
        used = sorted(set(row) | set(right))
        wanted: dict[Place, list[Term]] = {(j, k): [] for j in used for k in used if j >= k and (j < t or k < t)}
        for pair, terms in wanted.items():
            terms += scale(self.left.get(pair), 0.25 * self.share) + scale(self.right.get(pair), -0.5 * self.share)
        D = add_matrix(self.builder, wanted)
        D |= turn(D)
        bent = self._list_bent(directed, sources)

        def put(a: int, b: int, terms: list[Term]) -> None:
            i, j = int(cells.position[a]), int(cells.position[b])
            square.setdefault((max(i, j), min(i, j)), []).extend(terms)

        B = self.effects
        for a in directed:
            i, j = row[a], column[a]
            for b in directed:
                k, m = row[b], column[b]
                if a >= b:
                    put(a, b, join(variances.get((j, m)), D.get((i, k)), 2.0))
                    for effect, pull, inflow in (
                        (B.get((j, k)), D.get((i, right[b])), bent.get((i, m))),
                        (B.get((m, i)), D.get((k, right[a])), bent.get((k, j))),
                    ):
                        put(a, b, join(effect, pull, 2.0) + join(effect, inflow, -self.share))
            for b in symmetric:
                factor = 2.0 * weight[b]
                put(a, b, join(B.get((j, row[b])), D.get((i, right[b])), factor))
                put(a, b, join(B.get((j, column[b])), D.get((i, row[b])), factor))
            for b in cells.intercept.tolist():
                put(a, b, join(B.get((j, row[b])), self.along.get(i), -self.share))

    def _list_bent(self, directed: list[int], sources: list[int]) -> Matrix:
        """U·iᵀz E(j) of the rows and the sources of effects."""
        ends = sorted({int(self.cells.row[a]) for a in directed})
        terms = {(i, j): join(self.along.get(i), self.means.get(j), 1.0) for i in ends for j in sources}
        return add_matrix(self.builder, terms)
