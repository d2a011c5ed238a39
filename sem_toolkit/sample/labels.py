"""What a statistics package keeps beside the numbers of a table, carried along with the table."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

LABELS = "sem_toolkit.labels"
"""Key in `DataFrame.attrs` of an SPSS or Stata file: a ColumnLabels a column."""


@dataclass(frozen=True)
class ColumnLabels:
    """Labels of one column.

    label    of the variable, often the question
    values   label of each code
    measure  "nominal", "ordinal", "scale" or "unknown"
    missing  ranges (low, high) of codes that the file declares missing
    declared  how many cells held each of these
    """

    label: str = ""
    values: dict[float | str, str] = field(default_factory=dict)
    measure: str = "unknown"
    missing: tuple[tuple[float | str, float | str], ...] = ()
    declared: dict[float | str, int] = field(default_factory=dict)

    def is_missing(self, code: float) -> bool:
        """Whether a number is declared missing."""
        return any(
            isinstance(low, (int, float)) and isinstance(high, (int, float)) and low <= code <= high
            for low, high in self.missing
        )


def get_labels(frame: "pd.DataFrame") -> Mapping[str, ColumnLabels]:
    """The labels that came with a table, by column."""
    found = frame.attrs.get(LABELS, {})
    return found if isinstance(found, dict) else {}
