"""Moments as they are typed into options, and their values in the order of the variables."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.diagnostics import DataError, Diagnostic


@dataclass(frozen=True, eq=False)
class Moments:
    """Moments of one group as typed in an options file: names and a p × p matrix, or names and p values.

    messages  what was found when they were read
    """

    names: tuple[str, ...]
    values: NDArray[np.float64]
    messages: tuple[Diagnostic, ...] = ()


def require_mean(means: Mapping[str, Moments], label: str, names: tuple[str, ...]) -> NDArray[np.float64]:
    """The means (p) of a group in the order of `names`; raises DataError where the group has none."""
    if label not in means:
        message = f"sample_mean has no entry for group {label!r}"
        raise DataError(Diagnostic("error", "no-mean", message, hint="give the means of every group of sample_cov"))
    return order_moments(means[label], names, "sample_mean", label)


def order_moments(moments: Moments, names: tuple[str, ...], what: str, label: str = "") -> NDArray[np.float64]:
    """Values (p or p × p) in the order of `names`; raises DataError where a name is missing or a size is wrong.

    what, label  how messages call them: the option, and the group
    """
    what = f"{what} of group {label!r}" if label else what
    missing = [name for name in names if name not in moments.names]
    if missing:
        raise DataError(Diagnostic("error", "unknown-column", f"{what} has no values for {', '.join(missing)}"))
    if set(moments.values.shape) != {len(moments.names)}:
        message = f"{what} has {len(moments.names)} names for values of shape {moments.values.shape}"
        raise DataError(Diagnostic("error", "wrong-shape", message))
    picked = [moments.names.index(name) for name in names]
    return moments.values[np.ix_(*[picked] * moments.values.ndim)]
