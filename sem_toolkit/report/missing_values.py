"""A fit into the rows of its tables of missing values: patterns, and shares of the rows that have both variables."""

from typing import TYPE_CHECKING, Any

from sem_toolkit.diagnostics import DataError, Diagnostic
from sem_toolkit.fit.result import Fit

if TYPE_CHECKING:
    from sem_toolkit.sample.patterns import Patterns


def list_pattern_rows(fit: Fit) -> list[dict[str, Any]]:
    """group rows share and one number a variable, 1 where a pattern's rows have it; the most complete first."""
    return [
        {"group": label, "rows": int(count), "share": float(share)}
        | dict(zip(fit.sample.variables, map(int, there), strict=True))
        for label, patterns in _list_patterns(fit)
        for count, share, there in zip(patterns.counts, patterns.share, patterns.observed, strict=True)
    ]


def list_coverage_rows(fit: Fit) -> list[dict[str, Any]]:
    """group variable and one number a variable: the share of the rows that have both."""
    names = fit.sample.variables
    return [
        {"group": label, "variable": name} | dict(zip(names, map(float, shares), strict=True))
        for label, patterns in _list_patterns(fit)
        for name, shares in zip(names, patterns.coverage, strict=True)
    ]


def _list_patterns(fit: Fit) -> list[tuple[str, "Patterns"]]:
    """Label and patterns of every group; raises DataError where there are no rows."""
    from sem_toolkit.sample.patterns import build_patterns

    found = []
    for group in fit.sample.groups:
        if group.data is None:
            message = "patterns of missing values need the rows of the data"
            raise DataError(Diagnostic("error", "raw-data-needed", message))
        found.append((group.label, build_patterns(group.data)))
    return found
