"""Where variables were put: the places kept beside a spec, as the page moves them and takes moves back."""

from collections.abc import Mapping
from dataclasses import replace
from math import isfinite
from pathlib import Path
from typing import Any

from sem_toolkit.diagnostics import DataError, Diagnostic, SemError
from sem_toolkit.diagram import Layout, find_layout_path, read_layout, write_layout
from sem_toolkit.studio.folder import Folder

Pins = Mapping[str, tuple[float, float]]
"""Variable → its centre in points."""
_MOST, _FARTHEST, _LONGEST_NAME = 1000, 20_000.0, 200


def read_all_pins(path: Path, folder: Folder) -> Pins:
    """All places kept beside a spec; none where there is no file, or one that is no layout."""
    place = find_layout_path(path)
    if not place.is_file():
        return {}
    folder.require_readable(place)
    try:
        return read_layout(place).positions
    except SemError:
        return {}


def change_pins(path: Path, call: Mapping[str, Any], shown: Pins, folder: Folder) -> Pins:
    """The places after a call, written: `pins` take the place of all, `moves` of some; without either nothing is.

    shown  where the variables of the picture stand: those that are not moved are kept there, so that a move of one
           moves no other
    Raises DataError for places that there are not, or a file that cannot be written.
    """
    before = read_all_pins(path, folder)
    pins, moves = call.get("pins"), call.get("moves")
    if pins is None and moves is None:
        return before
    if pins is not None:
        if not isinstance(pins, Mapping):
            raise _refuse()
        new: Pins = {_read_name(name): _read_place(place) for name, place in pins.items()}
    else:
        if not isinstance(moves, list) or not all(isinstance(move, Mapping) for move in moves):
            raise _refuse()
        moved = {_read_name(move.get("node")): _read_place([move.get("x"), move.get("y")]) for move in moves}
        new = {**(shown or before), **moved}
    if len(new) > _MOST:
        raise _refuse()
    write_pins(path, new, folder)
    return new


def rename_pin(pins: Pins, old: str, new: str) -> Pins | None:
    """The places with a variable under its new name; None where it has none."""
    return {new if name == old else name: place for name, place in pins.items()} if old in pins else None


def write_pins(path: Path, pins: Pins, folder: Folder) -> None:
    """Keep places beside a spec; none takes the file away. Raises DataError where that cannot be."""
    place = find_layout_path(path)
    folder.require_readable(place)
    try:
        kept = read_layout(place) if place.is_file() else Layout()
    except SemError:
        kept = Layout()
    # What the file pins besides places stays.
    new = replace(kept, positions=pins)
    if new != Layout():
        write_layout(new, place)
    else:
        place.unlink(missing_ok=True)


def _read_name(name: object) -> str:
    if not isinstance(name, str) or not 0 < len(name) <= _LONGEST_NAME or not name.isprintable():
        raise _refuse()
    return name


def _read_place(place: object) -> tuple[float, float]:
    if not isinstance(place, list | tuple) or len(place) != 2:
        raise _refuse()
    for value in place:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise _refuse()
        if not isfinite(value) or abs(value) > _FARTHEST:
            raise _refuse()
    return float(place[0]), float(place[1])


def _refuse() -> DataError:
    message = "a place is a variable with two numbers in points"
    return DataError(Diagnostic("error", "bad-layout", message, hint='{"node": "x1", "x": 120, "y": 80}'))
