"""Maximum likelihood and its slopes of many samples of measured factors, side by side in memory (`model.measured`)."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.discrepancy.interleaved import InterleavedSamples, PointSamples
from sem_toolkit.discrepancy.stack import Slopes
from sem_toolkit.discrepancy.sweep import sweep
from sem_toolkit.model.measured import Measured, MeasuredGroup
from sem_toolkit.model.ram import Model

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]
BoolArray = NDArray[np.bool_]

_LOST, _SINGULAR = 1e-4, 1e-9
"""Of variances: residuals and pivots from which on smaller inverses keep too few digits."""
_LIGHT_LOST, _LIGHT_SINGULAR = 0.03, 1e-3
"""The same in single precision."""
_CACHE = 4 << 20
"""Bytes of rows that stay near the processor, so that smaller numbers would bring nothing."""
_VAST = 1e9
"""Variances whose powers stay within the range of single precision."""


@dataclass(frozen=True, eq=False)
class MeasuredSamples:
    """Samples (b of them), each with a column of the rows of the layout (count × b).

    logarithms  log|S| of each group (G × b); definite: whether all S are (b)
    """

    model: Model
    layout: Measured
    rows: FloatArray
    scratch: FloatArray
    logarithms: FloatArray
    definite: BoolArray

    @classmethod
    def place(cls, model: Model, layout: Measured, samples: PointSamples) -> "MeasuredSamples":
        """These samples."""
        b, p = len(samples.covariance), samples.covariance.shape[-1]
        rows = np.empty((layout.count, b))
        rows[0], rows[1] = 1.0, 0.0
        for g, group in enumerate(layout.groups):
            rows[group.covariance : group.covariance + p * p] = samples.covariance[:, g].reshape(b, -1).T
            if samples.mean is not None and group.mean:
                rows[group.mean : group.mean + p] = samples.mean[:, g].T
        logarithms, scratch = np.ascontiguousarray(samples.logarithms.T), np.empty((2, layout.width, b))
        return cls(model, layout, rows, scratch, logarithms, np.asarray(samples.definite.all(axis=1)))

    def keep(self, chosen: IntArray) -> "MeasuredSamples":
        """Some of them."""
        count, layout = len(chosen), self.layout
        rows, scratch = np.empty((layout.count, count)), np.empty((2, layout.width, count))
        rows[0], rows[1] = 1.0, 0.0
        for own in self._list_given():
            self.rows[own].take(chosen, axis=1, out=rows[own], mode="clip")  # "raise" would copy once more
        logarithms = self.logarithms.take(chosen, axis=1)
        return MeasuredSamples(self.model, layout, rows, scratch, logarithms, self.definite[chosen])

    def lighten(self) -> "MeasuredSamples | None":
        """The same in single precision, where double goes through memory slowly; None where its range may end."""
        if self.rows.nbytes < _CACHE:
            return None
        for group in self.layout.groups:
            variances = self.rows[group.covariance : group.covariance + group.size**2 : group.size + 1]
            if not (variances.min(initial=1.0) > 1.0 / _VAST and variances.max(initial=1.0) < _VAST):
                return None
        rows: NDArray[Any] = np.empty(self.rows.shape, dtype=np.float32)
        scratch: NDArray[Any] = np.empty(self.scratch.shape, dtype=np.float32)
        rows[0], rows[1] = 1.0, 0.0
        for own in self._list_given():
            rows[own] = self.rows[own]
        return MeasuredSamples(self.model, self.layout, rows, scratch, self.logarithms, self.definite)

    @property
    def is_light(self) -> bool:
        """Whether these are in single precision: then points that are not sure are none to be used."""
        return self.rows.dtype == np.float32

    def _list_given(self) -> Iterator[slice]:
        """The rows of the samples."""
        for group in self.layout.groups:
            for first, size in ((group.covariance, group.size**2), (group.mean, group.size if group.mean else 0)):
                yield slice(first, first + size)

    def evaluate(self, x: FloatArray) -> Slopes:
        """Values and slopes at x (q × b), one point for each sample."""
        layout, rows, scratch = self.layout, self.rows, self.scratch
        q, b = x.shape
        rows[2 : 2 + q] = x
        found = [_Inverted(rows, group) for group in layout.groups]
        with np.errstate(all="ignore"):
            layout.before.run(rows, scratch)
            for own in found:
                own.invert_parts()
            layout.first.run(rows, scratch)
            for own in found:
                own.invert_middle()
                own.multiply()
            layout.last.run(rows, scratch)
            usable, sure = self.definite.copy(), np.ones(b, dtype=np.bool_)
            for own in found:
                usable &= own.is_definite()
                sure &= own.is_sure()
            gradients = rows.take(layout.gradient, axis=0).astype(np.float64, copy=False)
            sure &= np.isfinite(gradients.sum(axis=0))
        at = Slopes(lambda: self._find_values(found), gradients, usable & sure)
        return at if sure.all() or self.is_light else self._repair(np.flatnonzero(~sure), x, at)

    def _find_values(self, found: list["_Inverted"]) -> FloatArray:
        """Values at the points whose rows these are (b)."""
        values = np.zeros(self.rows.shape[1])
        with np.errstate(all="ignore"):
            self.layout.traced.run(self.rows, self.scratch)
            for g, own in enumerate(found):
                known = own.compute_logarithms() - self.logarithms[g] + self.rows[own.group.trace] - own.group.size
                values += (0.5 * self.layout.share[g]) * known
        return values

    def _repair(self, doubtful: IntArray, x: FloatArray, found: Slopes) -> Slopes:
        """The same where Σ⁻¹ is made of nothing smaller at the doubtful points."""
        samples = InterleavedSamples(self.model, self._read(doubtful))
        again = samples.evaluate(x[:, doubtful])
        found.gradients[:, doubtful], found.usable[doubtful] = again.gradients, again.usable

        def find_values() -> FloatArray:
            values = found.values.copy()
            values[doubtful] = again.values
            return values

        return replace(found, find_values=find_values)

    def _read(self, chosen: IntArray) -> PointSamples:
        """Some of the samples as they were given."""
        covariance, mean = [], []
        for group in self.layout.groups:
            p = group.size
            own = self.rows[group.covariance : group.covariance + p * p, chosen].T
            covariance.append(np.ascontiguousarray(own).reshape(-1, p, p))
            mean.append(self.rows[group.mean : group.mean + p, chosen].T)
        means = np.stack(mean, axis=1) if self.model.has_means else None
        definite = np.repeat(self.definite[chosen, None], len(covariance), axis=1)
        return PointSamples(
            self.layout.share, np.stack(covariance, axis=1), means, definite, self.logarithms[:, chosen].T
        )


class _Inverted:
    """The inverses of a group at the points; pivots of Θ, Φ and P⁻¹ ((p + 2m) × b), and the least these may be."""

    def __init__(self, rows: FloatArray, group: MeasuredGroup) -> None:
        self.rows, self.group = rows, group
        p, m = group.size, len(group.factors)
        self._pivots, self._floor = np.empty((2, p + 2 * m, rows.shape[1]), dtype=rows.dtype)

    @property
    def is_light(self) -> bool:
        """Whether these are in single precision."""
        return self.rows.dtype == np.float32

    def invert_parts(self) -> None:
        """Θ and Φ."""
        rows, group, done = self.rows, self.group, 0
        lost = _LIGHT_LOST if self.is_light else _LOST
        np.multiply(rows.take(group.variances, axis=0), lost, out=self._floor[: group.size])
        for variables, places, first in group.blocks:
            blocks = rows.take(places.ravel(), axis=0).reshape(*places.shape, -1)
            target = rows[first : first + places.size].reshape(blocks.shape)
            pivots = self._pivots[done : done + variables.size].reshape(*variables.shape, -1)
            if len(blocks) == 1:
                pivots[:] = blocks[0]
                np.divide(1.0, blocks, out=target)
            else:
                found, inverse = sweep(blocks.reshape(*places.shape[:2], -1))
                pivots[:], target[:] = found.reshape(pivots.shape), inverse.reshape(target.shape)
            done += variables.size
        self._invert(group.factors, group.inverse, done)

    def invert_middle(self) -> None:
        """P⁻¹."""
        self._invert(self.group.middle, self.group.inner, self.group.size + len(self.group.factors))

    def _invert(self, places: IntArray, first: int, done: int) -> None:
        rows, m = self.rows, len(places)
        square = rows.take(places.ravel(), axis=0)
        floor = self._floor[done : done + m]
        np.abs(square[:: m + 1], out=floor)
        floor *= _LIGHT_SINGULAR if self.is_light else _SINGULAR
        self._pivots[done : done + m], inverse = sweep(square.reshape(m, m, -1))
        rows[first : first + m * m] = inverse.reshape(m * m, -1)

    def multiply(self) -> None:
        """SG."""
        rows, p = self.rows, self.group.size
        S = rows[self.group.covariance : self.group.covariance + p * p].reshape(p, p, -1)
        for start, places, first in self.group.reaches:
            column = rows.take(places, axis=0)
            np.einsum("ijb,jb->ib", S[:, start : start + len(places)], column, out=rows[first : first + p])

    def compute_logarithms(self) -> FloatArray:
        """log|Σ| (b), what the signs of pivots say of it left aside."""
        return np.asarray(np.log(np.abs(self._pivots)).sum(axis=0))

    def is_definite(self) -> BoolArray:
        """Whether Σ is positive definite (b).

        It is where Φ has as many positive pivots as P⁻¹ has, and Θ negative ones, together (Haynsworth 1968, Linear
        Algebra and its Applications 1, 73-81).
        """
        inverted = self.group.size + len(self.group.factors)
        negative = self._pivots < 0.0
        known, gained = (own.sum(axis=0, dtype=np.int16) for own in (negative[:inverted], negative[inverted:]))
        return np.asarray(known == gained)

    def is_sure(self) -> BoolArray:
        """Whether no pivot is so small that digits are lost (b)."""
        return np.asarray((np.abs(self._pivots) > self._floor).all(axis=0))
