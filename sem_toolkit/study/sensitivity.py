"""Which conclusions depend on what the printed tables leave open? Many completions side by side.

Every completion gives the printed regressions. What they do not fix is how the predictors of different tables go
together, and so what a regression on all of them at once, or a path model on composites, would have said. The
completions are an inner picture only: what some data behind the tables say. `completion_bounds` has the outer one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from sem_toolkit.libraries import pd
from sem_toolkit.study.completion_bounds import FixedCorrelations, combine_blocks
from sem_toolkit.study.completions import Completions
from sem_toolkit.study.intervals import FloatArray
from sem_toolkit.study.published import PrintedTable
from sem_toolkit.study.recovered_models import name_factor


@dataclass(frozen=True)
class Composite:
    """An equal-weight mean of the predictors of one table, as a factor of the path model."""

    name: str
    terms: tuple[str, ...]


def compare_joint_regressions(
    completions: Completions, tables: Sequence[PrintedTable], level: float = 0.05
) -> pd.DataFrame:
    """One row a predictor: its B as printed, and over the completions its B and p beside all other predictors.

    Columns: table, term, printed, lowest, median, highest, positive (share of completions with B above 0), significant
    (share with p below `level`).
    """
    terms = [(table, row) for table in tables for row in table.predictors]
    b, p = _fit_all(completions, [row.term for _, row in terms])
    printed = [row.figures["b"].value if "b" in row.figures else np.nan for _, row in terms]
    head = pd.DataFrame(
        {"table": [t.name for t, _ in terms], "term": [row.term for _, row in terms], "printed": printed}
    )
    return pd.concat([head, _describe(b, p, level)], axis=1)


def compare_path_models(completions: Completions, composites: Sequence[Composite], level: float = 0.05) -> pd.DataFrame:
    """One row a composite: standardised coefficient in the model of all composites, over the completions.

    Columns: composite, lowest, median, highest, positive, significant.
    """
    frames = tuple(_combine(frame, composites, completions.outcome) for frame in completions.frames)
    names = [composite.name for composite in composites]
    b, p = _fit_all(Completions(frames, completions.outcome), names)
    return pd.concat([pd.DataFrame({"composite": names}), _describe(b, p, level)], axis=1)


def compare_correlations(completions: Completions, tables: Sequence[PrintedTable]) -> pd.DataFrame:
    """One row a pair of predictors: lowest and highest correlation; `fixed` where the range is below 0.001."""
    names = [row.term for table in tables for row in table.predictors]
    stack = np.array(
        [np.corrcoef(frame[names].to_numpy(dtype=np.float64), rowvar=False) for frame in completions.frames]
    )
    rows, columns = np.triu_indices(len(names), 1)
    low, high = stack.min(axis=0)[rows, columns], stack.max(axis=0)[rows, columns]
    first, second = [names[i] for i in rows], [names[i] for i in columns]
    return pd.DataFrame({"first": first, "second": second, "lowest": low, "highest": high, "fixed": high - low < 1e-3})


def build_fixed_correlations(
    correlations: Mapping[tuple[str, str], float], terms: Sequence[str], outcome: str
) -> FixedCorrelations:
    """What is fixed of the predictors named, from correlations by pair of names."""
    size = len(terms)
    matrix, fixed = np.eye(size), np.eye(size, dtype=bool)
    for (first, second), value in correlations.items():
        if first in terms and second in terms:
            i, j = terms.index(first), terms.index(second)
            matrix[i, j] = matrix[j, i] = value
            fixed[i, j] = fixed[j, i] = True
    return FixedCorrelations(tuple(terms), matrix, fixed, np.array([correlations[term, outcome] for term in terms]))


def list_composites(tables: Sequence[PrintedTable]) -> tuple[Composite, ...]:
    """The mean of the predictors of each table with printed coefficients, named after its block and stage."""
    return tuple(
        Composite(name_factor(table), tuple(row.term for row in rows))
        for table in tables
        if (rows := table.predictors) and all("b" in row.figures for row in rows)
    )


def combine_composites(
    known: FixedCorrelations, sds: Mapping[str, float], composites: Sequence[Composite]
) -> FixedCorrelations:
    """The composites' own correlations with the outcome."""
    spread = np.array([sds[name] for name in known.names])
    return combine_blocks(known, spread, [c.terms for c in composites], [c.name for c in composites])


def _combine(frame: pd.DataFrame, composites: Sequence[Composite], outcome: str) -> pd.DataFrame:
    columns = {c.name: frame[list(c.terms)].mean(axis=1) for c in composites} | {outcome: frame[outcome]}
    combined = pd.DataFrame(columns)
    return (combined - combined.mean()) / combined.std()


def _fit_all(completions: Completions, names: Sequence[str]) -> tuple[FloatArray, FloatArray]:
    """Coefficients and p-values of the regression on all predictors, completions × predictors."""
    from scipy.stats import t as student

    b, p = [], []
    for frame in completions.frames:
        x, y = frame[list(names)].to_numpy(dtype=np.float64), frame[completions.outcome].to_numpy(dtype=np.float64)
        x, y = x - x.mean(axis=0), y - y.mean()
        inverse, df = np.linalg.inv(x.T @ x), len(y) - x.shape[1] - 1
        found = inverse @ (x.T @ y)
        variance = float(np.square(y - x @ found).sum()) / df
        b.append(found)
        p.append(2.0 * student.sf(np.abs(found) / np.sqrt(variance * np.diag(inverse)), df))
    return np.array(b), np.array(p)


def _describe(b: FloatArray, p: FloatArray, level: float) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "lowest": b.min(axis=0),
            "median": np.median(b, axis=0),
            "highest": b.max(axis=0),
            "positive": (b > 0).mean(axis=0),
            "significant": (p < level).mean(axis=0),
        }
    )
