"""What bootstrap samples said of estimates, as the tables of a fit take it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from sem_toolkit.diagnostics import Diagnostic
from sem_toolkit.inference.distributions import compute_two_sided_pvalue
from sem_toolkit.sample.moments import FloatArray

if TYPE_CHECKING:
    import pandas as pd

Row = tuple[str, str, str, int]
LIMITS = ("norm", "basic", "perc", "bca.simple", "bca")
"""Limits of bootstrapped estimates, by lavaan's names."""


@dataclass(frozen=True, eq=False)
class Resampled:
    """Standard errors, limits and the p-value of the model by bootstrap samples.

    covariance  of x over the draws (q × q), their number as divisor; None where only the test was bootstrapped
    rows        standard error, lower and upper limit of a parameter or definition, by lhs, op, rhs and group; a
                definition has no rhs and group 0
    pvalue      share of Bollen-Stine samples with a larger statistic; NaN where these were not asked for
    draws       samples, and counts: how they ended
    interval    the kind of the limits, one of LIMITS; seed: of the draws
    messages    about draws that do not count
    """

    covariance: FloatArray | None
    rows: Mapping[Row, tuple[float, float, float]]
    pvalue: float
    draws: int
    interval: str
    seed: int
    counts: Mapping[str, int] = field(default_factory=dict)
    messages: tuple[Diagnostic, ...] = ()


def put_resampled_limits(frame: "pd.DataFrame", found: Resampled) -> "pd.DataFrame":
    """The table of estimates with se, z, pvalue and limits of what was bootstrapped."""
    right = frame["rhs"].where(frame["op"] != ":=", "")
    keys = list(zip(frame["lhs"], frame["op"], right, frame["group"], strict=True))
    places = [place for place, key in enumerate(keys) if key in found.rows]
    if not places:
        return frame
    numbers = np.array([found.rows[keys[place]] for place in places])
    estimates, errors = frame["est"].to_numpy()[places], numbers[:, 0]
    z = np.divide(estimates, errors, out=np.full(len(places), np.nan), where=errors > 0.0)
    columns = {"se": errors, "z": z, "pvalue": compute_two_sided_pvalue(z)}
    columns |= {"ci.lower": numbers[:, 1], "ci.upper": numbers[:, 2]}
    changed = frame.copy()
    for name, values in columns.items():
        changed.loc[changed.index[places], name] = values
    return changed
