"""What is asked of every draw that its estimates alone do not say: fit measures, reliability, HTMT."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.caching import cached_property
from sem_toolkit.model import Model
from sem_toolkit.model.moments import compute_matrices, compute_stacked_moments
from sem_toolkit.resampling.measures import compute_stacked_measures
from sem_toolkit.resampling.quantity import Quantity

FloatArray = NDArray[np.float64]

MEASURES = ("chisq", "rmsea", "cfi", "tli", "srmr")
RELIABILITY = ("alpha", "omega", "composite", "ave")
_TOGETHER = 128


@dataclass(frozen=True, eq=False)
class SampleMoments:
    """Of b samples: covariances with divisor n (b × G × p × p), means (b × G × p), and rows (b × G)."""

    covariance: FloatArray
    mean: FloatArray
    n: FloatArray

    def pick(self, chosen: NDArray[np.intp]) -> "SampleMoments":
        return SampleMoments(self.covariance[chosen], self.mean[chosen], self.n[chosen])


@dataclass(frozen=True, eq=False)
class SampleQuantities:
    """Fit measures of maximum likelihood, and reliability and validity of factors, of many samples.

    model    without anything taken from one sample; df: of the model that is fitted
    factor   what a minimum is multiplied by for χ²
    """

    model: Model
    df: float
    factor: float
    measures: bool = False
    reliability: bool = False

    @cached_property
    def listed(self) -> tuple[Quantity, ...]:
        """Fit measures (op "fit"); then by group α, ω, composite reliability and AVE of factors, and HTMT of pairs."""
        found = [Quantity(name, "fit", "", 0, "") for name in MEASURES if self.measures]
        for group, blocks in enumerate(self._blocks):
            own = [Quantity(name, kind, "", group + 1, "") for name, _ in blocks for kind in RELIABILITY]
            pairs = [(a, b) for i, (a, _) in enumerate(blocks) for b, _ in blocks[:i]]
            found += [*own, *(Quantity(a, "htmt", b, group + 1, "") for a, b in pairs)]
        return tuple(found)

    def compute(self, x: FloatArray, discrepancy: FloatArray, sample: SampleMoments) -> FloatArray:
        """Values (b × k) at the estimates x (b × q) of samples; NaN where x is."""
        found = np.full((len(x), len(self.listed)), np.nan)
        good = np.flatnonzero(np.isfinite(x).all(axis=1)) if self.listed else np.zeros(0, dtype=np.intp)
        for first in range(0, len(good), _TOGETHER):
            own = good[first : first + _TOGETHER]
            found[own] = self._compute(x[own], discrepancy[own], sample.pick(own))
        return found

    def _compute(self, x: FloatArray, discrepancy: FloatArray, sample: SampleMoments) -> FloatArray:
        moments, _ = compute_stacked_moments(self.model, x)
        parts: list[FloatArray] = []
        if self.measures:
            total = sample.n.sum(axis=1)
            rows = float(total[0]), sample.n[0] / total[0]
            own = sample.covariance, sample.mean if self.model.has_means else None
            implied = moments.covariance, moments.mean
            measures = {"chisq": np.maximum(self.factor * discrepancy, 0.0)}
            measures |= compute_stacked_measures(self.model, measures["chisq"], self.df, rows, own, implied)
            parts += [measures[name] for name in MEASURES]
        directed, V, p = compute_matrices(self.model, x).directed, moments.all_covariance, self.model.n_observed
        for group, blocks in enumerate(self._blocks):
            A, S, latent = directed[:, group], sample.covariance[:, group], V[:, group]
            for name, items in blocks:
                at = self.model.variables.index(name)
                inner = (slice(None), items[:, None], items)
                parts += _measure_factor(S[inner], moments.covariance[:, group][inner], A[:, items], latent, at, p)
            parts += _compare_factors(S, [items for _, items in blocks])
        return np.stack(parts, axis=1)

    @cached_property
    def _blocks(self) -> list[list[tuple[str, NDArray[np.intp]]]]:
        """By group the factors and the places of their observed indicators."""
        places = {name: place for place, name in enumerate(self.model.observed)}
        found: list[dict[str, list[int]]] = [{} for _ in self.model.groups]
        for row in self.model.table.parameters:
            if self.reliability and row.op == "=~" and row.rhs in places:
                found[row.group - 1].setdefault(row.lhs, []).append(places[row.rhs])
        return [[(name, np.array(items, dtype=np.intp)) for name, items in own.items()] for own in found]


def _measure_factor(
    observed: FloatArray, implied: FloatArray, arrows: FloatArray, latent: FloatArray, at: int, p: int
) -> list[FloatArray]:
    """α, ω, composite reliability and AVE (b each) of a factor with k indicators.

    observed, implied  covariances of its indicators (b × k × k); arrows: what they depend on (b × k × t)
    latent             covariances of all variables (b × t × t), the factor at place `at`, p of them observed
    The formulas are those of `inference.parameters.reliability`.
    """
    k = observed.shape[-1]
    loadings, variance = arrows[:, :, at], latent[:, at, at]
    true, total = loadings.sum(axis=1) ** 2 * variance, observed.sum(axis=(1, 2))
    common = arrows[:, :, p:]
    unique = implied - common @ latent[:, p:, p:] @ common.swapaxes(1, 2)
    trace = np.trace(observed, axis1=1, axis2=2)
    nothing = np.full(len(true), np.nan)
    return [
        k / (k - 1) * (1.0 - trace / total) if k > 1 else nothing,
        true / total,
        true / (true + unique.sum(axis=(1, 2))),
        (loadings**2).sum(axis=1) * variance / trace,
    ]


def _compare_factors(covariance: FloatArray, blocks: list[NDArray[np.intp]]) -> list[FloatArray]:
    """HTMT (b each) of every pair of blocks of items; NaN for a block of one item."""
    deviations = np.sqrt(np.diagonal(covariance, axis1=1, axis2=2))
    absolute = np.abs(covariance / (deviations[:, :, None] * deviations[:, None, :]))
    within = []
    for block in blocks:
        row, column = np.tril_indices(len(block), -1)
        own = absolute[:, block[row], block[column]]
        within.append(own.mean(axis=1) if len(row) else np.full(len(absolute), np.nan))
    return [
        absolute[:, blocks[i][:, None], blocks[j]].mean(axis=(1, 2)) / np.sqrt(within[i] * within[j])
        for i in range(len(blocks))
        for j in range(i)
    ]
