"""The moments of two levels as vectors: [mean; vech(covariance)] of either level, with the means where they are seen.

What a variable's mean is made of at both levels cannot be told apart: their sum stands at the level between clusters,
that of a variable which only varies within clusters at its own.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.model.jacobian import compute_jacobian, vech_indices
from sem_toolkit.model.moments import ImpliedMoments

if TYPE_CHECKING:
    from sem_toolkit.model.ram import Model

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class LevelLayout:
    """presence: which of p variables occur at which level (2G × p), the level within clusters before that between.

    means: whether these are among the statistics, as they are in every fit of two levels
    """

    presence: NDArray[np.bool_]
    means: bool

    @property
    def size(self) -> int:
        p = int(self.presence.shape[1])
        return p * (p + 1) // 2 + (p if self.means else 0)

    def count(self, group: int) -> int:
        """Moments of the variables that occur at the level."""
        own = int(self.presence[group].sum())
        means = int(self._means[group].sum()) if self.means else 0
        return own * (own + 1) // 2 + means

    @property
    def _means(self) -> NDArray[np.bool_]:
        """Which means are seen at which level."""
        found = self.presence.copy()
        found[0::2] &= ~self.presence[1::2]
        return found

    def stack(self, moments: ImpliedMoments) -> FloatArray:
        """What a model implies for the statistics, 2G × m; 0 for those of variables that do not occur."""
        rows, columns = vech_indices(self.presence.shape[1])
        second = moments.covariance[:, rows, columns]
        if moments.mean is None:
            return second
        return np.concatenate([self._collect(moments.mean[:, :, None])[:, :, 0], second], axis=1)

    def jacobian(self, model: "Model", x: FloatArray, moments: ImpliedMoments | None = None) -> FloatArray:
        """Its derivative by x, 2G × m × q."""
        p, whole = self.presence.shape[1], compute_jacobian(model, x, moments)
        if self.means:
            whole[:, :p] = self._collect(whole[:, :p])
        return whole

    def _collect(self, means: FloatArray) -> FloatArray:
        """Means of both levels (2G × p × k) where they are seen."""
        total = np.repeat(means[0::2] + means[1::2], 2, axis=0)
        return np.where(self._means[:, :, None], total, 0.0)
