"""Structural equation models of the recovered items of several tables, fitted to every completion.

How items of different tables go together is open, and so is what such a model says: one factor of a block's items over
the stages, and all predictors at once, with a factor wherever the items of one table allow one (`recovered_models`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from sem_toolkit.fit import Fit, fit
from sem_toolkit.libraries import pd
from sem_toolkit.study.completions import Completions
from sem_toolkit.study.published import PrintedTable
from sem_toolkit.study.recovered_models import FactorCheck

OVER_STAGES, ALL_AT_ONCE = "one factor over the stages", "all predictors at once"


@dataclass(frozen=True)
class CompletionModel:
    """A model by what it says, as lavaan text; factors by name → indicators."""

    title: str
    text: str
    factors: dict[str, tuple[str, ...]]


@dataclass(frozen=True, eq=False)
class CompletionFits:
    """A model fitted to every completion.

    drawn      how many completions
    certified  in how many of them an admissible optimum was certified; all else is about these
    df         of its χ² test, rejected in the share `rejected`
    effects    one row an effect on the outcome: predictor, lowest, median, highest (std.all), positive, significant
    """

    model: CompletionModel
    drawn: int
    certified: int
    df: int
    rejected: float
    effects: pd.DataFrame


def build_completion_models(
    tables: Sequence[PrintedTable], checks: Sequence[FactorCheck], outcome: str
) -> tuple[CompletionModel, ...]:
    """The models that the tables with printed coefficients allow."""
    printed = [table for table in tables if all("b" in row.figures for row in table.predictors)]
    return (*_build_over_stages(printed, outcome), _build_all_at_once(printed, checks, outcome))


def fit_completion_models(
    models: Sequence[CompletionModel], completions: Completions, level: float = 0.05
) -> tuple[CompletionFits, ...]:
    """Fit each model to each completion by maximum likelihood.

    Every optimum is certified; other optima are not looked for (a test does, on some completions, and finds none).
    """
    return tuple(_fit_model(model, completions, level) for model in models)


def _build_over_stages(tables: Sequence[PrintedTable], outcome: str) -> list[CompletionModel]:
    """Of each block whose tables have one predictor each, where three stages or more have one."""
    blocks: dict[str, list[str]] = {}
    for table in tables:
        if len(table.predictors) == 1:
            blocks.setdefault(table.block, []).append(table.predictors[0].term)
    return [
        CompletionModel(
            f"{block}: {OVER_STAGES}",
            f"{block} =~ {' + '.join(items)}\n{outcome} ~ {block}\n",
            {block: tuple(items)},
        )
        for block, items in blocks.items()
        if len(items) >= 3
    ]


def _build_all_at_once(tables: Sequence[PrintedTable], checks: Sequence[FactorCheck], outcome: str) -> CompletionModel:
    allowed = {check.table: check for check in checks if check.fit.certified}
    factors, predictors = {}, []
    for table in tables:
        if table.name in allowed:
            factors[allowed[table.name].factor] = allowed[table.name].items
            predictors.append(allowed[table.name].factor)
        else:
            predictors += [row.term for row in table.predictors]
    lines = [f"{factor} =~ {' + '.join(items)}" for factor, items in factors.items()]
    lines.append(f"{outcome} ~ {' + '.join(predictors)}")
    lines += [f"{first} ~~ {second}" for first, second in combinations(predictors, 2)]
    return CompletionModel(ALL_AT_ONCE, "\n".join([*lines, ""]), factors)


def _fit_model(model: CompletionModel, completions: Completions, level: float) -> CompletionFits:
    fits = [fit_completion(model, frame) for frame in completions.frames]
    certified = [found for found in fits if found.certified]
    paths = [_read_paths(found, completions.outcome) for found in certified]
    pvalues = np.array([found.fit_measures["pvalue"] for found in certified])
    return CompletionFits(
        model,
        drawn=len(fits),
        certified=len(certified),
        df=int(certified[0].fit_measures["df"]) if certified else 0,
        rejected=float((pvalues < level).mean()) if len(pvalues) else float("nan"),
        effects=_describe(paths, level),
    )


def fit_completion(model: CompletionModel, frame: pd.DataFrame, multistart: int = 0) -> Fit:
    """The model fitted to one completion; answers are taken as numbers, as in the printed regressions."""
    return fit(model.text, frame, engine="native", call="sem", multistart=multistart)


def _read_paths(found: Fit, outcome: str) -> pd.DataFrame:
    rows = found.parameters
    return rows[(rows["op"] == "~") & (rows["lhs"] == outcome)].set_index("rhs")[["std.all", "pvalue"]]


def _describe(paths: Sequence[pd.DataFrame], level: float) -> pd.DataFrame:
    columns = ["predictor", "lowest", "median", "highest", "positive", "significant"]
    if not paths:
        return pd.DataFrame(columns=columns)
    effects = np.array([own["std.all"] for own in paths])
    pvalues = np.array([own["pvalue"] for own in paths])
    return pd.DataFrame(
        {
            "predictor": list(paths[0].index),
            "lowest": effects.min(axis=0),
            "median": np.median(effects, axis=0),
            "highest": effects.max(axis=0),
            "positive": (effects > 0).mean(axis=0),
            "significant": (pvalues < level).mean(axis=0),
        }
    )
