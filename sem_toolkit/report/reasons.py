"""Why a number does not exist: one reason for each column of a table that has a dash in it."""

from collections.abc import Callable, Iterator, Mapping

import numpy as np

from sem_toolkit.fit.result import Fit
from sem_toolkit.libraries import pd

Reason = str | Callable[[Fit], str]

_NO_VARIATION = "what is fixed, or follows from what is, cannot be tested"
_NO_DISTRIBUTION = "what least squares minimises has no known distribution, and only scaled tests have p-values"
_NO_SCALE = "a variance that is not positive has no root"


def _explain_se(fit: Fit) -> str:
    if fit.options.inference.se == "none":
        return "standard errors were not asked for (se = none)"
    if not fit.converged:
        return "there are no standard errors without a certified optimum"
    return "the information matrix is not positive definite"


def _explain_test(fit: Fit) -> str:
    return "a test was not asked for (test = none)" if fit.options.inference.test == "none" else ""


def _explain_pvalue(fit: Fit) -> str:
    if fit.fit_measures.get("df") and not fit.options.estimation.kind.has_distribution:
        return _explain_test(fit) or _NO_DISTRIBUTION
    return _explain_test(fit) or "without degrees of freedom there is nothing to test"


def _explain_measures(fit: Fit) -> str:
    if fit.fit_measures.get("df") == 0:
        return "without degrees of freedom the fit is exact, and there is nothing to test or to scale"
    if not fit.options.estimation.kind.has_distribution:
        return _NO_DISTRIBUTION
    return "the baseline model fits no worse, or the scaling factor is not positive"


_INTERVALS: Mapping[str, Reason] = {
    "se": _explain_se,
    "z": lambda fit: _explain_se(fit) if not fit.converged or fit.options.inference.se == "none" else _NO_VARIATION,
    "ci.lower": _explain_se,
    "ci.upper": _explain_se,
    "est.std": _NO_SCALE,
    "std.lv": _NO_SCALE,
    "std.all": _NO_SCALE,
    "std.nox": _NO_SCALE,
    "std.se": _NO_SCALE,
}
_CHANGES: dict[str, Reason] = dict.fromkeys(("sepc.lv", "sepc.all", "sepc.nox"), _NO_SCALE)
_FEW = "it takes two indicators at least"
REASONS: Mapping[str, Mapping[str, Reason]] = {
    "parameters": _INTERVALS,
    "standardized": _INTERVALS,
    "effects": _INTERVALS,
    "fit_measures": {"value": _explain_measures},
    "r2": dict.fromkeys(("r2", "r2.blocked"), "a negative residual variance would give an R² above 1"),
    "modification_indices": _CHANGES,
    "epc": _CHANGES | {"sepc.lower": _NO_SCALE},
    "residuals": {
        "residual": "its variance is estimated as negative or as 0",
        "se": "its variance is estimated as negative",
        "z": "a residual that is always 0 cannot vary (the diagonal of correlations; what the model always reproduces)",
    },
    "tests": {
        "pvalue": _explain_pvalue,
        "df": lambda fit: _explain_test(fit) or "the scaling factor is not positive",
        "stat": lambda fit: _explain_test(fit) or "the scaling factor is not positive",
        "scaling_factor": "only scaled tests have one",
        "shift_parameter": "only the scaled and shifted test has one",
    },
    "instruments": dict.fromkeys(
        ("first.stage.f", "partial.r2"), "an equation by ordinary least squares needs no instruments"
    ),
    "local_tests": {"r": "the last row is Fisher's C of all, with its value under z"},
    "reliability": {
        "alpha": _FEW,
        "ave": "a negative variance",
    },
    "fornell_larcker": {"": "correlations stand below the diagonal, √AVE on it"},
    "htmt": {"": f"no correlations among the indicators of a factor: {_FEW}"},
    "htmt2": {"": f"no correlations among the indicators of a factor: {_FEW}"},
    "scores": {"": "factors without indicators of their own have no Bartlett scores"},
    "score_quality": {
        "se": "ten Berge scores have none; factors without indicators of their own have no Bartlett scores",
        "determinacy": "factors without indicators of their own have no Bartlett scores",
    },
    "score_tests": {"X2": "the constraint cannot be released: the model would not be identified"},
    "score_tests_cumulative": {"X2": "the constraints cannot be released: the model would not be identified"},
    "additions": {
        "X2": "it cannot be freed: the model would not be identified",
        "epc": "there is one of each addition, and none of all together",
    },
}
"""By table and column ("" for any); columns that follow from one that is explained need no words of their own."""
_FOLLOWS: Mapping[str, tuple[str, ...]] = {
    "pvalue": ("se", "z", "X2", "stat"),
    "z": ("se", "residual"),
    "ci.lower": ("se",),
    "ci.upper": ("se",),
    "se": ("residual",),
    "sepc.upper": ("sepc.lower", "sepc.all"),
    "sepc.lower": ("sepc.all",),
    "std.se": ("std.all",),
    "ave_model": ("ave",),
    "epc": ("X2",),
    "std.nox": ("std.all",),
    "std.lv": ("std.all",),
    "determinacy": ("se",),
}


def list_reasons(fit: Fit, name: str, frame: "pd.DataFrame") -> list[str]:
    """For each column of a table in which numbers are missing, why; columns with one reason are named together."""
    if frame.empty:
        if name not in EMPTY:
            return []
        reason = EMPTY[name]
        return [reason(fit) if callable(reason) else reason]
    found: dict[str, list[str]] = {}
    for column, reason in _find_missing(name, frame):
        of_measures = name == "fit_measures" and column == "value"
        columns = list(frame["measure"][frame["value"].isna()]) if of_measures else [column]
        found.setdefault(reason(fit) if callable(reason) else reason, []).extend(columns)
    return [f"– ({', '.join(columns)}): {reason}" for reason, columns in found.items()]


def _explain_no_candidates(fit: Fit) -> str:
    if fit.solution.model.composites is not None:
        return "models with composites have none, as in lavaan: freeing a parameter would change the weights too"
    return "there is no parameter that could be freed and would be identified"


EMPTY: Mapping[str, Reason] = {
    "modification_indices": _explain_no_candidates,
    "epc": _explain_no_candidates,
    "effects": "no latent variable and no variable of a regression affects another",
    "local_tests": "the model implies no conditional independence",
    "r2": "no variable depends on another",
}
"""Why a table has no rows."""


def _find_missing(name: str, frame: "pd.DataFrame") -> Iterator[tuple[str, Reason]]:
    reasons = REASONS.get(name, {})
    missing = {column: _where_missing(frame[column]) for column in map(str, frame.columns)}
    for column, where in missing.items():
        explained = [missing[source] for source in _FOLLOWS.get(column, ()) if source in missing]
        left = where & ~np.any(explained, axis=0) if explained else where
        reason = reasons.get(column, reasons.get(""))
        if left.any() and reason is not None:
            yield column, reason


def _where_missing(column: "pd.Series") -> np.ndarray:
    return np.asarray(column.isna()) if pd.api.types.is_float_dtype(column) else np.zeros(len(column), dtype=np.bool_)
