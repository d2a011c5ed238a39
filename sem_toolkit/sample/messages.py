"""What a reader found worth saying about a table, kept with the table until a sample takes it over."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from sem_toolkit.diagnostics import Diagnostic

if TYPE_CHECKING:
    import pandas as pd

MESSAGES = "sem_toolkit.messages"
"""Key in `DataFrame.attrs` under which they are kept."""
SHEETS = "sem_toolkit.sheets"
"""Key in `DataFrame.attrs` of a workbook: the sheet that was read, and the names of all."""


def get_messages(frame: "pd.DataFrame") -> tuple[Diagnostic, ...]:
    """The messages that came with a table."""
    return tuple(frame.attrs.get(MESSAGES, ()))


def add_messages(frame: "pd.DataFrame", messages: Iterable[Diagnostic]) -> None:
    """Put messages behind those that the table has."""
    frame.attrs[MESSAGES] = (*get_messages(frame), *messages)
