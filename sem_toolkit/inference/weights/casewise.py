"""Casewise moments z_i of raw data and their products with a weight V, without m × m matrices where n is smaller.

z_i = [d_i; vech(d_i d_iᵀ)] with d_i the row less the sample mean. Where exogenous variables are fixed, z_i is taken
less the same of its regression on them, so that what only they vary in drops out.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from sem_toolkit.diagnostics import DataError, Diagnostic
from sem_toolkit.discrepancy import NormalWeight, Weight, centre_rows
from sem_toolkit.discrepancy.weights import compute_products
from sem_toolkit.inference.at_estimate import AtEstimate
from sem_toolkit.inference.weights.clusters import has_design
from sem_toolkit.sample.moments import FloatArray


@dataclass(frozen=True, eq=False)
class CasewiseMoments:
    """The casewise moments of one group, by a weight; `conditional` on the fixed exogenous variables or not."""

    evaluation: AtEstimate
    weight: Weight
    group: int
    conditional: bool = True

    @cached_property
    def rows(self) -> FloatArray:
        """Rows less their sample mean, n × p; raises DataError for rows in clusters."""
        if has_design(self.evaluation):
            message = "this takes rows for independent draws, and they are in clusters or have weights"
            raise DataError(Diagnostic("error", "rows-in-clusters", message, hint="see the test of the fit itself"))
        return centre_rows(self.evaluation, self.group, at_model=False)

    @cached_property
    def fitted(self) -> FloatArray | None:
        """Their regression on the fixed exogenous variables (n × p), or None where there are none."""
        block = list(self.evaluation.exogenous)
        if not block or not self.conditional:
            return None
        basis, _ = np.linalg.qr(self.rows[:, block])
        return np.asarray(basis @ (basis.T @ self.rows))

    @cached_property
    def scores(self) -> FloatArray:
        """ΔᵀV(z_i − z̄), n × q."""
        scores = self.weight.scores(self.evaluation, self.group, self.rows)
        if self.fitted is not None:
            scores = scores - self.weight.scores(self.evaluation, self.group, self.fitted)
        return np.asarray(scores - scores.mean(axis=0))

    @cached_property
    def moments(self) -> FloatArray:
        """z_i − z̄, n × m."""
        moments = compute_products(self.evaluation, self.rows)
        if self.fitted is not None:
            moments = moments - compute_products(self.evaluation, self.fitted)
        return np.asarray(moments - moments.mean(axis=0))

    @cached_property
    def gamma(self) -> FloatArray:
        """Their covariance matrix Γ, m × m, divisor n. Source: Browne (1984), equation 2.17."""
        return np.asarray(self.moments.T @ self.moments / len(self.moments))

    def trace(self) -> float:
        """tr(VΓ), the mean of z_iᵀVz_i."""
        if isinstance(self.weight, NormalWeight):
            return self._normal_trace(self.weight.inverse[self.group])
        return float(
            np.einsum("ij,ji->", self.moments, self.weight.times(self.group, self.moments.T)) / len(self.moments)
        )

    def gram(self) -> FloatArray:
        """z_iᵀVz_j of all pairs, n × n."""
        if isinstance(self.weight, NormalWeight):
            return self._normal_gram(self.weight.inverse[self.group])
        return np.asarray(self.moments @ self.weight.times(self.group, self.moments.T))

    def _normal_trace(self, Q: FloatArray) -> float:
        """mean(½(dᵀQd)² + dᵀQd) − ½tr((QS)²): the second term for means only, S the covariance (divisor n) of
        the rows.
        """
        parts = [(1.0, self.rows, self.rows)]
        covariance = self.rows.T @ self.rows
        if self.fitted is not None:
            parts += [(-2.0, self.rows, self.fitted), (1.0, self.fitted, self.fitted)]
            covariance = covariance - self.fitted.T @ self.fitted
        total = 0.0
        for sign, left, right in parts:
            total += sign * float(np.mean(self._kernel(np.einsum("ij,ij->i", left @ Q, right))))
        product = Q @ (covariance / len(self.rows))
        return total - 0.5 * float(np.einsum("ij,ji->", product, product))

    def _normal_gram(self, Q: FloatArray) -> FloatArray:
        gram = self._kernel(self.rows @ Q @ self.rows.T)
        if self.fitted is not None:
            cross = self._kernel(self.rows @ Q @ self.fitted.T)
            gram = gram - cross - cross.T + self._kernel(self.fitted @ Q @ self.fitted.T)
        gram = gram - gram.mean(axis=0)
        return np.asarray(gram - gram.mean(axis=1, keepdims=True))

    def _kernel(self, along: FloatArray) -> FloatArray:
        """z_lᵀVz_r from lᵀQr: ½(lᵀQr)², and lᵀQr for means."""
        return np.asarray(0.5 * along**2 + (along if self.evaluation.has_means else 0.0))
