"""Monte Carlo intervals: functions of the parameters at draws from the estimates' normal distribution.

Source: MacKinnon, Lockwood & Williams (2004), Multivariate Behavioral Research 39, 99-128.
"""

from collections.abc import Callable

import numpy as np

from sem_toolkit.sample.moments import FloatArray


def draw_parameters(x: FloatArray, covariance: FloatArray, draws: int = 20_000, seed: int = 1) -> FloatArray:
    """Draws (draws × q) from a normal distribution with this mean (q) and covariance (q × q, may be singular)."""
    values, vectors = np.linalg.eigh(covariance)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    return np.asarray(x + np.random.default_rng(seed).standard_normal((draws, len(x))) @ root.T)


def compute_monte_carlo_interval(
    function: Callable[[FloatArray], FloatArray],
    x: FloatArray,
    covariance: FloatArray,
    level: float = 0.95,
    draws: int = 20_000,
    seed: int = 1,
) -> FloatArray:
    """Lower and upper limits (k × 2) of k functions of x, by quantiles of their values at draws.

    function  from x (q) to k values; draws at which a value does not exist are left out of its interval
    """
    values = np.array([function(point) for point in draw_parameters(x, covariance, draws, seed)])
    return np.asarray(np.nanquantile(values, [0.5 * (1.0 - level), 0.5 * (1.0 + level)], axis=0).T)
