"""Several fits in one table, and the tests of those that are nested."""

import math
from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from sem_toolkit.comparison.likelihoods import (
    compute_weights,
    explain_rows,
    find_criteria_obstacles,
    has_other_groups,
    share_data,
)
from sem_toolkit.comparison.nested import compute_difference
from sem_toolkit.comparison.nesting import compare_fits
from sem_toolkit.diagnostics import SemError
from sem_toolkit.fit import Fit

if TYPE_CHECKING:
    import pandas as pd

MEASURES = (
    "chisq", "df", "pvalue", "cfi", "tli", "rmsea", "rmsea.ci.lower", "rmsea.ci.upper", "srmr",
)  # fmt: skip
SCALED = (
    "chisq.scaled", "df.scaled", "pvalue.scaled",
    "cfi.robust", "tli.robust", "rmsea.robust", "cfi.scaled", "tli.scaled", "rmsea.scaled",
)  # fmt: skip
"""Shown beside them where the test of a model is scaled: `list_scaled` picks those that there are."""
CRITERIA = ("logl", "aic", "bic")


def build_comparison_table(fits: Mapping[str, Fit | None]) -> "pd.DataFrame":
    """One row a model, in the order given: verdict, n, npar, fit measures, logl, aic, bic, delta.bic, aic.weight,
    bic.weight, reason; empty where there is no fit, or none with a certified optimum.

    Information criteria stand only where they may be compared with the others'; the reason says why one does not.
    """
    import pandas as pd

    found = {name: fit for name, fit in fits.items() if fit is not None}
    obstacles = find_criteria_obstacles(found)
    scaled = list_scaled([fit.fit_measures for fit in found.values()])
    rows = []
    for name, fit in fits.items():
        row = {"model": name} | describe_fit(fit, (*MEASURES, *scaled, *CRITERIA))
        reason = obstacles.get(name, "not fitted")
        rows.append(row | (dict.fromkeys(CRITERIA) if reason else {}) | {"reason": reason})
    table = pd.DataFrame(rows)
    criteria = table[["aic", "bic"]].astype(float)
    weights = {f"{name}.weight": compute_weights(list(criteria[name])) for name in criteria}
    added = {"delta.bic": np.asarray(criteria["bic"] - criteria["bic"].min()), **weights}
    for place, (name, values) in enumerate(added.items(), start=len(table.columns) - 1):
        table.insert(place, name, values)
    return table


def list_scaled(measures: Sequence[Mapping[str, float | None]]) -> list[str]:
    """Names of the scaled measures that some of these fits have; scaled indices only where there is no robust one."""
    known = {name for row in measures for name in SCALED if not _is_empty(row.get(name))}
    robust = {name.removesuffix(".robust") for name in known if name.endswith(".robust")}
    indices = {f"{name}.scaled" for name in robust}
    return [name for name in SCALED if name in known - indices]


def _is_empty(value: float | None) -> bool:
    return value is None or math.isnan(value)


def describe_fit(fit: Fit | None, measures: Sequence[str]) -> dict[str, object]:
    """Verdict, n, npar and the measures by name; None for what does not exist, all of it where there is no fit."""
    if fit is None:
        return {"verdict": "not fitted", "n": None, "npar": None} | dict.fromkeys(measures)
    row: dict[str, object] = {"verdict": fit.certificate.verdict, "n": fit.sample.n, "npar": fit.npar}
    return row | {name: fit.fit_measures.get(name) for name in measures}


def build_pairwise_tests(fits: Mapping[str, Fit]) -> "pd.DataFrame":
    """One row a pair of models: restricted, general, relation, chisq.diff, df.diff, pvalue, and why there is no test.

    relation  "nested", "equivalent" or "not nested" by NET (Bentler & Satorra, 2010) at several points; "" where it
              cannot be told. A pair that is not nested stands in the order of its degrees of freedom.
    The test is the one that belongs to the estimator, as in lavaan's lavTestLRT.
    """
    import pandas as pd

    columns = ["restricted", "general", "relation", "chisq.diff", "df.diff", "pvalue", "reason"]
    return pd.DataFrame([test_pair(*pair) for pair in combinations(fits.items(), 2)], columns=columns)


def test_pair(first: tuple[str, Fit], second: tuple[str, Fit]) -> dict[str, Any]:
    """One row of `build_pairwise_tests`."""
    pair = sorted((first, second), key=lambda item: item[1].evaluated.evaluation.df)
    (general, larger), (restricted, smaller) = pair
    numbers = dict.fromkeys(("chisq.diff", "df.diff", "pvalue"), math.nan)
    row: dict[str, Any] = {"restricted": restricted, "general": general, "relation": "", **numbers}
    reason = find_obstacle(larger, smaller)
    if reason:
        return row | {"reason": reason}
    nesting = compare_fits(larger.solution, smaller.solution)
    row |= {"relation": nesting.relation}
    if nesting.relation != "nested":
        return row | {"reason": nesting.reason}
    if "none" in {larger.options.inference.test, smaller.options.inference.test}:
        return row | {"reason": "a test was not asked for (test = none)"}
    try:
        test = compute_difference(larger, smaller)
    except SemError as fault:
        return row | {"reason": str(fault)}
    return row | {"chisq.diff": test.stat, "df.diff": test.df, "pvalue": test.pvalue, "reason": ""}


def find_obstacle(larger: Fit, smaller: Fit) -> str:
    """Why two fits cannot be set against each other at all; empty where they can."""
    if not (larger.converged and smaller.converged):
        return "no certified optimum"
    if larger.solution.options.kind.name != smaller.solution.options.kind.name:
        return "estimated by different discrepancies"
    if not larger.solution.options.kind.has_saturated:
        return "with random slopes nesting is not checked: test parameters (Wald), or compare log-likelihoods"
    rows = explain_rows(larger, smaller)
    if rows:
        if has_other_groups(larger, smaller):
            return f"fitted in {len(larger.sample.groups)} and {len(smaller.sample.groups)} groups"
        return f"fitted to different rows (n = {larger.sample.n} and {smaller.sample.n})"
    only = sorted(set(larger.sample.variables) ^ set(smaller.sample.variables))
    if only:
        return f"about different variables ({', '.join(only)})"
    return "" if share_data(larger, smaller, larger.sample.variables) else "fitted to different data"
