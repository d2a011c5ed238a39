"""The atlas of a model as tables for people: what each rival changes and how it fits, and what it says instead."""

from rich.table import Table

from sem_toolkit.comparison.atlas import GIVEN, Atlas
from sem_toolkit.libraries import pd
from sem_toolkit.report.numbers import format_number, format_p_value
from sem_toolkit.report.text_tables import build_table, protect_numbers

_DOUBTFUL = "(!)"
_FIT = (
    ("χ²", "chisq", 1), ("df", "df", 0), ("CFI", "cfi", 3), ("RMSEA", "rmsea", 3), ("SRMR", "srmr", 3),
    ("ΔBIC", "delta.bic", 1), ("Δχ²", "chisq.diff", 1), ("Δdf", "df.diff", 0), ("p", "pvalue.diff", None),
)  # fmt: skip
_VERSIONS = (".robust", ".scaled")


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
    said = []
    if "chisq.scaled" in frame:
        said.append(f"χ² is scaled, and CFI and RMSEA are {'robust' if 'cfi.robust' in frame else 'scaled'}.")
    if frame["delta.bic"].notna().any():
        said.append("ΔBIC: less that of the given model; below 0 the rival is the better one.")
    if parents:
        said.append(f"Tests are against the parent: {GIVEN}, or {', '.join(parents)} where the table says so.")
    if any(name.startswith("merged-") for name in frame["model"]):
        said.append("A merge puts a correlation at its limit of 1: its p is too large, if anything.")
    parts = [" ".join(said)] if said else []
    if len({str(row) for row in frame["answer"]} - {"", "nan"}):
        parts.append("Paths: standardised; n.s.: not different from 0 at the level of 5 %.")
    return parts


def list_measures(frame: "pd.DataFrame") -> list[tuple[str, str, int | None]]:
    """Heading, column and decimals (None: a p-value) of what is shown: scaled or robust where the test is scaled."""
    shown = [entry for entry in _FIT if entry[1] != "delta.bic" or frame["delta.bic"].notna().any()]
    return [(heading, _find_version(frame, name), digits) for heading, name, digits in shown]


def _find_version(frame: "pd.DataFrame", name: str) -> str:
    versions = _VERSIONS if "chisq.scaled" in frame else ()
    return next((f"{name}{version}" for version in versions if f"{name}{version}" in frame), name)


def _build_fit(frame: "pd.DataFrame") -> Table:
    measures = list_measures(frame)
    headings = [heading for heading, _, _ in measures]
    table = build_table("Rivals: fit, and the test against the parent", ("model",), headings, right=headings)
    for row in frame.to_dict("records"):
        table.add_row(
            row["model"] if row["verdict"] == "converged" else f"{row['model']} {_DOUBTFUL}",
            *(
                format_p_value(row.get(name)) if digits is None else format_number(row.get(name), digits)
                for _, name, digits in measures
            ),
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
