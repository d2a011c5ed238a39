"""Results as tables for people: what `fit` and `check` print."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

import pandas as pd
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from sem_toolkit.fit import Check, Fit
from sem_toolkit.spec import ParameterTable

# lavaan's sections, in its order; variances and covariances share an operator.
SECTIONS = {
    "=~": "Latent variables",
    "<~": "Composites",
    "~": "Regressions",
    "~~": "Covariances",
    "~1": "Intercepts",
    "|": "Thresholds",
    "variance": "Variances",
    "~*~": "Scales y*",
    ":=": "Defined parameters",
}
UNCERTAIN = ("se", "z", "pvalue", "ci.lower", "ci.upper")
NARROW = ("est", "se", "z", "pvalue", "std.all")
WIDE = ("est", "se", "z", "pvalue", "ci.lower", "ci.upper", "std.lv", "std.all")
MOST = 20
WIDE_FROM = 100
"""Columns of a terminal from which on intervals and std.lv are shown too."""


def print_fit(console: Console, fit: Fit) -> None:
    """The verdict first, then fit, estimates by section and explained variances."""
    console.print(_format_headline(fit))
    if fit.fit_measures:
        console.print(_build_measures_table(fit.fit_measures))
    columns = WIDE if console.width >= WIDE_FROM else NARROW
    for table in _build_sections(fit, columns):
        console.print(table)
    if fit.r2:
        console.print(_build_r2_table(fit))


def print_extras(console: Console, fit: Fit, asked: Collection[str]) -> None:
    """The blocks that are printed when asked for; nothing where no optimum was certified."""
    if not fit.converged:
        return
    builders: Mapping[str, tuple[str, Callable[[], pd.DataFrame]]] = {
        "standardized": ("Standardised solution (std.all)", lambda: fit.standardized),
        "modification": (f"Modification indices, the largest {MOST}", lambda: fit.modification_indices.head(MOST)),
        "residuals": (f"Residual correlations, the largest {MOST}", lambda: _list_residuals(fit)),
        "effects": ("Effects", lambda: fit.effects),
        "reliability": ("Reliability", lambda: _list_reliability(fit)),
    }
    for name, (title, build) in builders.items():
        if name in asked:
            console.print(build_frame_table(title, build()))


def _list_residuals(fit: Fit) -> pd.DataFrame:
    rows = [
        {"group": group.label, "lhs": group.variables[i], "rhs": group.variables[j], "residual": group.cov[i, j],
         "se": group.cov_se[i, j], "z": group.cov_z[i, j]}
        for group in fit.residuals
        for i in range(len(group.variables))
        for j in range(i)
    ]  # fmt: skip
    frame = pd.DataFrame(rows)
    if len(fit.residuals) == 1:
        frame = frame.drop(columns="group")
    return frame.reindex(frame["residual"].abs().sort_values(ascending=False).index).head(MOST)


def _list_reliability(fit: Fit) -> pd.DataFrame:
    columns = ("alpha", "omega", "omega_model", "composite", "ave")
    return pd.DataFrame(
        [
            {"group": group.label, "factor": factor} | {name: getattr(group, name)[k] for name in columns}
            for group in fit.reliability
            for k, factor in enumerate(group.factors)
        ]
    )


def print_check(console: Console, check: Check) -> None:
    """The parameter table with the origin of each row, and the identification."""
    if check.table is not None:
        console.print(build_parameter_rows(check.table))
    if check.identification is not None:
        report = check.identification
        state = "identified" if report.identified else f"NOT identified (deficiency {report.deficiency})"
        console.print(f"{state}; {report.free} free parameters, df = {report.df}")


def build_parameter_rows(table: ParameterTable) -> Table:
    """The parameter table as `check` shows it."""
    shown = build_table("Parameter table", ("lhs", "op", "rhs"), ("group", "free", "value", "label", "origin"))
    for row in table.rows:
        value = "" if row.ustart is None else f"{row.ustart:g}"
        free = str(row.free) if row.free else ("data" if row.exo else "")
        place = f", line {row.origin.span.line}" if row.origin.span else ""
        shown.add_row(
            row.lhs, row.op, row.rhs, str(row.group or ""), free, value, row.label, row.origin.rule + place
        )  # fmt: skip
    return shown


def build_frame_table(title: str, frame: pd.DataFrame) -> Table:
    """Any DataFrame as a table: numbers to three decimals, p-values, whole numbers and texts as they are."""
    numbers = [str(name) for name in frame.columns if pd.api.types.is_numeric_dtype(frame[name])]
    table = build_table(title, (), [str(name) for name in frame.columns], right=numbers)
    for row in frame.itertuples(index=False, name=None):
        table.add_row(*(_format_value(name, value) for name, value in zip(frame.columns, row, strict=True)))
    return protect_numbers(table)


def _format_value(name: object, value: object) -> str:
    if name == "pvalue":
        return format_p(value)
    if isinstance(value, float):
        return format_number(value, 0 if str(name).startswith("df") else 3)
    return "–" if value is None else str(value)


def build_transposed_table(title: str, frame: pd.DataFrame, key: str) -> Table:
    """A DataFrame with one row a model as a table with one column a model."""
    names = [str(name) for name in frame[key]]
    table = build_table(title, ("",), names, right=names)
    for column in frame.columns.drop(key):
        table.add_row(str(column), *(_format_value(column, value) for value in frame[column]))
    return protect_numbers(table)


def protect_numbers(table: Table) -> Table:
    """Never let a narrow terminal cut a number: columns of numbers keep their width, and lines wrap instead."""
    for column in table.columns:
        if column.no_wrap:
            column.min_width = max(len(str(cell)) for cell in (column.header, *column.cells))
    return table


def format_number(value: Any, digits: int = 3) -> str:
    """Fixed decimals; a dash where there is no number."""
    return "–" if value is None or pd.isna(value) else f"{value:.{digits}f}"


def format_p(value: Any) -> str:
    """A p-value; never a rounded zero."""
    if value is None or pd.isna(value):
        return "–"
    return "<.001" if value < 0.0005 else f"{value:.3f}".removeprefix("0")


def _format_headline(fit: Fit) -> Text:
    certificate = fit.certificate
    sample = fit.sample
    dropped = sample.n_read - sample.n
    rows = f"n = {sample.n}" + (f" ({dropped} of {sample.n_read} rows dropped)" if dropped else "")
    text = Text(f"{fit.title}\n", style="bold")
    style = "green" if fit.certified else "bold red"
    text.append(f"{certificate.verdict}", style=style)
    how = (
        f", {fit.options.estimation.estimator} by {certificate.engine}, largest gradient {certificate.gradient_max:.1e}"
    )
    text.append(f"{how}, {rows}, {fit.table.npar} free parameters", style="not bold")
    if not certificate.converged:
        text.append("\nNo certified optimum: the figures below are where the search ended, not estimates.", style=style)
    return text


def _build_measures_table(measures: dict[str, float]) -> Table:
    table = build_table("Fit", ("measure", "value"), ("", "baseline, information", "value"), right=("value",))
    left = [
        ("χ² (df)", f"{measures['chisq']:.3f} ({measures['df']:.0f})"),
        ("p", format_p(measures.get("pvalue"))),
        ("CFI", format_number(measures.get("cfi"))),
        ("TLI", format_number(measures.get("tli"))),
        ("RMSEA [90 %]", _format_rmsea(measures)),
        ("p (RMSEA ≤ .05)", format_p(measures.get("rmsea.pvalue"))),
        ("SRMR", format_number(measures.get("srmr"))),
    ]
    right = [
        ("baseline χ² (df)", f"{format_number(measures.get('baseline.chisq'))} ({measures.get('baseline.df', 0):.0f})"),
        ("log-likelihood", format_number(measures.get("logl"))),
        ("unrestricted", format_number(measures.get("unrestricted.logl"))),
        ("AIC", format_number(measures.get("aic"))),
        ("BIC", format_number(measures.get("bic"))),
        ("SABIC", format_number(measures.get("bic2"))),
        ("", ""),
    ]  # fmt: skip
    for (name, value), (other_name, other_value) in zip(left, right, strict=True):
        table.add_row(name, value, "", other_name, other_value)
    return protect_numbers(table)


def _format_rmsea(measures: dict[str, float]) -> str:
    lower, upper = (format_number(measures.get(f"rmsea.ci.{end}")) for end in ("lower", "upper"))
    return f"{format_number(measures.get('rmsea'))} [{lower}, {upper}]"


def _build_sections(fit: Fit, columns: Sequence[str]) -> Iterable[Table]:
    parameters = fit.parameters
    is_variance = (parameters["op"] == "~~") & (parameters["lhs"] == parameters["rhs"])
    section = parameters["op"].where(~is_variance, "variance")
    labels = [group.label for group in fit.sample.groups]
    for group in sorted(parameters["group"].unique(), key=lambda number: (number == 0, number)):
        for key, title in SECTIONS.items():
            rows = parameters[(section == key) & (parameters["group"] == group)]
            if len(rows):
                where = f", group {labels[group - 1]}" if len(labels) > 1 and group else ""
                yield _build_estimates_table(title + where, key, rows, columns)


def _build_estimates_table(title: str, key: str, rows: pd.DataFrame, columns: Sequence[str]) -> Table:
    """lavaan's layout: the left side once, the right sides indented under it."""
    table = build_table(title, ("",), columns, right=columns)
    nested = key in {"=~", "<~", "~", "~~", "|"}
    above = None
    for row in rows.to_dict("records"):
        if nested and row["lhs"] != above:
            above = row["lhs"]
            table.add_row(f"{above} {row['op']}")
        name = f"  {row['rhs']}" if nested else str(row["lhs"])
        label = f" ({row['label']})" if row["label"] and row["op"] != ":=" else ""
        table.add_row(name + label, *(_format_cell(row, column) for column in columns))
    return protect_numbers(table)


def _format_cell(row: Mapping[Any, Any], column: str) -> str:
    if row["se"] == 0 and column in UNCERTAIN:  # fixed
        return ""
    return format_p(row[column]) if column == "pvalue" else format_number(row[column])


def _build_r2_table(fit: Fit) -> Table:
    table = build_table("R²", ("variable",), tuple(label or "R²" for label in fit.r2), right=tuple(fit.r2))
    names = dict.fromkeys(name for values in fit.r2.values() for name in values)
    for name in names:
        table.add_row(name, *(format_number(values.get(name)) for values in fit.r2.values()))
    return table


def build_table(title: str, left: Sequence[str], columns: Sequence[str], right: Sequence[str] = ()) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=SIMPLE_HEAD, pad_edge=False)
    for name in (*left, *columns):
        table.add_column(name, justify="right" if name in right else "left", no_wrap=name in right, overflow="fold")
    return table
