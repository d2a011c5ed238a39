"""Expected parameter changes judged by size: is a misspecification trivial, substantial, or can the data not tell?

Each change is held against the largest that would be trivial, through its confidence interval (equivalence testing).
Sources: Saris, Satorra & van der Veld (2009), Structural Equation Modeling 16, 561-582; Pornprasertmanit (2014),
doctoral dissertation, University of Kansas.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from sem_toolkit.inference.distributions import compute_normal_quantile

if TYPE_CHECKING:
    import pandas as pd

TRIVIAL: Mapping[str, float] = {"=~": 0.40, "~": 0.10, "~~": 0.10, "~1": 0.20}
"""Largest standardised change that counts as trivial, by operator."""


def classify_expected_changes(
    indices: "pd.DataFrame", trivial: Mapping[str, float] = TRIVIAL, level: float = 0.90
) -> "pd.DataFrame":
    """Add sepc.lower, sepc.upper and verdict to a table of modification indices.

    The standard error of an expected change is |EPC|/√MI, its interval is normal at `level` in the metric of std.all.
    verdict  "trivial" (interval within ±δ), "substantial" (beyond ±δ), "underpowered" (interval spans both −δ and δ),
             "inconclusive" otherwise; δ by operator from `trivial`
    """
    frame = indices.copy()
    change, mi = frame["sepc.all"].to_numpy(dtype=float), frame["mi"].to_numpy(dtype=float)
    se = np.abs(change) / np.sqrt(np.maximum(mi, 1e-300))
    reach = compute_normal_quantile(0.5 * (1.0 + level)) * se
    with np.errstate(invalid="ignore"):  # a change that is infinite
        lower, upper = change - reach, change + reach
    delta = frame["op"].map(trivial).to_numpy(dtype=float)
    frame["sepc.lower"], frame["sepc.upper"] = lower, upper
    frame["verdict"] = np.select(
        [
            ~np.isfinite(se) | (change == 0),
            (lower >= -delta) & (upper <= delta),
            (lower > delta) | (upper < -delta),
            (lower < -delta) & (upper > delta),
        ],
        ["", "trivial", "substantial", "underpowered"],
        "inconclusive",
    )
    return frame
