"""Values that hardly belong to a variable: codes for missing answers and slips of the keyboard, told as warnings."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.diagnostics import Diagnostic
from sem_toolkit.sample.moments import FloatArray

_CODES = frozenset({-1, -2, -7, -8, -9, -66, -77, -88, -99, -777, -888, -999, -9999} | {0, 7, 8, 9, 66, 77, 88, 97, 98})
_LATER_CODES = frozenset({99, 777, 888, 997, 998, 999, 9999, 99999})
USUAL_CODES = _CODES | _LATER_CODES
"""Values that often stand for missing answers."""
_SAMPLED = 20_000  # rows that the first look takes
_FIRST = 16  # rows that are looked through for fractions before all others
_GLANCED = 250  # rows that tell which columns to look at
_LARGEST_SHARE = 0.2
_FAR_NUMBERS = 3.0  # ranges of the middle 60 %, for variables that are not whole
_FAR_WHOLE = 1.0
_SLACK = 0.8  # for the middle of some of the rows, which may be wider than that of all
_LONGEST_SCALE = 11  # values of an answer scale
_MOST_SHOWN = 6


def check_outlying_values(data: FloatArray, variables: Sequence[str]) -> list[Diagnostic]:
    """One warning for all values that a wide gap parts from the rest of their variable (data n × p, NaN: missing)."""
    if len(data) < 5:
        return []
    shown, codes, slips = [], set(), []
    for j in _find_suspects(data):
        values, counts = np.unique(data[~np.isnan(data[:, j]), j], return_counts=True)
        far = _find_far(values, counts)
        if not far.any():
            continue
        cells = [
            _describe_value(data[:, j], value, count) for value, count in zip(values[far], counts[far], strict=True)
        ]
        low, high = values[~far].min(), values[~far].max()
        more = ", …" if len(cells) > 3 else ""
        shown.append(f"{variables[j]}: {', '.join(cells[:3])}{more} beside {low:g} to {high:g}")
        codes |= {f"{value:g}" for value in values[far] if value in USUAL_CODES}
        slips += [f"{variables[j]}={value:g}" for value in values[far]]
    if not shown:
        return []
    more = f"; and {len(shown) - _MOST_SHOWN} more variables" if len(shown) > _MOST_SHOWN else ""
    message = f"values far from the rest: {'; '.join(shown[:_MOST_SHOWN])}{more}"
    listed = ",".join(sorted(codes, key=float)) if codes else ""
    hint = f"if they stand for missing answers: --missing-codes {listed}" if listed else "correct slips in the data"
    if not listed and len(slips) <= _MOST_SHOWN:
        hint += f", or take them as missing: --missing-codes {','.join(slips)}"
    return [Diagnostic("warning", "outlying-values", message, hint=hint)]


def _find_suspects(data: FloatArray) -> NDArray[np.intp]:
    """Columns with an end far from the middle 60 %: a quick look that lets none of the others pass to a slower one.

    A value is parted by a gap of so many widths of at least the middle: no end reaches out less far than that.
    """
    chosen = _glance(data) if len(data) > 2 * _GLANCED else np.arange(data.shape[1])
    if not len(chosen):
        return chosen
    part = data if len(chosen) == data.shape[1] else data[:, chosen]
    ordered = np.sort(part[:: -(-len(data) // _SAMPLED)], axis=0)
    low, high = _find_middle(ordered, 0.2)
    has_all = len(ordered) == len(part) and not np.isnan(ordered[-1]).any()
    ends = (ordered[0], ordered[-1]) if has_all else _find_ends(part)
    return np.asarray(chosen[_reach_out(part, low, high, ends)])


def _glance(data: FloatArray) -> NDArray[np.intp]:
    """Columns that may be suspects by the middle half of a few rows, which is narrower: the sort of all is spared."""
    few = data[:: len(data) // _GLANCED]
    low, high = _find_middle(np.sort(few, axis=0), 0.25)
    return np.flatnonzero(_reach_out(few, low, high, _find_ends(data)))


def _find_middle(ordered: FloatArray, tail: float) -> tuple[FloatArray, FloatArray]:
    """What of the values of each column a share `tail` lies below, and above; they ascend, missing ones at the end."""
    if not np.isnan(ordered[-1]).any():
        end = len(ordered) - 1
        return ordered[int(tail * end)], ordered[int((1.0 - tail) * end)]
    there = np.maximum(len(ordered) - np.isnan(ordered).sum(axis=0), 1)
    first, last = (tail * (there - 1)).astype(int), ((1.0 - tail) * (there - 1)).astype(int)
    columns = np.arange(ordered.shape[1])
    return ordered[first, columns], ordered[last, columns]


def _find_ends(data: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The smallest and the largest value of each column."""
    return np.fmin.reduce(data), np.fmax.reduce(data)


def _reach_out(
    few: FloatArray, low: FloatArray, high: FloatArray, ends: tuple[FloatArray, FloatArray]
) -> NDArray[np.bool_]:
    """Which columns have ends far out of their middle; few: rows that tell whole numbers."""
    with np.errstate(invalid="ignore"):
        middle = high - low
        reach = np.maximum(low - ends[0], ends[1] - high)
        far = (reach > _FAR_WHOLE * middle) & (reach >= 3 * (middle <= _LONGEST_SCALE))
        if not far.any():
            return np.asarray(far)
        very_far = reach > _SLACK * _FAR_NUMBERS * middle
        possible = far & ~very_far
        for rows in (few[:_FIRST], few):  # a fraction shows itself early
            if not possible.any():
                break
            possible[possible] = _is_whole(rows[:, possible])
    return np.asarray(possible | (far & very_far))


def _is_whole(rows: FloatArray) -> NDArray[np.bool_]:
    """Which columns hold whole numbers only, where they are not missing."""
    return np.asarray(((rows == np.rint(rows)) | np.isnan(rows)).all(axis=0))


def _find_far(values: FloatArray, counts: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Which of the distinct values (ascending) a gap parts from the bulk."""
    far = np.zeros(len(values), dtype=bool)
    whole = bool(np.all(values == np.rint(values)))
    below = np.cumsum(counts) / counts.sum()
    first, last = int(np.searchsorted(below, 0.2)), int(np.searchsorted(below, 0.8))
    last = min(last, len(values) - 1)
    factor = _FAR_WHOLE if whole else _FAR_NUMBERS
    unit = 1.0 if whole else 0.0
    while first > 0 or last < len(values) - 1:
        width = max(values[last] - values[first], unit)
        left = values[first] - values[first - 1] if first > 0 else np.inf
        right = values[last + 1] - values[last] if last < len(values) - 1 else np.inf
        limit = factor * width if width > 0 else np.inf
        if whole and last - first + 1 >= 4 and values[last] - values[first] == last - first and width < _LONGEST_SCALE:
            limit = max(3.0, 0.75 * width) - 0.5  # an answer scale without gaps
        elif whole:
            limit = max(2 * limit, 3.0)
        if left <= right and left <= limit:
            first -= 1
        elif right <= limit:
            last += 1
        elif left <= limit:
            first -= 1
        else:
            break
    far[:first] = True
    far[last + 1 :] = True
    if counts[far].sum() > _LARGEST_SHARE * counts.sum() or last - first < 1:
        far[:] = False
    return far


def _describe_value(column: FloatArray, value: float, count: int) -> str:
    place = int(np.flatnonzero(column == value)[0]) + 1
    return f"{value:g} (row {place})" if count == 1 else f"{value:g} ({count} rows)"
