"""A search for a better fit as tables and lines of text: every step, and what other rows say of it."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.console import RenderableType
from rich.table import Table

from sem_toolkit.comparison.improve import Improvement
from sem_toolkit.report.numbers import format_number, format_p_value
from sem_toolkit.report.text_tables import build_table, protect_numbers
from sem_toolkit.spec.difference_texts import format_difference

if TYPE_CHECKING:
    import pandas as pd

_SEARCHED = ("MI", "χ²", "df", "Δχ²", "p", "ECVI")


def build_improvement(found: Improvement) -> Iterator[RenderableType]:
    """The steps, what they are worth in words, and what the last model means otherwise."""
    yield _build_steps(found)
    yield "\n".join(found.sentences)
    yield "\n".join(_list_notes(found))
    if found.chain:
        yield f"From the given spec to the last:\n{format_difference(found.difference)}"


def _build_steps(found: Improvement) -> Table:
    training, validation = found.sizes
    if found.folds:
        title = f"Search on all {training} rows; CVI from {found.folds} folds that had no part in it"
        last: tuple[str, ...] = (f"chosen (of {found.folds})",)
    else:
        title = f"Search on {training} rows; CVI and the tests on the right from the {validation} others"
        last = ("Δχ² others", "p others")
    columns = (*_SEARCHED, "discrepancy", "CVI", *last)
    table = build_table(title, ("step", "added"), columns, right=("step", *columns))
    for row in found.table.to_dict("records"):
        table.add_row(
            str(row["step"]),
            row["added"] or "the model as given",
            format_number(row["mi"], 1),
            format_number(row.get("chisq.scaled", row["chisq"]), 1),
            format_number(row["df"], 0),
            format_number(row["chisq.diff"], 1),
            format_p_value(row["pvalue.diff"]),
            *(format_number(row[name]) for name in ("ecvi", "training", "cvi")),
            *([format_number(row["chosen"], 0)] if found.folds else _format_validation(row)),
        )
    return protect_numbers(table)


def _format_validation(row: "dict[str, float] | pd.Series[float]") -> list[str]:
    return [format_number(row["chisq.diff.validation"], 1), format_p_value(row["pvalue.diff.validation"])]


def _list_notes(found: Improvement) -> Iterator[str]:
    searched = "of the training rows, the mean over the folds" if found.folds else "of the rows that were searched"
    yield f"discrepancy: χ²/n {searched}; CVI: χ²/n of rows left out, at the same estimates. Smaller is better."
    if "chisq.scaled" in found.table:
        yield "χ² is scaled; ECVI and the discrepancies are not."
    for step in found.chain:
        if step.as_good:
            yield f"{step.name}: the same index have {', '.join(step.as_good)}; the data do not say which."
        if step.passed_over:
            yield f"{step.name}: {', '.join(step.passed_over)} passed over, without a certified optimum."
    if found.chain:
        yield "A p-value of a step that was searched for is too small: the largest of many was taken."
