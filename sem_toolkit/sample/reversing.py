"""Items turned about the middle of their scale, where a spec says that they point the other way."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sem_toolkit.diagnostics import DataError, Diagnostic
from sem_toolkit.sample.checks import check_column, check_names, numeric_values
from sem_toolkit.sample.labels import get_labels
from sem_toolkit.sample.messages import add_messages
from sem_toolkit.sample.moments import FloatArray
from sem_toolkit.sample.scales import Scale, find_scales

if TYPE_CHECKING:
    import pandas as pd

_NUMBER = r"(-?\d+(?:\.\d+)?)"
_WITH_SCALE = re.compile(rf"\s*([^()]+?)\s*\(\s*{_NUMBER}\s*(?:-|–|to|\.\.)\s*{_NUMBER}\s*\)\s*\Z")
_LARGEST_SHARE_BEYOND = 0.2


@dataclass(frozen=True)
class Reversed:
    """An item to be turned, and its scale where that is said."""

    name: str
    scale: Scale | None = None

    def __str__(self) -> str:
        return self.name if self.scale is None else f"{self.name} ({self.scale.low:g}-{self.scale.high:g})"


def parse_reversed(text: str) -> Reversed:
    """Read `b4`, or with its scale `b4 (1-5)`. Raises ValueError for a scale that is none."""
    match = _WITH_SCALE.match(text)
    if match is None:
        if "(" in text or ")" in text:
            raise ValueError(f"{text!r} is no item with its scale, such as b4 (1-5)")
        return Reversed(text.strip())
    low, high = float(match[2]), float(match[3])
    if not low < high:
        raise ValueError(f"the scale of {match[1]} does not go up: {match[2]} to {match[3]}")
    return Reversed(match[1].strip(), Scale(low, high, labelled=True))


def reverse_items(frame: "pd.DataFrame", items: Sequence[Reversed], used: Collection[str]) -> "pd.DataFrame":
    """The frame with items turned about the middle of their scale (x to low + high - x), which is told.

    A scale is the one that is said; else that of the labels in the file; else that of the item's answers, or of most
    items of the model where its own answers use a part of it only. Other variables are turned about the middle of their
    values, with a warning that their range is not known.

    used  variables of the model; a warning names items that are not among them or in a product of them

    Raises DataError for items that are no columns of numbers, and for a scale that most answers do not lie on.
    """
    names = [item.name for item in items]
    faults = check_names(names, [str(name) for name in frame.columns], "the data")
    faults = faults or [fault for name in dict.fromkeys(names) for fault in check_column(frame[name])]
    if faults:
        raise DataError(faults)
    parts = {part for name in used for part in name.split(":")}
    columns = {
        name: values
        for name in dict.fromkeys([*names, *(part for part in parts if part in frame)])
        if (values := numeric_values(frame[name])) is not None
    }
    scales = find_scales(columns, get_labels(frame))
    turned, said, unknown, outside = {}, [], [], []
    for item in {item.name: item for item in items}.values():
        values, scale = columns[item.name], item.scale or scales[item.name]
        if scale is None:
            low, high = float(np.nanmin(values)), float(np.nanmax(values))
            unknown.append(f"{item.name} ({low:g} to {high:g})")
        else:
            low, high = scale.low, scale.high
            beyond = int(np.sum((values < low) | (values > high)))
            if beyond > _LARGEST_SHARE_BEYOND * np.sum(~np.isnan(values)):
                raise DataError(_describe_wrong_scale(item.name, scale, values))
            if beyond:
                outside.append(f"{item.name} ({beyond} {'row' if beyond == 1 else 'rows'} off {low:g} to {high:g})")
        turned[item.name] = low + high - values
        said.append(f"{item.name} as {low + high:g} - {item.name}")
    result = frame.assign(**turned)
    found = [Diagnostic("note", "reverse-coded", f"reverse-coded: {', '.join(said)}")]
    if unknown:
        message = (
            f"the range is not known of {', '.join(unknown)}: turned about the middle of the values that there are"
        )
        hint = f"say the scale: #' reverse: {unknown[0].split(' ')[0]} (1-5)"
        found.append(Diagnostic("warning", "reverse-range-unknown", message, hint=hint))
    if outside:
        message = f"values off their scale were turned as well: {', '.join(outside)}"
        hint = "are they codes for missing answers? --missing-codes"
        found.append(Diagnostic("warning", "reverse-outside", message, hint=hint))
    idle = [name for name in turned if name not in parts]
    if idle:
        message = f"reversing {', '.join(idle)} has no effect: the model does not use them"
        found.append(Diagnostic("warning", "unused-reverse", message))
    add_messages(result, found)
    return result


def _describe_wrong_scale(name: str, scale: Scale, values: FloatArray) -> Diagnostic:
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    said = f"{scale.low:g} to {scale.high:g}"
    message = f"{name} cannot be reversed on the scale {said}: its values go from {low:g} to {high:g}"
    return Diagnostic("error", "reverse-scale", message, hint=f"write its scale: reverse: {name} ({low:g}-{high:g})")
