"""What is kept beside a spec about its picture, as the page moves variables and takes moves back."""

from collections.abc import Collection, Mapping
from dataclasses import fields, replace
from math import isfinite
from pathlib import Path
from typing import Any

from sem_toolkit.diagnostics import DataError, Diagnostic
from sem_toolkit.diagram import Layout, find_layout_path, read_layout
from sem_toolkit.diagram.places.pin_edits import update_layout
from sem_toolkit.diagram.places.pins import parse_layout
from sem_toolkit.studio.folder import Folder

Pins = Mapping[str, Any]
"""Tables of a layout by name, as in its file; those that are left out are not concerned."""
Places = Mapping[str, tuple[float, float]]
"""Variable → its centre in points."""
_TABLES = tuple(field.name for field in fields(Layout))
_MOST, _FARTHEST, _LONGEST_NAME = 1000, 20_000.0, 500


def read_pins(path: Path, folder: Folder) -> Layout:
    """What is kept beside a spec. Raises DataError where it is no layout, or may not be read."""
    place = find_layout_path(path)
    folder.require_readable(place)
    return read_layout(place) if place.is_file() else Layout()


def change_pins(
    path: Path, call: Mapping[str, Any], shown: Places, folder: Folder, known: Collection[str] | None = None
) -> dict[str, Any]:
    """The tables of the layout before and after a call, written: `pins` take the place of tables, `moves` of places.

    A `message` says which relations of the file decide about a variable that was moved.

    shown  where the variables of the picture stand: those that are not moved are kept there, so that a move of one
           moves no other
    known  the variables of the model, whose other places are kept too; None keeps all
    Raises DataError for places that there are not, or a file that cannot be written.
    """
    before = read_pins(path, folder)
    message = ""
    pins, moves = call.get("pins"), call.get("moves")
    if pins is not None:
        tables = _read_tables(pins)
    elif moves is not None:
        if not isinstance(moves, list) or not all(isinstance(move, Mapping) for move in moves):
            raise _refuse()
        moved = {
            move.get("node"): [move.get("x"), move.get("y")] for move in moves if isinstance(move.get("node"), str)
        }
        if len(moved) < len(moves):
            raise _refuse()
        others = {name: place for name, place in before.positions.items() if known is None or name in known}
        tables = {"positions": {**others, **shown, **_read_tables({"positions": moved})["positions"]}}
        message = _tell_relations(before, moved, find_layout_path(path).name)
    else:
        tables = {}
    update_layout(replace(before, **tables), find_layout_path(path))
    answer = {"before": _build(before, tables), "pins": tables}
    return {**answer, "message": message} if message else answer


def _tell_relations(layout: Layout, moved: Collection[str], file: str) -> str:
    """What holds variables that were moved to others, whatever their places; "" where nothing does."""
    held = [
        f"{relation} of {', '.join(group)}"
        for relation, groups in layout.relations.items()
        for group in groups
        if not {*group}.isdisjoint(moved)
    ]
    if not held:
        return ""
    return f"{file} keeps {' and '.join(held)}: that comes before where {', '.join(moved)} was put"


def rename_pins(path: Path, old: str, new: str, folder: Folder) -> Pins | None:
    """The tables in which a variable stands, with its new name; None where it stands in none."""
    before = read_pins(path, folder)
    after = before.rename(old, new)
    return _build(after, [name for name in _TABLES if getattr(after, name) != getattr(before, name)]) or None


def _build(layout: Layout, tables: Collection[str]) -> dict[str, Any]:
    return {name: dict(getattr(layout, name)) for name in _TABLES if name in tables}


def _read_tables(pins: object) -> dict[str, Any]:
    """Tables of a layout in a call. Raises DataError for what is none."""
    if not isinstance(pins, Mapping) or not all(isinstance(table, Mapping) for table in pins.values()):
        raise _refuse()
    entries = [(name, value) for table in pins.values() for name, value in table.items()]
    if len(entries) > _MOST or not all(0 < len(name) <= _LONGEST_NAME and name.isprintable() for name, _ in entries):
        raise _refuse()
    layout = parse_layout(pins, "the call")
    for x, y in layout.positions.values():
        if not (isfinite(x) and isfinite(y) and abs(x) <= _FARTHEST and abs(y) <= _FARTHEST):
            raise _refuse()
    return _build(layout, [name for name in _TABLES if name in pins])


def _refuse() -> DataError:
    message = "a place is a variable with two numbers in points"
    return DataError(Diagnostic("error", "bad-layout", message, hint='{"node": "x1", "x": 120, "y": 80}'))
