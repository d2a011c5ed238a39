"""Some of the groups of a table, in an order of one's own (lavaan's group.label)."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from sem_toolkit.diagnostics import DataError, Diagnostic
from sem_toolkit.diagnostics.suggestions import format_suggestion
from sem_toolkit.sample.checks import check_names
from sem_toolkit.sample.frame import code_groups
from sem_toolkit.sample.messages import add_messages

if TYPE_CHECKING:
    import pandas as pd


def choose_groups(frame: "pd.DataFrame", group: str, labels: Sequence[str]) -> "pd.DataFrame":
    """The rows of the groups with these labels, one group after the other as the labels stand.

    Rows of other groups, and those of none, are left out, which is told. Raises DataError where there is no such
    column, where a label is no value of it, and where one is named twice.
    """
    faults = check_names([group], [str(name) for name in frame.columns], "the data")
    if faults:
        raise DataError(faults)
    codes, known = code_groups(frame[group])
    unknown = [label for label in labels if label not in known]
    if unknown:
        values = ", ".join(known[:12]) + (", …" if len(known) > 12 else "")
        hint = format_suggestion(unknown[0], known) or f"its values are {values}"
        message = f"group_label names {unknown[0]!r}, which is no value of {group!r}"
        raise DataError(Diagnostic("error", "unknown-group", message, hint=hint))
    twice = [label for place, label in enumerate(labels) if label in labels[:place]]
    if twice:
        message = f"group_label names {twice[0]!r} twice"
        raise DataError(Diagnostic("error", "group-twice", message, hint="name each group once"))
    places = np.concatenate([np.flatnonzero(codes == known.index(label)) for label in labels])
    found = frame.iloc[places].reset_index(drop=True)
    found.attrs = dict(frame.attrs)
    if len(places) < len(frame):
        message = (
            f"group_label takes {len(places)} of {len(frame)} rows; rows are numbered among these, group after group"
        )
        add_messages(found, [Diagnostic("note", "groups-chosen", message)])
    return found
