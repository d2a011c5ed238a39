"""Estimates as a journal prints them: a table a kind of parameter, variables under the one they depend on.

Layout: American Psychological Association (2020), Publication manual, ch. 7.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sem_toolkit.fit import Fit
from sem_toolkit.inference.frames import number_groups
from sem_toolkit.libraries import pd
from sem_toolkit.report.numbers import format_estimate, format_p_value

_JOIN = "\N{NO-BREAK SPACE}"
INDENT = 3 * _JOIN
"""Before a name that stands under another: blanks would be lost in HTML, Markdown and LaTeX, and lines broken there."""
KINDS: Mapping[str, str] = {
    "=~": "Factor loadings",
    "<~": "Composites",
    "~": "Regressions",
    ":=": "Defined parameters",
    "covariance": "Covariances",
    "residual covariance": "Residual covariances",
    "variance": "Variances",
    "residual variance": "Residual variances",
    "~1": "Means and intercepts",
    "|": "Thresholds",
    "~*~": "Scales of the responses behind ordered variables",
}
"""Kinds of parameters in the order in which they are printed."""
_NESTED = frozenset({"=~", "<~", "~", "|"})
_UNWRITTEN = frozenset({"~1", "~*~"})
"""Operators whose fixed parameters are conventions (means of 0, scales of 1), and no results."""


def list_columns(fit: Fit) -> tuple[str, ...]:
    """The columns of numbers, in their order."""
    return ("Estimate", "SE", "z", "p", f"{fit.options.level:.0%} CI", "Std.")


def build_estimate_tables(fit: Fit) -> "Iterator[tuple[str, pd.DataFrame]]":
    """Title and rows, all texts, of every kind of parameter, of one group after the other."""
    parameters = fit.parameters
    kinds, numbers = _find_kinds(parameters), number_groups(parameters)
    labels = [group.label for group in fit.sample.groups]
    shown = ~(parameters["op"].isin(_UNWRITTEN) & (parameters["free"] == 0) & (parameters["se"] == 0))
    for number in sorted(set(numbers), key=lambda number: (number == 0, number)):
        for kind, title in KINDS.items():
            rows = parameters[shown & (kinds == kind) & (numbers == number)]
            if len(rows):
                where = f", {labels[number - 1]}" if len(labels) > 1 and number else ""
                yield title + where, _build_rows(rows.to_dict("records"), kind, list_columns(fit))


def build_estimate_table(fit: Fit) -> "pd.DataFrame":
    """All of them in one table, each kind under a row with its title."""
    parts = []
    for title, rows in build_estimate_tables(fit):
        head = pd.DataFrame([[title, *[""] * len(list_columns(fit))]], columns=rows.columns)
        parts += [head, rows.assign(Parameter=INDENT + rows["Parameter"])]
    return pd.concat(parts, ignore_index=True)


def _find_kinds(parameters: "pd.DataFrame") -> "pd.Series[str]":
    """The kind of every row: variances and covariances of what depends on something else are residual ones."""
    op, lhs, rhs = parameters["op"], parameters["lhs"], parameters["rhs"]
    dependent = {*lhs[op == "~"], *rhs[op == "=~"], *lhs[op == "<~"]}
    names = [
        "".join(("residual " if {left, right} & dependent else "", "variance" if left == right else "covariance"))
        for left, right in zip(lhs, rhs, strict=True)
    ]
    return op.where(op != "~~", pd.Series(names, index=parameters.index))


def _build_rows(rows: Iterable[Mapping[Any, Any]], kind: str, columns: tuple[str, ...]) -> "pd.DataFrame":
    found: list[list[str]] = []
    above = None
    for row in rows:
        if kind in _NESTED and row["lhs"] != above:
            above = row["lhs"]
            found.append([above, *[""] * len(columns)])
        found.append([_name(row, kind), *_format_numbers(row)])
    return pd.DataFrame(found, columns=["Parameter", *columns])


def _name(row: Mapping[Any, Any], kind: str) -> str:
    if kind == ":=":
        return f"{row['lhs']} = {row['rhs']}"
    label = f"{_JOIN}({row['label']})" if row["label"] else ""
    if kind in _NESTED:
        return f"{INDENT}{row['rhs']}{label}"
    return f"{row['lhs']} with {row['rhs']}{label}" if kind.endswith("covariance") else f"{row['lhs']}{label}"


def _format_numbers(row: Mapping[Any, Any]) -> list[str]:
    """The estimate, its error, z, p, interval and standardised value; dashes for what is fixed.

    Three decimals: with two an interval of a significant estimate may seem to end at zero.
    """
    tested = ["–"] * 4
    if row["se"] != 0:
        interval = f"[{format_estimate(row['ci.lower'])}, {format_estimate(row['ci.upper'])}]"
        tested = [format_estimate(row["se"]), format_estimate(row["z"], 2), format_p_value(row["pvalue"]), interval]
    return [format_estimate(row["est"]), *tested, format_estimate(row["std.all"])]
