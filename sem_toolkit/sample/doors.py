"""Rows from wherever they are: a file or a table in memory, with the codes that stand for missing values taken out."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sem_toolkit.diagnostics import DataError, Diagnostic
from sem_toolkit.sample.checks import check_names
from sem_toolkit.sample.choices import Door, MissingCode
from sem_toolkit.sample.frames import convert_frame
from sem_toolkit.sample.messages import add_messages

if TYPE_CHECKING:
    import pandas as pd

_FEWEST_ROWS = 20  # of an identifier
_NEAR = 2.0


def open_table(data: object, door: Door | None = None) -> "pd.DataFrame":
    """Rows (n × columns) of a path or of a table in memory. Raises DataError where there are none."""
    door = door or Door()
    frame = drop_codes(_read_rows(data, door), door.missing_codes)
    if not door.answers:
        return frame
    from sem_toolkit.sample.worded_answers import order_answers

    return order_answers(frame, door.answers)


def _read_rows(data: object, door: Door) -> "pd.DataFrame":
    if not isinstance(data, (str, Path)):
        return convert_frame(data)
    from sem_toolkit.sample.tables import read_table

    return read_table(data, door.sheet)


def drop_codes(frame: "pd.DataFrame", codes: Sequence[MissingCode]) -> "pd.DataFrame":
    """The frame without the cells that hold a missing code, and a message that counts them.

    A code such as "age=-1" is meant for one column; the others for all, but for columns in which every row differs
    (identifiers). Raises DataError for a column that is not there.
    """
    if not codes:
        return frame
    import pandas as pd

    everywhere, own = _split_codes(frame, codes)
    messages = frame.attrs
    changed: dict[object, int] = {}
    columns, seen, spared, within = [], set(), [], []
    for place in range(frame.shape[1]):
        column, name = frame.iloc[:, place], str(frame.columns[place])
        numeric = pd.api.types.is_numeric_dtype(column.dtype)
        hit = _find_codes(column, [*everywhere, *own.get(name, ())], numeric)
        if hit.any() and name not in own and _is_identifier(column):
            spared.append(name)
        elif hit.any():
            found = {f"{value:g}" if numeric else str(value).strip() for value in column[hit].unique()}
            seen |= found
            changed[frame.columns[place]] = int(hit.sum())
            left = column.astype(float).mask(hit, np.nan) if numeric else _renumber(column.mask(hit, None))
            if numeric and name not in own and (inside := _list_inside(left, found)):
                within.append(f"{name} ({', '.join(inside)} beside {left.min():g} to {left.max():g})")
            column = left
        columns.append(column)
    result = pd.concat(columns, axis=1)
    result.attrs = dict(messages)
    texts = [_write_code(code) for code in everywhere] + [_write_code(code) for more in own.values() for code in more]
    add_messages(result, _describe_codes(texts, seen, changed))
    if spared:
        message = f"every row differs in {', '.join(spared)}: taken for an identifier, and its cells kept"
        add_messages(result, [Diagnostic("note", "missing-codes", message)])
    if within:
        message = f"missing codes that lie among the other values were taken out: {'; '.join(within)}"
        hint = "where they are real values, name the columns that the codes are for: --missing-codes b1=9,b2=9"
        add_messages(result, [Diagnostic("warning", "missing-code-within", message, hint=hint)])
    return result


def _split_codes(
    frame: "pd.DataFrame", codes: Sequence[MissingCode]
) -> tuple[list[MissingCode], dict[str, list[MissingCode]]]:
    """Codes for all columns, and those of single columns by name."""
    everywhere: list[MissingCode] = []
    own: dict[str, list[MissingCode]] = {}
    names = [str(name) for name in frame.columns]
    for code in codes:
        if not isinstance(code, str) or "=" not in code:
            everywhere.append(code)
            continue
        name, _, text = (part.strip() for part in code.partition("="))
        faults = check_names([name], names, "the data")
        if faults:
            raise DataError(faults)
        own.setdefault(name, []).append(_read_code(text))
    return everywhere, own


def _read_code(text: str) -> MissingCode:
    try:
        return float(text)
    except ValueError:
        return text


def _write_code(code: MissingCode) -> str:
    return code if isinstance(code, str) else f"{code:g}"


def _quote(text: str) -> str:
    return text if isinstance(_read_code(text), float) else repr(text)


def _find_codes(column: "pd.Series", codes: Sequence[MissingCode], numeric: bool) -> "pd.Series":
    numbers = [code for code in codes if not isinstance(code, str)]
    if numeric:
        return column.isin(numbers)
    return column.astype(str).str.strip().isin([_write_code(code) for code in codes])


def _is_identifier(column: "pd.Series") -> bool:
    """Whether every row of a long column of whole numbers or texts has a value of its own."""
    if len(column) < _FEWEST_ROWS or not column.is_unique:
        return False
    return column.dtype.kind not in "f" or bool((column.dropna() == column.dropna().round()).all())


def _list_inside(left: "pd.Series", codes: set[str]) -> list[str]:
    """Codes with other values on both sides: the next ones no further off than two."""
    values = left.dropna().unique()
    found = []
    for text in sorted(codes, key=float):
        code = float(text)
        below, above = values[values < code], values[values > code]
        if len(below) and len(above) and code - below.max() <= _NEAR and above.min() - code <= _NEAR:
            found.append(text)
    return found


def _renumber(column: "pd.Series") -> "pd.Series":
    """Texts as numbers, where all that are left are some."""
    import pandas as pd

    numbers = pd.to_numeric(column, errors="coerce")
    return numbers.astype(float) if numbers.notna().equals(column.notna()) else column


def _describe_codes(texts: list[str], seen: set[str], changed: dict[object, int]) -> list[Diagnostic]:
    found = []
    if changed:
        cells = ", ".join(f"{name} ({count})" for name, count in list(changed.items())[:8])
        more = ", …" if len(changed) > 8 else ""
        total = sum(changed.values())
        what = f"{total} cell{'s' if total > 1 else ''} with {', '.join(map(_quote, sorted(seen)))}"
        message = f"{what} taken as missing: {cells}{more}"
        found.append(Diagnostic("note", "missing-codes", message))
    never = [text for text in texts if text not in seen]
    if never:
        message = f"these missing codes never occur: {', '.join(never)}"
        found.append(Diagnostic("warning", "unused-missing-code", message))
    return found
