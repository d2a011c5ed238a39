"""Columns of the data by the names that a spec has for them: R's, or the same letters composed in another way."""

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from sem_toolkit.diagnostics import DataError, Diagnostic
from sem_toolkit.sample.messages import add_messages
from sem_toolkit.spec.names_of_r import make_name

if TYPE_CHECKING:
    import pandas as pd


def normalise(name: str) -> str:
    """The name with its letters composed, without blanks around it: `u` and a dieresis are `ü`."""
    return unicodedata.normalize("NFC", name).strip()


def match_columns(wanted: Iterable[str], columns: Sequence[str]) -> dict[str, str]:
    """For every wanted name that is no column, the column that it means: wanted name by column name.

    A column is meant by the same letters in another Unicode form, or else by the name that R's read.csv gives it
    (make.names: "x 2" is `x.2`). Raises DataError where several columns come to one name.
    """
    known = set(columns)
    parts = dict.fromkeys(part for name in wanted for part in (name, *name.split(":")))
    missing = [name for name in parts if name not in known and ":" not in name]
    if not missing:
        return {}
    by_letters: dict[str, list[str]] = defaultdict(list)
    by_r_name: dict[str, list[str]] = defaultdict(list)
    for column in dict.fromkeys(columns):
        by_letters[normalise(column)].append(column)
        by_r_name[make_name(normalise(column))].append(column)
    found: dict[str, str] = {}
    for name in missing:
        letters = normalise(name)
        candidates = by_letters.get(letters) or by_r_name.get(letters) or []
        if len(candidates) > 1:
            listed = ", ".join(repr(column) for column in candidates)
            message = f"{name!r} can be any of the columns {listed}"
            raise DataError(Diagnostic("error", "ambiguous-column", message, hint="rename one of them"))
        if candidates and candidates[0] not in found:
            found[candidates[0]] = name
    return found


def list_columns(frame: "pd.DataFrame") -> list[str]:
    """The names of the columns; pandas takes a while to tell them."""
    return list(map(str, frame.columns.tolist()))


def rename_columns(
    frame: "pd.DataFrame", wanted: Iterable[str], columns: Sequence[str] | None = None
) -> "pd.DataFrame":
    """The frame with its columns under the wanted names, and a note of those that were not meant letter by letter.

    columns  what `list_columns` says of the frame, where that is known
    """
    found = match_columns(wanted, list_columns(frame) if columns is None else columns)
    if not found:
        return frame
    renamed = frame.rename(columns=lambda name: found.get(str(name), name))
    other = [f"{column!r} as {name}" for column, name in found.items() if normalise(column) != normalise(name)]
    if other:
        shown = ", ".join(other[:8]) + (", …" if len(other) > 8 else "")
        add_messages(renamed, [Diagnostic("note", "r-names", f"columns by the names that R gives them: {shown}")])
    return renamed


def list_known_names(columns: Sequence[str]) -> list[str]:
    """All names by which a spec can call these columns: their own, and those of `match_columns`."""
    other = (form for column in columns for form in (normalise(column), make_name(normalise(column))))
    return list(dict.fromkeys([*columns, *other]))
