"""Several fits in one table, and the tests of those that are nested."""

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import TYPE_CHECKING

from sem_toolkit.comparison.nested import compute_difference
from sem_toolkit.comparison.nesting import check_nesting
from sem_toolkit.diagnostics import SemError
from sem_toolkit.fit import Fit

if TYPE_CHECKING:
    import pandas as pd

MEASURES = (
    "chisq", "df", "pvalue", "cfi", "tli", "rmsea", "rmsea.ci.lower", "rmsea.ci.upper", "srmr", "aic", "bic",
)  # fmt: skip


def build_comparison_table(fits: Mapping[str, Fit]) -> "pd.DataFrame":
    """One row a model, in the order given: verdict, n, npar and fit measures; empty where no optimum was certified."""
    import pandas as pd

    return pd.DataFrame([{"model": name} | describe_fit(fit, MEASURES) for name, fit in fits.items()])


def describe_fit(fit: Fit | None, measures: Sequence[str]) -> dict[str, object]:
    """Verdict, n, npar and the measures by name; None for what does not exist, all of it where there is no fit."""
    if fit is None:
        return {"verdict": "not fitted", "n": None, "npar": None} | dict.fromkeys(measures)
    row: dict[str, object] = {"verdict": fit.certificate.verdict, "n": fit.sample.n, "npar": fit.npar}
    return row | {name: fit.fit_measures.get(name) for name in measures}


def build_pairwise_tests(fits: Mapping[str, Fit]) -> "pd.DataFrame":
    """One row a pair of models: restricted, general, chisq.diff, df.diff, pvalue, and why there is no test.

    The test is the one that belongs to the estimator, as in lavaan's lavTestLRT. A pair is tested only where the
    restricted model's implied moments are reproduced by the general one (Bentler & Satorra, 2010).
    """
    import pandas as pd

    columns = ["restricted", "general", "chisq.diff", "df.diff", "pvalue", "reason"]
    return pd.DataFrame([_test_pair(*pair) for pair in combinations(fits.items(), 2)], columns=columns)


def _test_pair(first: tuple[str, Fit], second: tuple[str, Fit]) -> dict[str, object]:
    pair = sorted((first, second), key=lambda item: item[1].fit_measures.get("df", 0.0))
    (general, larger), (restricted, smaller) = pair
    row: dict[str, object] = {"restricted": restricted, "general": general}
    reason = _find_obstacle(larger, smaller)
    if reason:
        return row | {"reason": reason}
    try:
        test = compute_difference(larger, smaller)
    except SemError as fault:
        return row | {"reason": str(fault)}
    return row | {"chisq.diff": test.stat, "df.diff": test.df, "pvalue": test.pvalue, "reason": ""}


def _find_obstacle(larger: Fit, smaller: Fit) -> str:
    """Why the smaller model cannot be tested against the larger one; empty where it can."""
    if not (larger.converged and smaller.converged):
        return "no certified optimum"
    if larger.sample.n != smaller.sample.n:
        return f"fitted to different rows (n = {larger.sample.n} and {smaller.sample.n})"
    if "none" in {larger.options.inference.test, smaller.options.inference.test}:
        return "a test was not asked for (test = none)"
    if larger.fit_measures["df"] == smaller.fit_measures["df"]:
        return "same degrees of freedom"
    nesting = check_nesting(larger.solution, smaller.solution)
    return "" if nesting.nested else f"not nested: {nesting.reason}"
