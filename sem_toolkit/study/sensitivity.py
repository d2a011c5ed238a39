"""Which conclusions depend on what the printed tables leave open? Several reconstructions side by side.

Every reconstruction gives the printed regressions. What they do not fix is how the predictors of different tables go
together, and so what a regression on all of them at once would have said.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pandas as pd

from sem_toolkit.study.published import PrintedTable
from sem_toolkit.study.reconstruct import Reconstruction
from sem_toolkit.study.regression import fit_regression


def compare_joint_regressions(
    reconstructions: Sequence[Reconstruction], tables: Sequence[PrintedTable], level: float = 0.05
) -> pd.DataFrame:
    """One row a predictor: its B as printed, and over the reconstructions its B and p beside all other predictors.

    Columns: table, term, printed, lowest, highest, significant (share of reconstructions with p below `level`).
    """
    outcome = reconstructions[0].outcome
    terms = [(table, row) for table in tables for row in table.predictors]
    names = [row.term for _, row in terms]
    fits = [fit_regression(found.data, outcome, names).coefficients for found in reconstructions]
    rows = []
    for table, row in terms:
        b = [float(fit.loc[row.term, "b"]) for fit in fits]
        below = [float(fit.loc[row.term, "sig"]) < level for fit in fits]
        rows.append(
            {
                "table": table.name,
                "term": row.term,
                "printed": row.figures["b"].value if "b" in row.figures else np.nan,
                "lowest": min(b),
                "highest": max(b),
                "significant": float(np.mean(below)),
            }
        )
    return pd.DataFrame(rows)


def compare_correlations(reconstructions: Sequence[Reconstruction], tables: Sequence[PrintedTable]) -> pd.DataFrame:
    """One row a pair of predictors: lowest and highest correlation; `fixed` where the range is below 0.001."""
    names = [row.term for table in tables for row in table.predictors]
    rows = []
    for first, second in combinations(names, 2):
        values = [float(found.data[first].corr(found.data[second])) for found in reconstructions]
        low, high = min(values), max(values)
        rows.append({"first": first, "second": second, "lowest": low, "highest": high, "fixed": high - low < 1e-3})
    return pd.DataFrame(rows)
