"""FIML of many draws of the same incomplete rows at once, each draw with its own weights of the patterns.

The saturated model's value is not taken off, as in `full_information` it is: it moves no minimum.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.discrepancy.stack import Evaluations, conclude
from sem_toolkit.discrepancy.sweep import invert_definite
from sem_toolkit.model import Model, compute_jacobian
from sem_toolkit.model.kernels import compute_products, gather_cell_gradient
from sem_toolkit.model.moments import compute_stacked_moments
from sem_toolkit.model.pairs import gather_stacked_second_order
from sem_toolkit.sample.reweighted import ReweightedPatterns, compute_reweighted_likelihood

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class ReweightedFullInformation:
    """FIML of b draws.

    drawn  each group's patterns with the rows of every draw; share: b × G, each group's share of the rows of a draw
    """

    drawn: tuple[ReweightedPatterns, ...]
    share: FloatArray

    @property
    def has_draws(self) -> bool:
        """Every start has a draw of its own."""
        return True

    def pick(self, draws: NDArray[np.intp]) -> "ReweightedFullInformation":
        """That of some draws."""
        return ReweightedFullInformation(tuple(own.pick(draws) for own in self.drawn), self.share[draws])

    def evaluate_many(
        self, model: Model, x: FloatArray, draws: NDArray[np.intp] | None = None, *, exact: bool = False
    ) -> Evaluations:
        """Values and derivatives by x at every x (b × q), for a model with means and without composites.

        draws  which draw each x belongs to; None: that at its place
        """
        chosen = np.arange(len(x)) if draws is None else draws
        share = self.share[chosen]
        with np.errstate(all="ignore"):
            moments, exists = compute_stacked_moments(model, x)
            assert moments.mean is not None  # noqa: S101 (what fits incomplete rows has means)
            shape = moments.covariance.shape
            flat = invert_definite(moments.covariance.reshape(-1, *shape[2:]))
            usable, sizes, inverses = flat[0].reshape(shape[:2]), flat[1].reshape(shape[:2]), flat[2].reshape(shape)
            jacobian = compute_jacobian(model, x, moments)
            values, square = np.zeros(len(x)), np.zeros((*x.shape, x.shape[1]))
            by_mean, by_covariance = np.empty_like(moments.mean), np.empty_like(moments.covariance)
            for group, own in enumerate(self.drawn):
                mean, covariance = moments.mean[:, group], moments.covariance[:, group]
                found = compute_reweighted_likelihood(
                    own.pick(chosen), mean, covariance, inverses[:, group], sizes[:, group]
                )
                weight = share[:, group]
                usable[:, group] &= found.usable
                values += weight * found.value
                by_mean[:, group] = weight[:, None] * found.by_mean
                by_covariance[:, group] = weight[:, None, None] * found.by_covariance
                block = jacobian[:, group]
                information = found.information(expected=not exact)
                square += weight[:, None, None] * (np.swapaxes(block, -1, -2) @ (information @ block))
            products = compute_products(moments, by_covariance)
            gradients = gather_cell_gradient(model, moments, products, by_mean)
            if exact:
                square += gather_stacked_second_order(model.pairs, moments, products, by_mean)
            return conclude(moments, exists, usable, values, gradients, square)
