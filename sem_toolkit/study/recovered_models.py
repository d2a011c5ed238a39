"""Models of the variables of one printed table, fitted to the recovered moments: the same in any data behind it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sem_toolkit.fit import Fit, fit
from sem_toolkit.libraries import pd
from sem_toolkit.study.calibration import FixedMoments
from sem_toolkit.study.published import PrintedTable


@dataclass(frozen=True, eq=False)
class FactorCheck:
    """Do the predictors of a table reflect one factor that acts on the outcome?

    table     its name
    factor    a name for it: block and stage
    items     its predictors
    loadings  standardised loadings that the predictors' own correlations imply (three of them only), by name
    fit       predictors and outcome as indicators and effect of one factor, at the recovered moments and n; where it is
              not certified, as with a share of explained variance above 1, there is no such factor in any data
    """

    table: str
    factor: str
    items: tuple[str, ...]
    loadings: dict[str, float]
    fit: Fit

    @property
    def effect(self) -> float:
        """Standardised effect of the factor on the outcome; above 1 where there is no such factor."""
        rows = self.fit.parameters
        return float(rows.loc[rows["op"] == "~", "std.all"].item())


def check_factor(table: PrintedTable, fixed: FixedMoments, n: int, outcome: str) -> FactorCheck:
    """Fit one factor to the predictors of a table with two or more of them, and the outcome on it.

    Without the factor the outcome depends on each predictor by itself, as printed (the formative reading); the factor
    forbids that, and its test has as many degrees of freedom as it forbids: none with two predictors, whose model may
    be impossible all the same.
    """
    items = tuple(row.term for row in table.predictors)
    names, factor = (*items, outcome), name_factor(table)
    spec = f"{factor} =~ {' + '.join(items)}\n{outcome} ~ {factor}\n"
    found = fit(spec, sample_cov=build_covariance(fixed, names), sample_nobs=n, engine="native", call="sem")
    return FactorCheck(table.name, factor, items, _imply_loadings(fixed, items), found)


def name_factor(table: PrintedTable) -> str:
    """Block and stage of a table; the block alone where it is of all stages."""
    return table.block if table.stage == "all" else f"{table.block}_{table.stage}"


def build_covariance(fixed: FixedMoments, names: Sequence[str]) -> pd.DataFrame:
    """Covariance matrix (divisor n − 1) of variables all of whose correlations are fixed."""
    r = np.eye(len(names))
    for i, first in enumerate(names):
        for j, second in enumerate(names[:i]):
            pair = (first, second) if (first, second) in fixed.correlations else (second, first)
            r[i, j] = r[j, i] = fixed.correlations[pair]
    sds = np.array([fixed.sds[name] for name in names])
    return pd.DataFrame(r * np.outer(sds, sds), names, names)


def _imply_loadings(fixed: FixedMoments, items: Sequence[str]) -> dict[str, float]:
    """λ₁ = √(r₁₂ r₁₃ / r₂₃) and so on; empty but for three items with a positive product."""
    if len(items) != 3:
        return {}
    r = build_covariance(fixed, items).to_numpy()
    r = r / np.sqrt(np.outer(np.diag(r), np.diag(r)))
    product = r[0, 1] * r[0, 2] * r[1, 2]
    others = (r[1, 2], r[0, 2], r[0, 1])
    if product <= 0:
        return {}
    return {name: float(np.sqrt(product) / abs(other)) for name, other in zip(items, others, strict=True)}
