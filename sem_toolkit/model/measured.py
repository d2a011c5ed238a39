"""Slopes of the likelihood of measured factors, laid out as sums of products (see `sums`).

By Fisher's identity they are those of the likelihood of items and factors together at the moments that factors have
given the items (Rubin & Thayer 1982, Psychometrika 47, 69-76). With Σ = Θ + ΛΦΛᵀ, G = Θ⁻¹Λ and P = (Φ⁻¹ + ΛᵀG)⁻¹ these
are Y = TGP with the items and Q = P + P GᵀTG P of their own, T being what is observed, about the means of the model.
Neither Σ nor its inverse is made: nearly all of the work is TG, in which every item counts for its own factors alone.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.model.cells import DIRECTED, INTERCEPT
from sem_toolkit.model.entries import (
    Matrix,
    Place,
    add_effects,
    add_matrices,
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
from sem_toolkit.model.factored import Blocks, add_blocks, find_blocks
from sem_toolkit.model.ram import Model
from sem_toolkit.model.sums import ONE, Entry, Sums, SumsBuilder, Term

IntArray = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class MeasuredGroup:
    """Where the numbers of one group stand.

    covariance  first of the p² rows of S; mean: of the p rows of the sample's means, 0 without them
    blocks      those of Θ, of each size; variances: rows of the diagonal of S, in their order (p)
    factors     rows of Φ (m × m); inverse: first of the m² rows for its inverse
    middle      rows of P⁻¹ (m × m); inner: first of the m² rows for P
    reaches     of each factor with items: the first of a run of items that has them all, rows of its column of G there
                (0 between them), and first of the p rows for that column of SG
    trace       row of tr(TΣ⁻¹); size: p
    """

    size: int
    covariance: int
    mean: int
    blocks: tuple[Blocks, ...]
    variances: IntArray
    factors: IntArray
    inverse: int
    middle: IntArray
    inner: int
    reaches: tuple[tuple[int, IntArray, int], ...]
    trace: int


@dataclass(frozen=True, eq=False)
class Measured:
    """The layout of a model: rows from 2 on are x (q), those of samples stay as they are from point to point.

    before    makes Θ and Φ; first: makes G and P⁻¹ once these are inverted; last: all else, once P and SG are there
    traced    what values alone need, after that
    gradient  rows of the slopes (q); count: of all rows; share: of each group (G)
    """

    groups: tuple[MeasuredGroup, ...]
    share: NDArray[np.float64]
    before: Sums
    first: Sums
    last: Sums
    traced: Sums
    gradient: IntArray
    count: int

    @property
    def width(self) -> int:
        """Rows of the scratch that `Sums.run` needs."""
        return max(sums.width for sums in (self.before, self.first, self.last, self.traced))


def find_measured(model: Model, share: NDArray[np.float64]) -> Measured | None:
    """The layout of a model, made once. share: of each group (G)."""
    key = share.tobytes()
    if key not in model.measured_layouts:
        model.measured_layouts[key] = build_measured(model, share)
    return model.measured_layouts[key]


def build_measured(model: Model, share: NDArray[np.float64]) -> Measured | None:
    """The layout of a model; None where it has other than measured factors, whose items affect nothing.

    share  of each group (G)
    """
    if model.derived is not None or model.depth is None:
        return None
    builder, p = SumsBuilder(), model.n_observed
    builder.reserve(model.n_parameters)
    read = [read_group(model, g) for g in range(model.n_groups)]
    found = [find_blocks(directed, symmetric, p, model.n_variables) for directed, symmetric, _ in read]
    if any(blocks is None for blocks in found):
        return None
    groups = [_Group(model, g, float(share[g]), builder) for g in range(model.n_groups)]
    for group, blocks in zip(groups, found, strict=True):
        assert blocks is not None  # noqa: S101 (looked at above)
        group.begin(blocks)
    before = builder.finish()
    for group in groups:
        group.add_middle()
    first = builder.finish()
    slopes: list[list[Term]] = [[] for _ in range(model.n_parameters)]
    traces = [group.collect_slopes(slopes) for group in groups]
    gradient = builder.add_rows(slopes)
    last = builder.finish()
    places = builder.add_rows(traces).tolist()
    finished = tuple(group.finish(place) for group, place in zip(groups, places, strict=True))
    return Measured(finished, share, before, first, last, builder.finish(), gradient, builder.count)


class _Group:
    """One group while it is laid out."""

    def __init__(self, model: Model, group: int, share: float, builder: SumsBuilder) -> None:
        self.builder, self.share, self.cells = builder, share, model.cells[group]
        self.p, self.t, self.has_means = model.n_observed, model.n_variables, model.has_means
        self.items, self.latent = range(self.p), range(self.p, self.t)
        directed, self.symmetric, self.intercepts = read_group(model, group)
        self.loadings = {place: entry for place, entry in directed.items() if place[0] < self.p}
        self.paths = {place: entry for place, entry in directed.items() if place[0] >= self.p}

    def begin(self, blocks: list[IntArray]) -> None:
        """Rows of the sample, of Θ and of Φ, and what the means of factors are."""
        p, m = self.p, self.t - self.p
        self.covariance = self.builder.reserve(p * p)
        self.mean = self.builder.reserve(p) if self.has_means else 0
        self.related = {int(i): [int(j) for j in block] for block in blocks for i in block}
        self.effects = add_effects(self.builder, self.paths, self.latent)
        pairs = [(i, j) for i in self.latent for j in self.latent]
        own = {place: entry for place, entry in self.symmetric.items() if min(place) >= p}
        spread = multiply(self.builder, own, turn(self.effects), pairs)
        terms = list_products(self.effects, spread, list_lower(self.latent))
        self.factors = add_symmetric_rows(self.builder, terms).reshape(m, m)
        self.theta_inverse: Matrix = {}
        self.blocks = add_blocks(self.builder, self.symmetric, blocks, self.theta_inverse)
        self.inverse, self.inner = self.builder.reserve(m * m), self.builder.reserve(m * m)
        self.phi_inverse, self.P = (number_symmetric(first, m, p) for first in (self.inverse, self.inner))
        self.means: dict[int, Entry] = {}
        if self.has_means:
            column = {(i, 0): entry for i, entry in self.intercepts.items() if i >= p}
            found = multiply(self.builder, self.effects, column, ((i, 0) for i in self.latent))
            self.means = {i: entry for (i, _), entry in found.items()}

    def add_middle(self) -> None:
        """G and P⁻¹, and rows for SG."""
        places = [(i, k) for i in self.items for k in self.latent]
        self.G = multiply(self.builder, self.theta_inverse, self.loadings, places)
        terms = list_products(turn(self.loadings), self.G, list_lower(self.latent))
        terms = {place: scale(self.phi_inverse[place], 1.0) + own for place, own in terms.items()}
        self.middle = add_symmetric_rows(self.builder, terms).reshape(self.factors.shape)
        self.SG: Matrix = {}
        reaches = []
        for k in self.latent:
            reached = [i for i in self.items if (i, k) in self.G]
            if reached:
                run = range(reached[0], reached[-1] + 1)
                # a row times a factor is none that can be read as it is
                rows = self.builder.add_rows([scale(self.G.get((i, k)), 1.0) for i in run])
                first = self.builder.reserve(self.p)
                reaches.append((reached[0], rows, first))
                self.SG |= {(i, k): (1.0, first + i) for i in self.items}
        self.reaches = tuple(reaches)

    def collect_slopes(self, slopes: list[list[Term]]) -> list[Term]:
        """Add the terms of the slope by each parameter (q), and give back those of tr(TΣ⁻¹)."""
        T, TG, gap, along = self._add_means()
        latent, lower = self.latent, list_lower(self.latent)
        square, factors = [(i, k) for i in latent for k in latent], [(k, 0) for k in latent]
        wanted = sorted({(j, k) for i, k in self.loadings for j in self.related[i]})
        H, Y, reached = add_matrices(
            self.builder,
            list_products(turn(self.G), TG, lower),
            list_products(TG, self.P, wanted),
            list_products(self.P, along, factors),
        )
        H = H | turn(H)
        terms = list_products(self.loadings, reached, gap, -1.0)
        PH, off, pulled = add_matrices(
            self.builder,
            list_products(self.P, H, square),
            {place: scale(gap[place], 1.0) + own for place, own in terms.items()},
            list_products(self.phi_inverse, reached, factors if gap else ()),
        )
        (Q,) = add_matrices(self.builder, _add_terms(self.P, list_products(PH, self.P, lower)))
        Q = Q | turn(Q)
        terms = list_products(self.loadings, Q, wanted)
        rest, turned = add_matrices(
            self.builder,
            {place: own + scale(Y.get(place), -1.0) for place, own in terms.items()},
            list_products(self.phi_inverse, Q, square),
        )
        by_factors = _add_terms(self.phi_inverse, list_products(turned, self.phi_inverse, lower, -1.0))
        moments, E, forward, pull = add_matrices(
            self.builder,
            self._list_residuals(T, rest, Y),
            by_factors if self.paths else {},
            {(i, k): self._list_forward(turned, i, k) for i, k in square if self.paths},
            list_products(self.theta_inverse, off, ((i, 0) for i in self.items if gap))
            | list_products(turn(self.effects), pulled, factors if gap else ()),
        )
        weighed, reaching = add_matrices(
            self.builder,
            list_products(self.theta_inverse, moments, T),
            list_products(E | turn(E), self.effects, square if self.paths else ()),
        )
        by_items = _add_terms(self.theta_inverse, list_products(weighed, self.theta_inverse, T, -1.0))
        by_loadings = list_products(self.theta_inverse, rest, self.loadings)
        effects = turn(self.effects)
        if self.paths:
            by_factors = list_products(effects, reaching, [place for place in self.symmetric if min(place) >= self.p])
        by_directed = by_loadings | list_products(effects, forward, self.paths)
        self._collect(slopes, by_directed, by_items | by_factors, {i: entry for (i, _), entry in pull.items()})
        trace = [term for place in T for term in join(self.theta_inverse.get(place), T[place], 1.0)]
        for place in lower:
            trace += join(self.P.get(place), H.get(place), -1.0 if place[0] == place[1] else -2.0)
        return trace

    def _collect(
        self,
        slopes: list[list[Term]],
        directed: dict[Place, list[Term]],
        symmetric: dict[Place, list[Term]],
        pull: dict[int, Entry],
    ) -> None:
        """Add what was listed for the places of A and S, and pulls by means, of the other sign, to each parameter."""
        listed = (self.cells.position, self.cells.kind, self.cells.row, self.cells.column)
        for position, kind, row, column in zip(*(own.tolist() for own in listed), strict=True):
            if kind == INTERCEPT:
                slopes[position] += scale(pull.get(row), -self.share)
            elif kind == DIRECTED:
                slopes[position] += _weigh(directed[row, column], self.share)
                slopes[position] += join(pull.get(row), self.means.get(column), -self.share)
            else:
                place = max(row, column), min(row, column)
                slopes[position] += _weigh(symmetric[place], self.share if row != column else 0.5 * self.share)

    def _add_means(self) -> tuple[Matrix, Matrix, Matrix, Matrix]:
        """T and TG, what the means of the sample are off and Gᵀ of that."""
        p, pairs = self.p, [(i, j) for i, block in self.related.items() for j in block]
        T: Matrix = {(i, j): (1.0, self.covariance + i * p + j) for i, j in pairs}
        if not self.has_means:
            return T, self.SG, {}, {}
        means = {(k, 0): entry for k, entry in self.means.items()}
        terms = list_products(self.loadings, means, ((i, 0) for i in self.items), -1.0)
        for i in self.items:
            terms[i, 0] = [(1.0, self.mean + i, ONE), *scale(self.intercepts.get(i), -1.0), *terms[i, 0]]
        gap = add_matrix(self.builder, terms)
        along = multiply(self.builder, turn(self.G), gap, ((k, 0) for k in self.latent))
        outer = [
            {
                (i, j): scale(entry, 1.0) + join(gap.get((i, 0)), other.get((j, 0)), 1.0)
                for (i, j), entry in matrix.items()
            }
            for matrix, other in ((T, gap), (self.SG, along))
        ]
        T, TG = add_matrices(self.builder, *outer)
        return T, TG, gap, along

    def _list_residuals(self, T: Matrix, rest: Matrix, Y: Matrix) -> dict[Place, list[Term]]:
        """The second moments of residuals given the items, T + Λ(ΛQ − Y)ᵀ − YΛᵀ, where Θ is other than 0."""
        terms, more = list_products(self.loadings, turn(rest), T), list_products(Y, turn(self.loadings), T, -1.0)
        return {place: scale(T[place], 1.0) + terms[place] + more[place] for place in T}

    def _list_forward(self, turned: Matrix, i: int, k: int) -> list[Term]:
        """An element of 1 − Φ⁻¹Q."""
        one: list[Term] = [(1.0, ONE, ONE)] if i == k else []
        return one + scale(turned.get((i, k)), -1.0)

    def finish(self, trace: int) -> MeasuredGroup:
        """Where all that is read stands."""
        return MeasuredGroup(
            self.p,
            self.covariance,
            self.mean,
            self.blocks,
            self.covariance + (self.p + 1) * np.concatenate([variables.ravel() for variables, _, _ in self.blocks]),
            self.factors,
            self.inverse,
            self.middle,
            self.inner,
            self.reaches,
            trace,
        )


def _add_terms(matrix: Matrix, terms: dict[Place, list[Term]]) -> dict[Place, list[Term]]:
    """The terms of a matrix and others."""
    return {place: scale(matrix.get(place), 1.0) + own for place, own in terms.items()}


def _weigh(terms: list[Term], factor: float) -> list[Term]:
    return [(factor * own, left, right) for own, left, right in terms]
