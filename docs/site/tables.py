"""docs/reference/tables.md: every table of a fit with its columns, from the tables themselves."""

from pathlib import Path

from sem_toolkit import fit
from sem_toolkit.diagnostics import SemError
from sem_toolkit.fit import Fit
from sem_toolkit.report.tables import TABLES, TableSettings

ROWS = Path(__file__).parent.parent / "data" / "hs.csv"
FACTORS = ("visual", "textual", "speed")
CFA = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9"
HEAD = """# Tables and their columns

Made from the program by `make docs`. Each table is `--table NAME` on the command line (with `-o FILE` in a file), a
member of `tables` in JSON, and in Python an attribute of the result ([what can be asked of a fit](../inference.md)).
Models with several groups or levels have a column `group` or `level` more. A number that does not exist is a dash in
print, empty in CSV and null in JSON, and the reason stands below the table.
"""
MEANINGS = {
    "lhs": "left-hand side of the parameter",
    "op": "operator",
    "rhs": "right-hand side",
    "block": "number of the block",
    "group": "number of the group",
    "free": "number of the free parameter; 0: fixed",
    "label": "label",
    "exo": "1: a moment of exogenous variables, taken from the data",
    "est": "estimate",
    "se": "standard error",
    "z": "estimate over standard error",
    "pvalue": "two-sided p-value",
    "ci.lower": "lower limit of the interval",
    "ci.upper": "upper limit",
    "std.lv": "factors standardised",
    "std.all": "factors and variables standardised",
    "std.nox": "all but exogenous observed variables standardised",
    "est.std": "standardised estimate",
    "item": "observed variable",
    "factor": "factor",
    "communality": "variance that factors explain, standardised",
    "uniqueness": "the rest of it",
    "measure": "name of the measure, lavaan's where it has one",
    "value": "its value",
    "variable": "variable",
    "r2": "explained variance",
    "r2.blocked": "the same with the variable's residual held at 0, for loops and correlated residuals",
    "mi": "fall of χ² if the parameter were free",
    "epc": "change of the parameter then",
    "sepc.lv": "the change, factors standardised",
    "sepc.all": "the change, all standardised",
    "sepc.nox": "the change, all but exogenous variables standardised",
    "sepc.lower": "lower limit of the change",
    "sepc.upper": "upper limit",
    "verdict": "trivial, substantial, underpowered or inconclusive",
    "rows": "number of rows",
    "share": "of all rows",
    "residual": "observed less implied",
    "lhs.new": "outcome, by its marker",
    "rhs.new": "predictors, by their markers",
    "type": "of the equation",
    "instruments": "instruments",
    "first.stage.f": "F of the instruments in the first stage",
    "partial.r2": "their partial R²",
    "df": "degrees of freedom",
    "sargan.stat": "Sargan's statistic",
    "sargan.pval": "its p-value",
    "cause": "cause",
    "outcome": "outcome",
    "kind": "total, direct, indirect or specific",
    "path": "the way of a specific effect",
    "std.se": "standard error of std.all",
    "test": "name of the test",
    "stat": "statistic",
    "statistic": "statistic that the p-value is of",
    "X2": "score statistic",
    "X2.scaled": "the same without normal theory",
    "pvalue.scaled": "p-value of X2.scaled",
    "parameters": "the parameters that the constraint ties",
    "first": "first variable",
    "second": "second variable",
    "given": "variables that are held",
    "r": "partial correlation",
    "alpha": "α",
    "omega": "ω",
    "omega_model": "ω with the implied variance",
    "composite": "composite reliability",
    "ave": "average variance extracted",
    "ave_model": "the same with implied variances",
    "row": "number of the row in the data",
    "determinacy": "correlation of the scores with the factor",
    "level": "1 within, 2 between clusters",
}


def build_tables_page() -> str:
    """The page as Markdown. Raises KeyError for a column that has no meaning here."""
    fits = _fit_examples()
    sections = [HEAD]
    for name, kind in TABLES.items():
        columns = _find_columns(name, fits)
        sections.append(f"## {name}\n\n{kind.title}.")
        if kind.aliases:
            sections.append(f"Also called {', '.join(f'`{alias}`' for alias in kind.aliases)}.")
        if columns:
            rows = [f"| `{column}` | {MEANINGS[column]} |" for column in columns if column in MEANINGS]
            unknown = {column for column in columns if column not in MEANINGS}
            items = {f"x{k}" for k in range(1, 10)}
            if not unknown <= items | set(FACTORS):
                raise KeyError(f"columns of {name} without a meaning: {unknown}")
            if unknown & items:
                rows.append("| variables | one column each |")
            if unknown & set(FACTORS):
                rows.append("| factors | one column each |")
            sections.append("\n".join(["| column | meaning |", "| --- | --- |", *rows]))
        else:
            sections.append("For models with two levels: `measure`, and a column for each level.")
    return "\n\n".join(sections) + "\n"


def _fit_examples() -> list[Fit]:
    return [
        fit(CFA, ROWS),
        fit(f"{CFA}\nspeed ~ visual + textual", ROWS, estimator="IV"),
        fit("visual =~ x1 + a*x2 + a*x3", ROWS),
        fit("x2 ~ x1\nx3 ~ x2\nx4 ~ x3", ROWS),
    ]


def _find_columns(name: str, fits: list[Fit]) -> list[str]:
    """Columns of a table of the first fit that has it; none where no one has."""
    for example in fits:
        try:
            return list(map(str, TABLES[name].build(example, TableSettings()).columns))
        except SemError:
            continue
    return []
