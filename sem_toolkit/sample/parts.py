"""Rows dealt at random into parts, such as a training half and the other half, or the folds of a cross-validation."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray


def deal_rows(
    n: int, shares: Sequence[float], seed: int, strata: ArrayLike | None = None, units: ArrayLike | None = None
) -> NDArray[np.intp]:
    """Number of the part that each of n rows falls into; the same seed always deals the same way.

    shares  of the parts, adding to 1
    strata  a label a row (n): each kind is dealt in these shares by itself
    units   a label a row (n): rows of one unit stay together, in the stratum of the first of them
    """
    rng = np.random.default_rng(seed)
    kinds = np.zeros(n, dtype=np.intp) if strata is None else _number(strata)
    owners = np.arange(n) if units is None else _number(units)
    _, first = np.unique(owners, return_index=True)
    parts = np.empty(len(first), dtype=np.intp)
    limits = np.cumsum(shares)[:-1]
    for kind in np.unique(kinds[first]):
        own = rng.permutation(np.flatnonzero(kinds[first] == kind))
        parts[own] = np.searchsorted(limits, (np.arange(len(own)) + 0.5) / len(own), side="right")
    return np.asarray(parts[owners])


def _number(labels: ArrayLike) -> NDArray[np.intp]:
    """Whole numbers in place of labels (n), whatever these are, empty ones too."""
    import pandas as pd

    codes = pd.factorize(np.asarray(labels, dtype=object), use_na_sentinel=False)[0]
    return np.unique(codes, return_inverse=True)[1]
