"""A small model laid out as sums of products: moments, slopes and second derivatives of many points side by side.

The formulas are those of `kernels`. What differs is the order in memory (see `sums`), and that elements which the
model fixes at 0 or 1 are never touched: of 3 factors with 3 indicators each, Σ has one product an element.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.model.entries import Place
from sem_toolkit.model.factored import Factored
from sem_toolkit.model.group_sums import GroupSums
from sem_toolkit.model.ram import Model
from sem_toolkit.model.sums import ZERO, Sums, SumsBuilder, Term

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]

LARGEST = 160
"""Parameters of the largest model that is laid out: the time that takes grows with their square."""


@dataclass(frozen=True, eq=False)
class Interleaved:
    """Where numbers stand, and how they are made; rows from 2 on are x (q).

    moments     makes covariance (G × p²) and mean (G × p, None without means), the places of these
    factored    G: how Σ⁻¹ is made of smaller inverses, or None where it is not
    left        G × p²: rows of the symmetric L of each group, which is Σ⁻¹ where that is factored
    right       G: first of the p² rows for the symmetric R; pull: of the p rows for z, 0 without means
    slopes      makes gradient (q): of tr(D dΣ) − share zᵀdμ with D = share (¼ L − ½ R)
    alone       makes alone_gradient (q), which is the same where −2 D / share stands for R, and nothing else
    expected    makes expected_square (q²): share (½ tr(L ∂aΣ L ∂bΣ) + ∂aμᵀL∂bμ)
    exact       makes exact_square (q²): share (tr(L ∂aΣ R ∂bΣ) + ∂aμᵀL∂bμ + ∂aμᵀL∂bΣ z + ∂bμᵀL∂aΣ z) + tr(D ∂a∂bΣ)
                − share zᵀ∂a∂bμ
    counts      rows that are needed for slopes alone, and for expected or exact, one of which is made at a time, in the
                same rows
    """

    moments: Sums
    covariance: IntArray
    mean: IntArray | None
    factored: tuple[Factored | None, ...]
    left: tuple[IntArray, ...]
    right: tuple[int, ...]
    pull: tuple[int, ...]
    slopes: Sums
    gradient: IntArray
    alone: Sums
    alone_gradient: IntArray
    expected: Sums
    expected_square: IntArray
    exact: Sums
    exact_square: IntArray
    counts: tuple[int, int]

    @property
    def width(self) -> int:
        """Rows of the scratch that `Sums.run` needs."""
        more = [sums for own in self.factored if own is not None for sums in (own.first, own.last)]
        return max(sums.width for sums in (self.moments, self.slopes, self.alone, self.expected, self.exact, *more))


def is_laid_out(model: Model) -> bool:
    """Whether a model can be laid out and is small enough: no loops, no cells that follow from others."""
    return model.derived is None and model.depth is not None and model.n_parameters <= LARGEST


def find_layout(model: Model, share: FloatArray) -> Interleaved:
    """The layout of a model, made once. share: of each group (G)."""
    key = share.tobytes()
    if key not in model.layouts:
        model.layouts[key] = build_interleaved(model, share)
    return model.layouts[key]


def build_interleaved(model: Model, share: FloatArray) -> Interleaved:
    """The layout of a model. share: of each group (G)."""
    builder, p, q = SumsBuilder(), model.n_observed, model.n_parameters
    builder.reserve(q)
    groups = [GroupSums(model, g, float(share[g]), builder) for g in range(model.n_groups)]
    covariance = np.stack([group.add_covariance() for group in groups])
    mean = np.stack([group.add_mean() for group in groups]) if model.has_means else None
    inner = [group.find_inner() for group in groups]
    moments = builder.finish()
    factored = tuple(group.factor(own) for group, own in zip(groups, inner, strict=True))
    for group in groups:
        group.right_first = builder.reserve(p * p)
        group.pull_first = builder.reserve(p) if model.has_means else 0
    alone, alone_gradient, fewest = _lay_out_slopes(groups, builder.branch(), q)
    for group in groups:
        group.builder = builder
        group.add_products()
    gradient_rows = builder.add_rows(_collect(groups, q, GroupSums.list_slopes))
    slopes = builder.finish()
    (expected, expected_square, some), (exact, exact_square, more) = (
        _lay_out_square(groups, builder.branch(), q, exact=exact) for exact in (False, True)
    )
    return Interleaved(
        moments,
        covariance,
        mean,
        factored,
        tuple(group.left_rows for group in groups),
        tuple(group.right_first for group in groups),
        tuple(group.pull_first for group in groups),
        slopes,
        gradient_rows,
        alone,
        alone_gradient,
        expected,
        expected_square,
        exact,
        exact_square,
        (fewest, max(some, more)),
    )


def _collect(groups: list[GroupSums], q: int, list_terms: Callable[[GroupSums], list[list[Term]]]) -> list[list[Term]]:
    """The terms of the slope by each parameter (q)."""
    found: list[list[Term]] = [[] for _ in range(q)]
    for group in groups:
        for position, terms in zip(group.cells.position.tolist(), list_terms(group), strict=True):
            found[position] += terms
    return found


def _lay_out_slopes(groups: list[GroupSums], builder: SumsBuilder, q: int) -> tuple[Sums, IntArray, int]:
    """Slopes alone (rows, q), and how many rows there are then."""
    for group in groups:
        group.builder = builder
    rows = builder.add_rows(_collect(groups, q, GroupSums.list_slopes_alone))
    return builder.finish(), rows, builder.count


def _lay_out_square(
    groups: list[GroupSums], builder: SumsBuilder, q: int, *, exact: bool
) -> tuple[Sums, IntArray, int]:
    """Second derivatives (rows, q²), and how many rows there are then."""
    terms: dict[Place, list[Term]] = {}
    for group in groups:
        group.builder = builder
        group.collect_pairs(terms, exact=exact)
    rows = builder.add_rows(terms.values())
    square = np.full((q, q), ZERO)
    a, b = (np.array([place[side] for place in terms], dtype=np.intp) for side in (0, 1))
    square[a, b] = square[b, a] = rows
    return builder.finish(), square.ravel(), builder.count
