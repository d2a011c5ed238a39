"""Which columns are items, and the text of an exploratory model of them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sem_toolkit.diagnostics import DataError, Diagnostic
from sem_toolkit.diagnostics.suggestions import format_suggestion
from sem_toolkit.sample import rename_columns
from sem_toolkit.spec.names_of_r import make_name

if TYPE_CHECKING:
    import pandas as pd


def choose_items(
    rows: "pd.DataFrame", wanted: Sequence[str], others: Sequence[str | None]
) -> tuple[list[str], tuple[Diagnostic, ...]]:
    """Names of the items as a spec can write them, and what was left out of the columns.

    wanted  the items; none: every column that holds numbers that are not all different or all the same
    others  columns that are something else: groups, clusters, weights

    Raises DataError for unknown columns and for fewer than three items.
    """
    import pandas as pd

    notes: tuple[Diagnostic, ...] = ()
    if wanted:
        twice = next((name for name in wanted if list(wanted).count(name) > 1), None)
        if twice is not None:
            raise DataError(Diagnostic("error", "repeated-item", f"the item {twice} is named twice"))
        unknown = [name for name in wanted if name not in rename_columns(rows, wanted).columns]
        if unknown:
            hint = format_suggestion(unknown[0], list(map(str, rows.columns)))
            message = f"the data have no column {', '.join(unknown)}"
            raise DataError(Diagnostic("error", "unknown-variable", message, hint=hint))
        items = [make_name(name) for name in wanted]
    else:
        usable: list[str] = []
        left: list[str] = []
        for column in map(str, rows.columns):
            values = rows[column].dropna()
            is_number = pd.api.types.is_numeric_dtype(rows[column]) and not pd.api.types.is_bool_dtype(rows[column])
            whole = is_number and bool((values == values.round()).all())
            good = is_number and values.nunique() > 1 and not (whole and values.nunique() == len(values))
            (usable if good and column not in others else left).append(column)
        items = [make_name(name) for name in usable]
        if left:
            message = f"these columns are not taken for items: {', '.join(left[:12])}{' …' if len(left) > 12 else ''}"
            notes = (Diagnostic("note", "columns-left-out", message, hint="name the items to choose for yourself"),)
    if len(items) < 3:
        message = f"an exploratory factor analysis needs three items or more, and there are {len(items)}"
        raise DataError(Diagnostic("error", "too-few-items", message))
    return items, notes


def write_exploratory_spec(items: Sequence[str], factors: int, bounded: Sequence[str] = ()) -> str:
    """The text of a model with one exploratory block of so many factors behind all items.

    bounded  items whose residual variance is held at 0 or more
    """
    left = " + ".join(f'efa("efa")*f{number}' for number in range(1, factors + 1))
    lines = [f"{left} =~ {' + '.join(items)}"]
    lines += [f"{item} ~~ lower(0)*{item}" for item in bounded]
    return "\n".join(lines) + "\n"
