"""Columns into DataFrames, in one go: on small models most of a table's time is pandas' overhead for each column."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd

    from sem_toolkit.spec.table import ParameterTable

IntArray = NDArray[np.int64]
LEVELS = 2


def build_text_columns(columns: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """Columns of text, all of one length, as arrays of pandas' string type: converted all at once."""
    import pandas as pd

    texts = [text for column in columns.values() for text in column]
    if not texts:
        return {name: np.array([], dtype=object) for name in columns}
    whole, size = pd.Index(texts).array, len(texts) // len(columns)
    return {name: whole[k * size : (k + 1) * size] for k, name in enumerate(columns)}


def build_place_columns(table: "ParameterTable", numbers: "IntArray") -> "dict[str, IntArray]":
    """The columns group, and level where there are levels, from numbers of the groups of the model (0: of none)."""
    if not table.separated:
        return {"group": numbers}
    count, used = len(table.levels), numbers > 0
    return {
        "group": np.where(used, (numbers - 1) // count + 1, 0),
        "level": np.where(used, (numbers - 1) % count + 1, 0),
    }


def number_groups(frame: "pd.DataFrame") -> "IntArray":
    """The numbers of the groups of the model and the sample from these columns of a table."""
    numbers: IntArray = frame["group"].to_numpy()
    if "level" not in frame:
        return numbers
    level: IntArray = frame["level"].to_numpy()
    return np.where(numbers > 0, (numbers - 1) * LEVELS + level, 0)


def separate_groups(frame: "pd.DataFrame") -> "pd.DataFrame":
    """The table with levels as groups, as the parameter table of the model has them."""
    return frame.assign(group=number_groups(frame)) if "level" in frame else frame


def build_frame(columns: Mapping[str, Any]) -> "pd.DataFrame":
    """A DataFrame with a plain index from columns of one length (at least one)."""
    import pandas as pd

    size = len(next(iter(columns.values())))
    frame = pd.DataFrame(dict(enumerate(columns.values())), index=pd.RangeIndex(size))
    frame.columns = _build_names(tuple(columns))
    return frame


def build_frame_of_rows(rows: Sequence[Mapping[str, Any]]) -> "pd.DataFrame":
    """A DataFrame from rows (at least one), texts and numbers by name; a number that a row does not have is NaN."""
    names = dict.fromkeys(name for row in rows for name in row)
    columns = {name: [row.get(name, np.nan) for row in rows] for name in names}
    texts = [name for name, column in columns.items() if isinstance(column[0], str)]
    arrays = {name: np.array(column) for name, column in columns.items() if name not in texts}
    arrays |= build_text_columns({name: columns[name] for name in texts}) if texts else {}
    return build_frame({name: arrays[name] for name in names})


@lru_cache(maxsize=64)
def _build_names(names: tuple[str, ...]) -> "pd.Index":
    """The names of a table's columns: making an index of texts takes as long as ten columns of numbers."""
    import pandas as pd

    return pd.Index(names)
