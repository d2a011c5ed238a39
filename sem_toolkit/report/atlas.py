"""The atlas of a model as tables for people: what each rival changes and how it fits, and what it says instead."""

from rich.table import Table

from sem_toolkit.comparison.atlas import GIVEN, Atlas
from sem_toolkit.libraries import pd
from sem_toolkit.report.numbers import format_number, format_p_value
from sem_toolkit.report.text_tables import build_table, protect_numbers

_DOUBTFUL = "(!)"
FIT = ("χ²", "df", "CFI", "RMSEA", "SRMR", "ΔBIC", "Δχ²", "Δdf", "p")


def build_atlas_tables(atlas: Atlas) -> list[Table | str]:
    """Fit and tests, then words: what is changed, what becomes of the paths, and why a number is missing."""
    frame = atlas.table
    parts: list[Table | str] = [_build_fit(frame), _build_words(frame), *list_reasons(frame)]
    if (frame["verdict"] != "converged").any():
        parts.append(f"{_DOUBTFUL}: not a proper solution; the verdict stands in the second table.")
    return [*parts, *explain_tests(frame)]


def explain_tests(frame: "pd.DataFrame") -> list[str]:
    """How to read the numbers of an atlas and what becomes of the paths."""
    parents = [name for name in frame["parent"].unique() if name and name != GIVEN]
    text = "ΔBIC: less that of the given model; below 0 the rival is the better one."
    if parents:
        text += f" Tests are against the parent: {GIVEN}, or {', '.join(parents)} where the table says so."
    if any(name.startswith("merged-") for name in frame["model"]):
        text += " A merge puts a correlation at its limit of 1: its p is too large, if anything."
    parts = [text]
    if len({str(row) for row in frame["answer"]} - {"", "nan"}):
        parts.append("Paths: standardised; n.s.: not different from 0 at the level of 5 %.")
    return parts


def _build_fit(frame: "pd.DataFrame") -> Table:
    table = build_table("Rivals: fit, and the test against the parent", ("model",), FIT, right=FIT)
    for row in frame.to_dict("records"):
        table.add_row(
            row["model"] if row["verdict"] == "converged" else f"{row['model']} {_DOUBTFUL}",
            format_number(row["chisq"], 1),
            format_number(row["df"], 0),
            *(format_number(row[name]) for name in ("cfi", "rmsea", "srmr")),
            format_number(row["delta.bic"], 1),
            format_number(row["chisq.diff"], 1),
            format_number(row["df.diff"], 0),
            format_p_value(row["pvalue.diff"]),
        )
    return protect_numbers(table)


def _build_words(frame: "pd.DataFrame") -> Table:
    columns = ("model", "verdict", "relation", "what it changes", "the given model's paths")
    table = build_table("What they say instead", columns, ())
    for row in frame.to_dict("records"):
        relation = row["relation"]
        if relation and row["parent"] != GIVEN:
            relation = f"{relation} ({row['parent']})"
        table.add_row(
            row["model"], row["verdict"], relation, row["change"], "" if pd.isna(row["answer"]) else str(row["answer"])
        )
    for column in table.columns[:2]:
        column.no_wrap = True
    return table


def list_reasons(frame: "pd.DataFrame") -> list[str]:
    """Each reason once, after the models that it is about: as a column they would make a line of 280 characters."""
    rows = frame.iloc[1:]
    return [f"{', '.join(own['model'])}: {reason}." for reason, own in rows.groupby("reason", sort=False) if reason]
