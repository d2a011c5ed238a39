"""Fit measures of many samples with missing answers at once: those of complete data, corrected.

The discrepancy of complete data at the saturated moments, and the factor by which it exceeds its degrees of freedom:
see `inference.exact_fit.corrected` (normal theory), whose formulas are laid out for b samples of G groups here.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.caching import cached_property
from sem_toolkit.model.jacobian import vech_indices
from sem_toolkit.resampling.measures import (
    compute_stacked_cfi,
    compute_stacked_rmsea,
    compute_stacked_srmr,
    compute_stacked_tli,
    gather_products,
)
from sem_toolkit.sample.incomplete import get_halves

FloatArray = NDArray[np.float64]
Moments = tuple[FloatArray, FloatArray]
"""Covariances (b × G × p × p) and means (b × G × p)."""


@dataclass(frozen=True, eq=False)
class SaturatedMoments:
    """Of incomplete rows: what the saturated model finds, and what that says about other models.

    moments       at its maximum
    informations  observed ones of [μ; vech Σ] there, of each group (b × m × m)
    n             rows, b × G
    """

    moments: Moments
    informations: Sequence[FloatArray]
    n: FloatArray

    def compute_excess(self, implied: Moments, slopes: FloatArray) -> FloatArray:
        """χ² of complete data less its mean, c df, of a model (b).

        implied  by its estimates; slopes: of [μ; vech Σ] by what is free, b × G × m × r
        """
        (S, m), (sigma, mu) = self.moments, implied
        inverse = np.linalg.inv(sigma)
        gap = m - mu
        ratio = np.linalg.slogdet(sigma)[1] - np.linalg.slogdet(S)[1] - S.shape[-1]
        ratio += (inverse * S).sum(axis=(2, 3)) + (gap * (inverse @ gap[..., None])[..., 0]).sum(axis=2)
        taken = (self._sum(slopes, self._complete) * np.linalg.inv(self._sum(slopes, self.informations))).sum(
            axis=(1, 2)
        )
        return np.asarray((self.n * ratio).sum(axis=1) - (self._whole - taken))

    def compute_measures(self, implied: Moments, slopes: FloatArray, null: Moments) -> dict[str, FloatArray]:
        """RMSEA, CFI, TLI and SRMR (b each); null: what uncorrelated variables imply at their estimates."""
        _, groups, m, free = slopes.shape
        p = self.moments[0].shape[-1]
        df, null_df = groups * m - free, groups * (p * (p - 1) // 2)
        rows, columns = vech_indices(p)
        kept = np.concatenate([np.arange(p), p + np.flatnonzero(rows == columns)])
        null_slopes = np.zeros((groups, m, groups * len(kept)))
        for group in range(groups):
            null_slopes[group, kept, group * len(kept) + np.arange(len(kept))] = 1.0
        excess = self.compute_excess(implied, slopes) + df
        null_excess = (
            self.compute_excess(null, np.broadcast_to(null_slopes, (len(excess), *null_slopes.shape))) + null_df
        )
        total = self.n.sum(axis=1)
        return {
            "rmsea": compute_stacked_rmsea(excess, df, total, groups),
            "cfi": compute_stacked_cfi(excess, df, null_excess, null_df),
            "tli": compute_stacked_tli(excess, df, null_excess, null_df),
            "srmr": compute_stacked_srmr(self.moments, implied, self._shares),
        }

    @property
    def _shares(self) -> FloatArray:
        return np.asarray(self.n / self.n.sum(axis=1, keepdims=True))

    def _sum(self, slopes: FloatArray, weights: Sequence[FloatArray]) -> FloatArray:
        """Σ_g share_g ΔᵀWΔ (b × r × r)."""
        total = np.zeros((len(slopes), slopes.shape[-1], slopes.shape[-1]))
        for group, weight in enumerate(weights):
            own = slopes[:, group]
            total += self._shares[:, group, None, None] * (own.swapaxes(1, 2) @ (weight @ own))
        return total

    @cached_property
    def _whole(self) -> FloatArray:
        """Σ_g tr(W_c W⁻¹), b."""
        parts = zip(self._complete, self.informations, strict=True)
        return np.asarray(sum((own * np.linalg.inv(weight)).sum(axis=(1, 2)) for own, weight in parts))

    @cached_property
    def _complete(self) -> list[FloatArray]:
        """Information of complete rows at the saturated covariances, of each group (b × m × m)."""
        inverse = np.asarray(np.linalg.inv(self.moments[0]), dtype=np.float64)
        p = inverse.shape[-1]
        rows, columns = vech_indices(p)
        half = get_halves(p)
        result = np.zeros((*inverse.shape[:2], p + len(rows), p + len(rows)))
        result[..., :p, :p] = inverse
        result[..., p:, p:] = gather_products(inverse, rows, columns) * half[:, None] * half
        return [result[:, group] for group in range(result.shape[1])]
