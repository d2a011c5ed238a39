"""Tables as CSV that a spreadsheet does not take for formulas."""

from sem_toolkit.libraries import pd

OPERATORS = frozenset({"=~", "~", "~~", "~1", "<~", "|", "~*~", ":=", "==", "<", ">", "+"})
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def format_csv(frame: "pd.DataFrame") -> str:
    """The rows as CSV, numbers in full.

    A text that a spreadsheet would run as a formula gets an apostrophe in front, which it shows as plain text; numbers
    in words and lavaan's operators stay as they are.
    """
    columns = {}
    for position, kind in enumerate(frame.dtypes):
        column = frame.iloc[:, position]
        texts = not pd.api.types.is_numeric_dtype(kind)
        columns[position] = (
            column.map(lambda cell: _protect(cell) if isinstance(cell, str) else cell) if texts else column
        )
    names = [_protect(str(name)) for name in frame.columns]
    return str(pd.DataFrame(columns, index=frame.index).to_csv(index=False, header=names))


def _protect(text: str) -> str:
    if not text.startswith(_FORMULA) or text in OPERATORS:
        return text
    try:
        float(text)
    except ValueError:
        return f"'{text}"
    return text
