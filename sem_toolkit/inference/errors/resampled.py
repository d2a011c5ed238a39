"""Tables of estimates with what bootstrap samples said of them."""

from typing import TYPE_CHECKING

import numpy as np

from sem_toolkit.inference.distributions import compute_two_sided_pvalue
from sem_toolkit.inference.options import Resampled

if TYPE_CHECKING:
    import pandas as pd


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
