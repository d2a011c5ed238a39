"""Errors, scaled tests and fit measures of many samples of ordered items at once, from their correlations alone.

Thresholds are saturated and weighted by themselves, so that the formulas of `inference` for all statistics are those
for correlations: the sandwich of standard errors, tr(UΓ) and tr((UΓ)²) of the scaled and shifted test, and "catML" of
the robust measures (sources there). Arrays: b samples, G groups, P pairs of p items, r free parameters.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.caching import cached_property
from sem_toolkit.inference.distributions import compute_chisq_pvalue
from sem_toolkit.resampling.admissibility import are_above
from sem_toolkit.resampling.measures import (
    compute_stacked_cfi,
    compute_stacked_rmsea,
    compute_stacked_tli,
    gather_products,
)

FloatArray = NDArray[np.float64]

_NOT_POSITIVE = 1.5e-8
"""Eigenvalue of a correlation matrix at which it has no likelihood."""


@dataclass(frozen=True, eq=False)
class CorrelationFits:
    """Correlations of b samples and what a model says of them at its estimates.

    sizes             rows of each group
    sample, implied   b × G × p × p, 1 on the diagonal
    gamma             of each group: n times the covariance matrix of its correlations, b × P × P, column by column
    weight            of each group, b × P
    slopes            of the implied correlations by what is free, b × G × P × r
    """

    sizes: tuple[int, ...]
    sample: FloatArray
    implied: FloatArray
    gamma: Sequence[FloatArray]
    weight: Sequence[FloatArray]
    slopes: FloatArray

    @property
    def shares(self) -> FloatArray:
        """Of the groups in the rows (G)."""
        return np.array(self.sizes) / sum(self.sizes)

    @cached_property
    def df(self) -> int:
        """Degrees of freedom."""
        _, groups, pairs, free = self.slopes.shape
        return int(groups * pairs - free)

    @cached_property
    def bread(self) -> FloatArray:
        """(ΔᵀWΔ)⁻¹, b × r × r."""
        total = sum(
            share * _turn(own) @ (weight[..., None] * own)
            for share, own, weight in zip(self.shares, self._slopes, self.weight, strict=True)
        )
        return np.linalg.inv(total)

    @cached_property
    def meat(self) -> FloatArray:
        """ΔᵀWΓWΔ, b × r × r."""
        parts = zip(self.shares, self._reach, self._pulls, strict=True)
        return np.asarray(sum(share * reach @ pull for share, reach, pull in parts))

    @cached_property
    def spread(self) -> FloatArray:
        """Covariance matrices of what is free, b × r × r."""
        return np.asarray(self.bread @ self.meat @ self.bread / (sum(self.sizes) - len(self.sizes)))

    def compute_measures(self) -> dict[str, FloatArray]:
        """The scaled and shifted χ² and its p-value; RMSEA, CFI and TLI, robust where that exists; SRMR (b each)."""
        groups, pairs = len(self.sizes), self.slopes.shape[2]
        n, df, null_df = float(sum(self.sizes) - groups), self.df, groups * pairs
        chisq = self._shift(self._residuals, df, *self._traces)
        null = self._shift(_pick_pairs(self.sample), null_df, *self._null_traces)
        own = chisq - df, null - null_df, np.full(len(chisq), n)
        robust, exists = self._compute_corrected()
        misfit, null_misfit, rows = (np.where(exists, *both) for both in zip(robust, own, strict=True))
        return {
            "chisq": chisq,
            "pvalue": np.array([compute_chisq_pvalue(value, df) for value in chisq]),
            "rmsea": compute_stacked_rmsea(misfit + df, df, rows, groups),
            "cfi": compute_stacked_cfi(misfit + df, df, null_misfit + null_df, null_df),
            "tli": compute_stacked_tli(misfit + df, df, null_misfit + null_df, null_df),
            "srmr": self._compute_srmr(),
        }

    def _shift(self, residuals: FloatArray, df: int, trace: FloatArray, squared: FloatArray) -> FloatArray:
        """aT + df − a tr(UΓ), a = √(df/tr((UΓ)²)), with T = Σ (n_g − 1) rᵀWr of residual correlations (b × G × P)."""
        parts = zip(self.sizes, self.weight, residuals.swapaxes(0, 1), strict=True)
        stat = sum((size - 1.0) * (weight * own**2).sum(axis=1) for size, weight, own in parts)
        a = np.sqrt(df / squared)
        return np.asarray(a * stat + df - a * trace)

    @cached_property
    def _traces(self) -> tuple[FloatArray, FloatArray]:
        """tr(UΓ) and tr((UΓ)²) of the model, by UΓ = WΓ − WΔ(ΔᵀWΔ)⁻¹(ΔᵀWΓ)."""
        total, squared = self._null_traces
        parts = zip(self.shares, self._reach, self.weight, strict=True)
        thrice = sum(share * (reach * weight[:, None, :]) @ _turn(reach) for share, reach, weight in parts)
        taken = self.bread @ self.meat
        trace = total - np.trace(taken, axis1=1, axis2=2)
        return trace, squared - 2.0 * (self.bread * thrice).sum(axis=(1, 2)) + (taken * _turn(taken)).sum(axis=(1, 2))

    @cached_property
    def _null_traces(self) -> tuple[FloatArray, FloatArray]:
        """tr(WΓ) and tr((WΓ)²): of no correlations at all."""
        products = [weight[..., None] * gamma for weight, gamma in zip(self.weight, self.gamma, strict=True)]
        total = sum(np.trace(own, axis1=1, axis2=2) for own in products)
        return np.asarray(total), np.asarray(sum((own * _turn(own)).sum(axis=(1, 2)) for own in products))

    def _compute_corrected(self) -> tuple[tuple[FloatArray, FloatArray, FloatArray], NDArray[np.bool_]]:
        """χ² − c df of catML, the same of no correlations, and rows (b each); whether these exist (b)."""
        groups, n = len(self.sizes), np.array(self.sizes, dtype=np.float64)
        exists = np.all(are_above(self.sample, _NOT_POSITIVE) & are_above(self.implied, _NOT_POSITIVE), axis=1)
        identity = np.eye(self.sample.shape[-1])
        sample, implied = (np.where(exists[:, None, None, None], own, identity) for own in (self.sample, self.implied))
        inverse, size = np.linalg.inv(implied), np.linalg.slogdet(sample)[1]
        ratio = np.linalg.slogdet(implied)[1] - size + (inverse * sample).sum(axis=(2, 3)) - sample.shape[-1]
        traces = np.stack([np.trace(own, axis1=1, axis2=2) for own in self.gamma], axis=1)
        null_trace = (traces / self.shares if groups > 1 else traces).sum(axis=1)
        misfit = ratio @ n - self._compute_corrected_trace(inverse)
        return (misfit, -size @ n - null_trace, np.full(len(misfit), n.sum())), np.asarray(exists)

    def _compute_corrected_trace(self, inverse: FloatArray) -> FloatArray:
        """tr(VMΓMᵀ) with M = I − Δ(ΔᵀWΔ)⁻¹ΔᵀW, V of normal theory at the implied correlations (b)."""
        columns, rows = np.triu_indices(inverse.shape[-1], 1)
        total, across, inner = np.zeros(len(inverse)), 0.0, 0.0
        for g, (share, own, gamma) in enumerate(zip(self.shares, self._slopes, self.gamma, strict=True)):
            V = gather_products(inverse[:, g], rows, columns)
            weighted = V @ own
            total += (V * gamma).sum(axis=(1, 2))
            across = across + share * self._reach[g] @ weighted
            inner = inner + share * _turn(own) @ weighted
        outer = self.bread @ inner @ self.bread
        return np.asarray(total - 2.0 * (self.bread * across).sum(axis=(1, 2)) + (self.meat * outer).sum(axis=(1, 2)))

    def _compute_srmr(self) -> FloatArray:
        pairs, p = self.slopes.shape[2], self.sample.shape[-1]
        return np.asarray(np.sqrt((self._residuals**2).sum(axis=2) / (pairs + p)) @ self.shares)

    @cached_property
    def _residuals(self) -> FloatArray:
        return _pick_pairs(self.sample - self.implied)

    @property
    def _slopes(self) -> list[FloatArray]:
        return list(self.slopes.swapaxes(0, 1))

    @cached_property
    def _pulls(self) -> list[FloatArray]:
        """WΔ of each group, b × P × r."""
        return [weight[..., None] * own for weight, own in zip(self.weight, self._slopes, strict=True)]

    @cached_property
    def _reach(self) -> list[FloatArray]:
        """ΔᵀWΓ of each group, b × r × P."""
        return [_turn(pull) @ gamma for pull, gamma in zip(self._pulls, self.gamma, strict=True)]


def _pick_pairs(matrices: FloatArray) -> FloatArray:
    """What is below the diagonal (... × P), column by column."""
    column, row = np.triu_indices(matrices.shape[-1], 1)
    return matrices[..., row, column]


def _turn(matrices: FloatArray) -> FloatArray:
    return matrices.swapaxes(-1, -2)
