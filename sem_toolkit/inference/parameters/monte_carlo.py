"""Monte Carlo intervals: functions of the parameters at draws from the estimates' normal distribution.

Source: MacKinnon, Lockwood & Williams (2004), Multivariate Behavioral Research 39, 99-128.
"""

import numpy as np

from sem_toolkit.sample.moments import FloatArray


def draw_parameters(x: FloatArray, covariance: FloatArray, draws: int = 20_000, seed: int = 1) -> FloatArray:
    """Draws (draws × q) from a normal distribution with this mean (q) and covariance (q × q, may be singular)."""
    values, vectors = np.linalg.eigh(covariance)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    return np.asarray(x + np.random.default_rng(seed).standard_normal((draws, len(x))) @ root.T)
