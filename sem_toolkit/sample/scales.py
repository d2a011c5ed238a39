"""The scale of an answer item: from the labels of its codes where a file has them, else from its values."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from sem_toolkit.sample.labels import ColumnLabels
from sem_toolkit.sample.moments import FloatArray
from sem_toolkit.sample.plausibility import USUAL_CODES

LARGEST_SCALE = 10
"""Highest value of an answer scale."""
_FEWEST_ALIKE = 2
"""Items with one scale from which others may be taken to have it too."""
_MANY_ALIKE = 4
"""Items with the same labels from which a column with others is told to be no item."""
_BULK = 0.8
"""Share of the answers that lie on a scale that labels tell."""
_ODD_CODES = sorted(code for code in USUAL_CODES if not 0 <= code <= LARGEST_SCALE)
"""Codes for missing answers that lie on no scale."""


@dataclass(frozen=True)
class Scale:
    """Whole numbers from `low` to `high`.

    labelled  whether the labels of a file tell it; else it is the range of the values, those far out left aside
    """

    low: float
    high: float
    labelled: bool = False

    def count_outside(self, values: FloatArray) -> int:
        """How many of the values (n, NaN: missing) lie beyond it or between its steps."""
        present = values[~np.isnan(values)]
        return int(np.sum((present < self.low) | (present > self.high) | (present != np.rint(present))))


def find_scale(values: FloatArray, labels: ColumnLabels | None = None) -> Scale | None:
    """The scale of a column of numbers (n), None where it is not an item.

    Labels count where they name at least three codes in a row, or just both ends, and most answers lie among them.
    Otherwise an item has whole numbers from 0 to 10, three different ones or more; one answer in fifty may lie off,
    and more where they are codes that often stand for missing ones, such as 99.
    """
    present = values[~np.isnan(values)]
    if not len(present):
        return None
    labelled = _read_labels(labels) if labels is not None else None
    if labelled is not None and np.mean((present >= labelled.low) & (present <= labelled.high)) >= _BULK:
        return labelled
    likely = present[~np.isin(present, _ODD_CODES)]
    if len(likely) < _BULK * len(present):
        likely = present
    low, high = np.quantile(likely, [0.02, 0.98])
    middle = likely[(likely >= low) & (likely <= high)]
    distinct = np.unique(middle)
    whole = bool(np.all(present == np.rint(present)))
    if not (whole and 3 <= len(distinct) <= LARGEST_SCALE + 1 and distinct[0] >= 0 and distinct[-1] <= LARGEST_SCALE):
        return None
    low, high = float(distinct[0]), float(distinct[-1])
    values_there = set(np.unique(present))
    while low - 1 in values_there and low - 1 >= 0:  # a rare answer next to the others belongs to the scale
        low -= 1
    while high + 1 in values_there and high + 1 <= LARGEST_SCALE:
        high += 1
    return Scale(low, high)


def find_scales(columns: Mapping[str, FloatArray], labels: Mapping[str, ColumnLabels]) -> dict[str, Scale | None]:
    """The scale of every column; what most items share is also that of items whose answers use a part of it only."""
    found = {name: find_scale(values, labels.get(name)) for name, values in columns.items()}
    ranges = Counter((scale.low, scale.high) for scale in found.values() if scale is not None)
    if not ranges:
        return found
    (low, high), count = ranges.most_common(1)[0]
    if count < _FEWEST_ALIKE:
        return found
    for name, scale in found.items():
        if scale is not None and not scale.labelled and low <= scale.low and scale.high <= high:
            found[name] = Scale(low, high)
    return found


def list_items(scales: Mapping[str, Scale | None], labels: Mapping[str, ColumnLabels]) -> tuple[str, ...]:
    """The columns with a scale, but for those whose labels are theirs alone where most items share theirs.

    Such a column is a department or a region: its codes are names, not steps of agreement.
    """
    texts = {
        name: tuple(str(label) for _, label in sorted(labels[name].values.items(), key=lambda pair: str(pair[0])))
        for name, scale in scales.items()
        if scale is not None and scale.labelled
    }
    alike = Counter(texts.values())
    shared = any(count >= _MANY_ALIKE for count in alike.values())
    return tuple(
        name
        for name, scale in scales.items()
        if scale is not None and not (shared and name in texts and alike[texts[name]] == 1)
    )


def _read_labels(labels: ColumnLabels) -> Scale | None:
    codes = sorted(
        code for code in labels.values if isinstance(code, (int, float)) and not labels.is_missing(float(code))
    )
    if not codes or any(code != int(code) for code in codes):
        return None
    runs = [[codes[0]]]
    for code in codes[1:]:
        if code == runs[-1][-1] + 1:
            runs[-1].append(code)
        else:
            runs.append([code])
    longest = max(runs, key=len)
    if len(longest) >= 3:
        return Scale(float(longest[0]), float(longest[-1]), labelled=True)
    if len(codes) == 2 and 2 <= codes[1] - codes[0] <= LARGEST_SCALE:
        return Scale(float(codes[0]), float(codes[1]), labelled=True)
    return None
