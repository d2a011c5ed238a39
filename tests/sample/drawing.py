"""Rows that tests of long files are about."""

import numpy as np
from numpy.typing import NDArray

ITEMS = list("abcdeh")


def draw_responses(n: int, seed: int) -> tuple[NDArray[np.float64], np.random.Generator]:
    """Heavy-tailed responses of two related factors with three items each (n × 6), and what draws whatever follows."""
    rng = np.random.default_rng(seed)
    latent = rng.standard_normal((n, 2)) @ np.array([[1.0, 0.5], [0.0, 0.8]])
    return np.repeat(latent, 3, axis=1) + rng.standard_t(8, size=(n, 6)), rng
