"""Sums of products of numbers that many points have each: laid out once, then computed for all points together.

Values stand in rows, one a number and one column a point, so that each operation runs along memory however few numbers
a point has; gathering rows is copying them. What is known to be 0 or 1, and what occurs twice, costs nothing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]

ONE, ZERO = 0, 1
"""The rows of ones and of zeros."""

_WIDEST, _JOINED = 256, 64
"""Rows of a step, and products that are made at once in runs: what is added up stays near the processor."""

Term = tuple[float, int, int]
"""A factor and the two rows it multiplies."""
Entry = tuple[float, int]
"""A factor times a row."""


@dataclass(frozen=True, eq=False)
class _Batch:
    """Products that are made at once.

    places   rows on the left of k products, then those on the right
    factors  of some of them, one behind the other (· × 1), from `first` on; None where all are 1
    sizes    how many go to the first rows of the step, one run of products behind the other
    """

    places: IntArray
    factors: FloatArray | None
    first: int
    sizes: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class _Step:
    """Rows from `first` on, `size` of them, as sums, those with more products first."""

    first: int
    size: int
    batches: tuple[_Batch, ...]


@dataclass(frozen=True, eq=False)
class Sums:
    """Rows made of rows before them, step by step."""

    steps: tuple[_Step, ...]

    def run(self, rows: FloatArray, scratch: FloatArray) -> None:
        """Fill the rows (count × b) in. scratch: 2 × `width` × b."""
        scratch = scratch.reshape(-1, rows.shape[1])
        for step in self.steps:
            target, empty = rows[step.first : step.first + step.size], True
            for batch in step.batches:
                both = scratch[: len(batch.places)]
                rows.take(batch.places, axis=0, out=both, mode="clip")  # "raise" would copy once more
                products = both[: len(both) // 2]
                alone = empty and len(batch.sizes) == 1
                products = np.multiply(products, both[len(products) :], out=target if alone else products)
                if batch.factors is not None:
                    products[batch.first : batch.first + len(batch.factors)] *= batch.factors.astype(
                        rows.dtype, copy=False
                    )
                if not alone:
                    _add_up(target, products, batch.sizes, empty=empty)
                empty = False

    @property
    def width(self) -> int:
        """Products of the largest batch."""
        return max((len(batch.places) // 2 for step in self.steps for batch in step.batches), default=0)


def _add_up(target: FloatArray, products: FloatArray, sizes: tuple[int, ...], *, empty: bool) -> None:
    """Add runs of products to the first rows, which the first run fills where these are empty."""
    start = 0
    for place, size in enumerate(sizes):
        own = products[start : start + size]
        start += size
        if size == 1 and place > 1:  # so are all that follow
            target[:1] += products[start - 1 :].sum(axis=0)
            return
        if empty and place == 0:
            first = own
        elif empty and place == 1:
            np.add(first[:size], own, out=target[:size])
            target[size:] = first[size:]
        else:
            target[:size] += own


class SumsBuilder:
    """Lays out rows; the first two are those of ones and of zeros, and some are filled in by somebody else."""

    def __init__(self) -> None:
        self.count = 2
        self._steps: list[_Step] = []
        self._known: dict[tuple[Term, ...], int] = {}

    def branch(self) -> "SumsBuilder":
        """Another builder that goes on from the rows there are so far."""
        other = SumsBuilder()
        other.count, other._known = self.count, dict(self._known)
        return other

    def reserve(self, size: int) -> int:
        """The first of so many rows that are filled in from outside."""
        first, self.count = self.count, self.count + size
        return first

    def add(self, wanted: Iterable[Sequence[Term]]) -> list[Entry | None]:
        """Entries with these sums of products, None for what is 0."""
        keys = [_merge(terms) for terms in wanted]
        rows = self._lay_out([key for key in keys if not _is_plain(key)])
        return [None if not key else _simplify(key) if _is_plain(key) else (1.0, rows[key]) for key in keys]

    def add_rows(self, wanted: Iterable[Sequence[Term]]) -> IntArray:
        """The rows with these sums of products, to be read from outside."""
        keys = [_merge(terms) for terms in wanted]
        rows = self._lay_out([key for key in keys if key and _simplify(key)[0] != 1.0])
        found = [ZERO if not key else rows[key] if key in rows else _simplify(key)[1] for key in keys]
        return np.array(found, dtype=np.intp)

    def _lay_out(self, keys: list[tuple[Term, ...]]) -> dict[tuple[Term, ...], int]:
        """The rows of these sums, made in one step where they are not there yet."""
        fresh = sorted(dict.fromkeys(key for key in keys if key not in self._known), key=len, reverse=True)
        first = self.reserve(len(fresh))
        for start in range(0, len(fresh), _WIDEST):
            self._steps.append(_build_step(first + start, fresh[start : start + _WIDEST]))
        self._known |= {key: first + number for number, key in enumerate(fresh)}
        return {key: self._known[key] for key in keys}

    def finish(self) -> Sums:
        """What was laid out since the last time."""
        steps, self._steps = tuple(self._steps), []
        return Sums(steps)


def _build_step(first: int, keys: list[tuple[Term, ...]]) -> _Step:
    """These sums, those with more products first, in the rows from `first` on."""
    runs = [[key[depth] for key in keys if len(key) > depth] for depth in range(len(keys[0]))]
    batches: list[_Batch] = []
    while runs:
        count = 1
        while count < len(runs) and sum(len(run) for run in runs[: count + 1]) <= _JOINED:
            count += 1
        batches.append(_build_batch(runs[:count]))
        runs = runs[count:]
    return _Step(first, len(keys), tuple(batches))


def _build_batch(runs: list[list[Term]]) -> _Batch:
    terms = [term for run in runs for term in run]
    places = np.array([term[side] for side in (1, 2) for term in terms], dtype=np.intp)
    factors = np.array([term[0] for term in terms])
    other = np.flatnonzero(factors != 1.0)
    sizes = tuple(len(run) for run in runs)
    if not len(other):
        return _Batch(places, None, 0, sizes)
    return _Batch(places, factors[other[0] : other[-1] + 1, None], int(other[0]), sizes)


def _merge(terms: Sequence[Term]) -> tuple[Term, ...]:
    """The terms with equal products put together, without those that are 0."""
    total: dict[tuple[int, int], float] = {}
    for factor, left, right in terms:
        pair = (left, right) if left >= right else (right, left)
        total[pair] = total.get(pair, 0.0) + factor
    return tuple((factor, *pair) for pair, factor in total.items() if factor != 0.0)


def _is_plain(key: tuple[Term, ...]) -> bool:
    """Whether it is nothing, or one row times a factor."""
    return not key or (len(key) == 1 and key[0][2] == ONE)


def _simplify(key: tuple[Term, ...]) -> Entry:
    """One row times a factor; the factor is 0 where it is no such thing."""
    return (key[0][0], key[0][1]) if _is_plain(key) else (0.0, ZERO)
