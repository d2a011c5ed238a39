"""Factor scores of a fit as rows of a table: one a row of the data that was used."""

from typing import TYPE_CHECKING, Any

import numpy as np

from sem_toolkit.fit.result import Fit
from sem_toolkit.inference import ScoreMethod

if TYPE_CHECKING:
    import pandas as pd


def tabulate_scores(fit: Fit, method: ScoreMethod) -> "pd.DataFrame":
    """Row (of the data, from 1), group where there are several, one column a factor.

    At two levels a row has its own scores within its cluster, and beside them those of the cluster.
    """
    import pandas as pd

    found, groups = fit.factor_scores(method), fit.sample.groups
    step = 2 if fit.sample.has_levels else 1
    parts = []
    for g in range(0, len(groups), step):
        group, scores = groups[g], found[g]
        places = np.arange(group.n) if group.places is None else group.places
        columns: dict[str, Any] = {"row": places + 1}
        if len(groups) > step:
            columns["group"] = scores.label.rpartition(", ")[0] if step == 2 else scores.label
        columns |= dict(zip(scores.names, scores.scores.T, strict=True))
        if group.levels is not None:
            clusters, above = group.levels.likelihood.clusters, found[g + 1]
            spread = clusters.restore(above.scores[clusters.cluster])
            columns |= dict(zip(above.names, spread.T, strict=True))
        parts.append(pd.DataFrame(columns))
    return pd.concat(parts, ignore_index=True).sort_values("row", ignore_index=True)
