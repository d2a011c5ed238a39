"""Maximum likelihood of many samples at many points, side by side in memory (see `model.interleaved`)."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.discrepancy.stack import Evaluations, Slopes, Status
from sem_toolkit.discrepancy.sweep import invert_definite, sweep
from sem_toolkit.model.factored import Factored
from sem_toolkit.model.interleaved import Interleaved, find_layout
from sem_toolkit.model.ram import Model
from sem_toolkit.model.sums import ZERO

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]
BoolArray = NDArray[np.bool_]

_CACHE = 3 << 20
"""Bytes of the rows of the points that are computed together: what stays near the processor."""
_FEWEST, _MOST = 80, 512
_LOST, _SINGULAR = 1e-4, 1e-9
"""Of variances: residuals and pivots from which on smaller inverses keep too few digits."""


@dataclass(frozen=True, eq=False)
class PointSamples:
    """The sample of each point: S (b × G × p × p), means (b × G × p) or None, log|S| and whether S is definite (b × G).

    share  G: of each group
    """

    share: FloatArray
    covariance: FloatArray
    mean: FloatArray | None
    definite: BoolArray
    logarithms: FloatArray

    def pick(self, part: slice | IntArray) -> "PointSamples":
        """Those of some points."""
        mean = None if self.mean is None else self.mean[part]
        return PointSamples(self.share, self.covariance[part], mean, self.definite[part], self.logarithms[part])


def evaluate_interleaved(layout: Interleaved, x: FloatArray, samples: PointSamples, *, exact: bool) -> Evaluations:
    """Values and derivatives by x at every x (b × q)."""
    count, q = x.shape
    found = Evaluations(np.empty(count), np.empty((count, q)), np.empty((count, q, q)), np.empty(count, dtype=np.int8))
    square = layout.exact_square if exact else layout.expected_square
    with np.errstate(all="ignore"):
        for part, points in _split(layout, count, layout.counts[1]):
            found.status[part], found.values[part] = _place_moments(points, x[part], samples.pick(part), 0.5)
            layout.slopes.run(points.rows, points.scratch)
            (layout.exact if exact else layout.expected).run(points.rows, points.scratch)
            found.gradients[part] = points.rows.take(layout.gradient, axis=0).T
            found.informations[part].reshape(-1, q * q)[:] = points.rows.take(square, axis=0).T
    bad = _find_unusable(found.status, found.values, found.gradients)
    found.values[bad], found.gradients[bad], found.informations[bad] = np.inf, 0.0, np.eye(q)
    return found


@dataclass(frozen=True, eq=False)
class InterleavedSamples:
    """Samples to be asked for slopes alone."""

    model: Model
    samples: PointSamples

    def evaluate(self, x: FloatArray) -> Slopes:
        """Values and slopes at x (q × b), one point for each sample."""
        layout = find_layout(self.model, self.samples.share)
        q, count = x.shape
        values, gradients, status = np.empty(count), np.empty((q, count)), np.empty(count, dtype=np.int8)
        with np.errstate(all="ignore"):
            for part, points in _split(layout, count, layout.counts[0]):
                at, own = np.ascontiguousarray(x[:, part].T), self.samples.pick(part)
                status[part], values[part] = _place_moments(points, at, own, 1.0)
                layout.alone.run(points.rows, points.scratch)
                gradients[:, part] = points.rows.take(layout.alone_gradient, axis=0)
        bad = _find_unusable(status, values, gradients.T)
        values[bad], gradients[:, bad] = np.inf, 0.0
        return Slopes(lambda: values, gradients, status == int(Status.OK))

    def keep(self, chosen: IntArray) -> "InterleavedSamples":
        """Some of them."""
        return InterleavedSamples(self.model, self.samples.pick(chosen))

    def lighten(self) -> "InterleavedSamples | None":
        """None: Σ⁻¹ is made of nothing smaller, and needs all digits."""
        return None


@dataclass(frozen=True, eq=False)
class _Points:
    """The rows (count × b) of the points that are computed together."""

    layout: Interleaved
    rows: FloatArray
    scratch: FloatArray


def _split(layout: Interleaved, count: int, height: int) -> Iterator[tuple[slice, _Points]]:
    """So many points in parts of as many as stay near the processor with so many rows, and room for each part."""
    most = int(np.clip(_CACHE // (8 * height), _FEWEST, _MOST))
    size = -(-count // max(1, -(-count // most)))
    size += 4 * (size % 32 == 0)  # columns a power of 2 apart would all fall on the same places of the cache
    rows, scratch = np.empty((height, size)), np.empty((2, layout.width, size))
    for first in range(0, count, size):
        if count - first < size:
            size = count - first
            rows, scratch = np.empty((height, size)), np.empty((2, layout.width, size))
        yield slice(first, first + size), _Points(layout, rows, scratch)


def _place_moments(
    points: _Points, x: FloatArray, samples: PointSamples, less: float
) -> tuple[NDArray[np.int8], FloatArray]:
    """Status and values of these points (b each), once Σ, L, R = Σ⁻¹TΣ⁻¹ − less Σ⁻¹ and z are in their rows."""
    layout, rows = points.layout, points.rows
    b, q = x.shape
    rows[0], rows[ZERO], rows[2 : 2 + q] = 1.0, 0.0, x.T
    layout.moments.run(rows, points.scratch)
    values, finite, definite = np.zeros(b), np.ones(b, dtype=np.bool_), np.asarray(samples.definite.all(axis=1))
    for group in range(len(layout.left)):
        p = samples.covariance.shape[-1]
        implied = rows.take(layout.covariance[group], axis=0).reshape(p, p, b)
        finite &= np.isfinite(implied.sum(axis=(0, 1)))
        usable, logarithms, V = _invert(points, group, implied)
        definite &= usable
        T = samples.covariance[:, group]
        if layout.mean is not None and samples.mean is not None:
            gap = samples.mean[:, group] - rows.take(layout.mean[group], axis=0).T
            finite &= np.isfinite(gap.sum(axis=1))
            rows[layout.pull[group] : layout.pull[group] + p] = (V @ gap[:, :, None])[:, :, 0].T
            T = T + gap[:, :, None] * gap[:, None, :]
        distance = (V * T).reshape(b, -1).sum(axis=1) - p
        values += 0.5 * samples.share[group] * (logarithms - samples.logarithms[:, group] + distance)
        R = V @ (T @ V)
        R -= less * V
        rows[layout.right[group] : layout.right[group] + p * p] = R.reshape(b, -1).T
    status = np.where(finite & ~definite, int(Status.NOT_POSITIVE_DEFINITE), int(Status.NOT_FINITE))
    return np.where(finite & definite, int(Status.OK), status).astype(np.int8), values


def _find_unusable(status: NDArray[np.int8], values: FloatArray, gradients: FloatArray) -> IntArray:
    """Which points have no value or no slopes; their status says so."""
    known = np.isfinite(values) & np.isfinite(gradients.sum(axis=1))
    status[~known & (status == int(Status.OK))] = int(Status.NOT_FINITE)
    return np.flatnonzero(status != int(Status.OK))


def _invert(points: _Points, group: int, implied: FloatArray) -> tuple[BoolArray, FloatArray, FloatArray]:
    """Which Σ (p × p × b) of a group are positive definite, log|Σ| (b) and Σ⁻¹ (b × p × p), which is written, too."""
    rows, factored, left = points.rows, points.layout.factored[group], points.layout.left[group]
    p, b = len(implied), implied.shape[-1]
    if factored is None:
        usable, logarithms, V = invert_definite(implied.transpose(2, 0, 1))
        rows[left] = V.reshape(b, -1).T
        return usable, logarithms, V
    usable, logarithms, sure = _invert_factored(points, factored, left, implied)
    V = np.ascontiguousarray(rows.take(left, axis=0).T).reshape(b, p, p)
    doubtful = np.flatnonzero(~sure)
    if len(doubtful):
        usable[doubtful], logarithms[doubtful], V[doubtful] = invert_definite(implied[..., doubtful].transpose(2, 0, 1))
        own = np.flatnonzero(left > ZERO)
        rows[left[own][:, None], doubtful] = V[doubtful].reshape(len(doubtful), -1).T[own]
    return usable, logarithms, V


def _invert_factored(
    points: _Points, factored: Factored, left: IntArray, implied: FloatArray
) -> tuple[BoolArray, FloatArray, BoolArray]:
    """Which Σ are positive definite, log|Σ|, and where these can be trusted (b each), once Σ⁻¹ has been written.

    Σ is where Φ has as many positive pivots as N⁻¹ has, and Θ negative ones, together (Haynsworth 1968, Linear Algebra
    and its Applications 1, 73-81).
    """
    rows, scratch = points.rows, points.scratch
    p, b = len(implied), implied.shape[-1]
    variances = implied.reshape(p * p, b)[:: p + 1]
    logarithms, balance, sure = np.zeros(b), np.zeros(b, dtype=np.intp), np.ones(b, dtype=np.bool_)
    for variables, places, first in factored.blocks:
        blocks = rows.take(places.ravel(), axis=0).reshape(*places.shape[:2], -1)
        pivots, inverse = sweep(blocks) if len(blocks) > 1 else (blocks[0].copy(), 1.0 / blocks)
        rows[first : first + places.size] = inverse.reshape(-1, b)
        pivots = pivots.reshape(-1, b)
        sure &= (np.abs(pivots) > _LOST * variances[variables.ravel()]).all(axis=0)
        logarithms += np.log(np.abs(pivots)).sum(axis=0)
        balance += (pivots < 0.0).sum(axis=0)
    for source, first, sign in ((factored.factors, factored.inverse, -1), (factored.middle, factored.inner, 1)):
        square = rows.take(source.ravel(), axis=0).reshape(*source.shape, b)
        diagonal = np.abs(square.reshape(-1, b)[:: len(square) + 1])
        pivots, inverse = sweep(square)
        rows[first : first + source.size] = inverse.reshape(-1, b)
        sure &= (np.abs(pivots) > _SINGULAR * diagonal).all(axis=0)
        logarithms += np.log(np.abs(pivots)).sum(axis=0)
        balance += sign * (pivots > 0.0).sum(axis=0)
        if sign < 0:
            factored.first.run(rows, scratch)
    factored.last.run(rows, scratch)
    sure &= (rows.take(left[:: p + 1], axis=0) * variances < 1.0 / _SINGULAR).all(axis=0)
    return balance == 0, logarithms, sure
