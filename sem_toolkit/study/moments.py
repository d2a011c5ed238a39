"""From moments to the printed figures, and back to moments in the middle of what the figures allow.

`compute_figures` is the regression from its sums; `find_interior_moments` looks for the moments of the outcome (its
mean, its spread, its products with the predictors) whose figures keep the largest distance from the rounding borders.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sem_toolkit.libraries import special
from sem_toolkit.study.interior import maximise_margin
from sem_toolkit.study.intervals import FloatArray
from sem_toolkit.study.published import Figure, PrintedTable


@dataclass(frozen=True, eq=False)
class PredictorMoments:
    """Means (k) and centred sums of squares and products (k × k) of one table's predictors."""

    table: PrintedTable
    means: FloatArray
    centred: FloatArray


@dataclass(frozen=True, eq=False)
class InteriorMoments:
    """Moments of the outcome that reproduce every printed figure.

    q        root of the outcome's sum of squares about its mean
    mean     of the outcome
    crossed  for each table the k sums Σ (x_i − x̄_i)(y − ȳ)
    margin   smallest distance of a figure from its rounding border, as a share of half a unit of the last digit;
             below zero where some figure is not reproduced
    worst    the figure with that distance
    """

    q: float
    mean: float
    crossed: tuple[FloatArray, ...]
    margin: float
    worst: str

    @property
    def reproduces(self) -> bool:
        """Do all figures round to what is printed?"""
        return self.margin > 0


def compute_figures(moments: PredictorMoments, n: int, q: float, mean: float, crossed: FloatArray) -> dict[str, float]:
    """All figures of the regression: "r2", "adj_r2", "f", "sig_f", and "b a5", "se a5", … "b constant", …"""
    k = len(moments.means)
    df = n - k - 1
    inverse = np.linalg.inv(moments.centred)
    b = inverse @ crossed
    r2 = float(b @ crossed) / q**2
    variance = max(1.0 - r2, 0.0) * q**2 / df
    se = np.sqrt(variance * np.diag(inverse))
    beta = b * np.sqrt(np.diag(moments.centred)) / q
    constant = mean - float(b @ moments.means)
    constant_se = float(np.sqrt(variance * (1 / n + moments.means @ inverse @ moments.means)))
    f = r2 / k / (variance / q**2)
    figures = {"r2": r2, "adj_r2": 1 - (1 - r2) * (n - 1) / df, "f": f, "sig_f": float(special.fdtrc(k, df, f))}
    for i, row in enumerate(moments.table.predictors):
        figures |= _name_row(row.term, float(b[i]), float(se[i]), df) | {f"beta {row.term}": float(beta[i])}
    return figures | _name_row("constant", constant, constant_se, df)


def _name_row(term: str, b: float, se: float, df: int) -> dict[str, float]:
    t = b / se
    return {
        f"b {term}": b,
        f"se {term}": se,
        f"t {term}": t,
        f"sig {term}": float(special.betainc(df / 2, 0.5, df / (df + t * t))),
    }


def list_printed(table: PrintedTable) -> dict[str, Figure]:
    """The printed figures under the names of `compute_figures`; the table's where the text gives another."""
    printed = {quantity: f for quantity in ("r2", "adj_r2", "f", "sig_f") if (f := table.find(quantity)) is not None}
    for row in table.coefficients:
        printed |= {f"{column} {row.term}": figure for column, figure in row.figures.items()}
    return printed


def find_interior_moments(
    predictors: Sequence[PredictorMoments], n: int, q: float, mean: float, fixed_outcome: bool = False
) -> InteriorMoments:
    """Maximise the smallest margin over all figures of all tables.

    q, mean        start; with `fixed_outcome` they keep these values
    """
    layout = _Layout(tuple(predictors), n)
    found = maximise_margin(
        layout.compute_values, layout.printed, layout.build_start(q, mean), fixed=2 if fixed_outcome else 0
    )
    q, mean, crossed = layout.split(found.x)
    return InteriorMoments(q, mean, crossed, found.margin, layout.names[found.worst])


class _Layout:
    """Unknowns x: q, mean, then each table's k sums of products with the outcome."""

    def __init__(self, predictors: tuple[PredictorMoments, ...], n: int) -> None:
        self._predictors, self._n = predictors, n
        printed = [list_printed(moments.table) for moments in predictors]
        self._keys = [list(figures) for figures in printed]
        self.names = [f"{m.table.name}: {key}" for m, keys in zip(predictors, self._keys, strict=True) for key in keys]
        self.printed = [figure.interval for figures in printed for figure in figures.values()]

    def build_start(self, q: float, mean: float) -> FloatArray:
        """Products that the printed B imply; a small positive one where B is not printed."""
        crossed = []
        for moments in self._predictors:
            b = [row.figures["b"].value if "b" in row.figures else 0.1 for row in moments.table.predictors]
            crossed.append(moments.centred @ np.array(b))
        return np.array([q, mean, *np.concatenate(crossed)])

    def split(self, x: FloatArray) -> tuple[float, float, tuple[FloatArray, ...]]:
        ends = np.cumsum([len(moments.means) for moments in self._predictors])[:-1]
        return float(x[0]), float(x[1]), tuple(np.split(x[2:], ends))

    def compute_values(self, x: FloatArray) -> FloatArray:
        q, mean, crossed = self.split(x)
        values = []
        for moments, keys, own in zip(self._predictors, self._keys, crossed, strict=True):
            figures = compute_figures(moments, self._n, q, mean, own)
            values += [figures[key] for key in keys]
        return np.array(values)
