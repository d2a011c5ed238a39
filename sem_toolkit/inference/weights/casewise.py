"""Casewise moments z_i of raw data and their products with a weight V, without m × m matrices where n is smaller.

z_i = [d_i; vech(d_i d_iᵀ)] with d_i the row less the sample mean. Where exogenous variables are fixed, z_i is taken
less the same of its regression on them, so that what only they vary in drops out. Of rows with sampling weights or in
clusters it is the weighted sums within clusters that are independent draws: n then stands for their number.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from sem_toolkit.caching import cached_property
from sem_toolkit.discrepancy import MomentPair, NormalWeight, Weight, centre_rows, iterate_columns, iterate_rows
from sem_toolkit.discrepancy.moment_covariance import regress_rows
from sem_toolkit.discrepancy.vectors import compute_products
from sem_toolkit.model.jacobian import vech_indices
from sem_toolkit.sample.design import Design
from sem_toolkit.sample.moments import FloatArray


@dataclass(frozen=True, eq=False)
class CasewiseMoments:
    """The casewise moments of one group, by a weight; `conditional` on the fixed exogenous variables or not."""

    evaluation: MomentPair
    weight: Weight
    group: int
    conditional: bool = True

    @property
    def design(self) -> Design:
        """How the rows count."""
        return self.evaluation.sample.groups[self.group].design

    @property
    def size(self) -> float:
        """What cross-products are divided by: the observations that the rows count for."""
        return float(self.evaluation.rows[self.group])

    @cached_property
    def rows(self) -> FloatArray:
        """Rows less their sample mean, n × p."""
        return centre_rows(self.evaluation, self.group, at_model=False)

    @cached_property
    def fitted(self) -> FloatArray | None:
        """Their regression on the fixed exogenous variables (n × p), or None where there are none."""
        if not self.evaluation.exogenous or not self.conditional:
            return None
        return regress_rows(self.rows, self.evaluation.exogenous, self.design)

    @cached_property
    def scores(self) -> FloatArray:
        """ΔᵀV(z_i − z̄), n × q."""
        scores = self.weight.scores(self.evaluation, self.group, self.rows)
        if self.fitted is not None:
            scores = scores - self.weight.scores(self.evaluation, self.group, self.fitted)
        return self.design.sum_moments(scores - self.design.average(scores))

    @cached_property
    def moments(self) -> FloatArray:
        """z_i − z̄, n × m."""
        moments = compute_products(self.rows, means=self.evaluation.has_means)
        if self.fitted is not None:
            moments = moments - compute_products(self.fitted, means=self.evaluation.has_means)
        return self.design.sum_moments(moments - self.design.average(moments))

    @cached_property
    def gamma(self) -> FloatArray:
        """Their covariance matrix Γ, m × m, divisor n. Source: Browne (1984), equation 2.17."""
        return np.asarray(self.moments.T @ self.moments / self.size)

    def iterate_moments(self) -> Iterator[FloatArray]:
        """z_i − z̄ without exogenous variables taken out, in batches (b × m) where rows are streamed."""
        if self.evaluation.sample.groups[self.group].stream is None:
            yield replace(self, conditional=False).moments
            return
        rows, columns = vech_indices(len(self.evaluation.sample_cov[self.group]))
        mean = self.evaluation.sample_cov[self.group][rows, columns]
        if self.evaluation.has_means:
            mean = np.concatenate([np.zeros(len(self.evaluation.sample_cov[self.group])), mean])
        for batch in iterate_rows(self.evaluation, self.group, at_model=False):
            yield compute_products(batch, means=self.evaluation.has_means) - mean

    def trace(self) -> float:
        """tr(VΓ), the mean of z_iᵀVz_i."""
        if isinstance(self.weight, NormalWeight) and self.design.is_simple:
            return self._normal_trace(self.weight.inverse[self.group])
        return float(np.einsum("ij,ji->", self.moments, self.weight.times(self.group, self.moments.T)) / self.size)

    def gram(self) -> FloatArray:
        """z_iᵀVz_j of all pairs, n × n."""
        if isinstance(self.weight, NormalWeight) and self.design.is_simple:
            return self._normal_gram(self.weight.inverse[self.group])
        return np.asarray(self.moments @ self.weight.times(self.group, self.moments.T))

    def _normal_trace(self, Q: FloatArray) -> float:
        """mean(½(dᵀQd)² + dᵀQd) − ½tr((QS)²): the second term for means only, S the covariance (divisor n) of
        the rows.
        """
        stream = self.evaluation.sample.groups[self.group].stream
        if stream is not None:
            key = ("trace", self.conditional, self.evaluation.has_means, self.evaluation.exogenous, Q.tobytes())
            if key not in stream.memory:  # that of the saturated model is the same for a model and its baseline model
                stream.memory[key] = self._streamed_trace(Q)
            return stream.memory[key]
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

    def _streamed_trace(self, Q: FloatArray) -> float:
        """The same from batches of rows; the regression on exogenous variables is that of the covariances."""
        covariance = self.evaluation.sample_cov[self.group]
        exogenous = list(self.evaluation.exogenous) if self.conditional else []
        slopes = None
        if exogenous:
            slopes = np.linalg.solve(covariance[np.ix_(exogenous, exogenous)], covariance[exogenous])
            covariance = covariance - covariance[:, exogenous] @ slopes
        total = 0.0
        for columns in iterate_columns(self.evaluation, self.group, at_model=False):
            along = Q @ columns
            total += float(self._kernel((along * columns).sum(axis=0)).sum())
            if slopes is not None:
                fitted = slopes.T @ columns[exogenous]
                total -= 2.0 * float(self._kernel((along * fitted).sum(axis=0)).sum())
                total += float(self._kernel((Q @ fitted * fitted).sum(axis=0)).sum())
        product = Q @ covariance
        return total / self.size - 0.5 * float(np.einsum("ij,ji->", product, product))

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
