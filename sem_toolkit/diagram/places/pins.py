"""Positions that stay: a layout read from a file or taken from another picture, and how it is kept."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar, get_args

from sem_toolkit.diagnostics import DataError, Diagnostic
from sem_toolkit.diagnostics.suggestions import format_suggestion
from sem_toolkit.diagram.content.structure import Structure
from sem_toolkit.diagram.content.style import read_toml
from sem_toolkit.diagram.geometry.plane import Rectangle
from sem_toolkit.diagram.places.measures import Side
from sem_toolkit.diagram.places.placement import Placement
from sem_toolkit.diagram.places.relations import RELATIONS, relate_places
from sem_toolkit.files import write_text

Value = TypeVar("Value")

HEADER = """\
# Centres of the variables in points (1/72 inch), across and down from the upper left corner.
# Variables that are not named here are placed automatically.
"""


@dataclass(frozen=True)
class Layout:
    """What a picture keeps to, whatever the search for the best one would choose.

    positions  variable → its centre (x, y) in points, y downwards
    numbers    path ("y ~ x", as the spec has it) → where its number stands, as a share of the way from 0.05 to 0.95
    arcs       covariance ("a ~~ b") → the side of its variables on which its arc runs
    sides      factor → the side on which its indicators stand
    relations  "same-row", "same-column", "left-of" or "above" → names that stand so
    """

    positions: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    numbers: Mapping[str, float] = field(default_factory=dict)
    arcs: Mapping[str, Side] = field(default_factory=dict)
    sides: Mapping[str, Side] = field(default_factory=dict)
    relations: Mapping[str, tuple[tuple[str, ...], ...]] = field(default_factory=dict)

    def check(self, variables: Iterable[str], paths: Iterable[str] = ()) -> tuple[Diagnostic, ...]:
        """A fault for every name that is not a variable of the model, and for every key that is no path of it."""
        names, keys = list(variables), list(paths)
        related = [name for groups in self.relations.values() for group in groups for name in group]
        places = dict.fromkeys([*self.positions, *self.sides, *related])
        found = [_build_unknown("places", name, names) for name in places if name not in names]
        pinned = dict.fromkeys([*self.numbers, *self.arcs])
        return tuple(found + [_build_unknown("pins", key, keys, "path") for key in pinned if key not in keys])

    def keep(self, known: Iterable[str], paths: Iterable[str] | None = None) -> "Layout":
        """The layout without the positions of variables that are not in a picture.

        paths  where they are given, all entries about other variables or other paths go too
        """
        names = set(known)
        kept = replace(self, positions=_select(self.positions, names))
        if paths is None:
            return kept
        keys = set(paths)
        groups = {name: tuple(group for group in found if {*group} <= names) for name, found in self.relations.items()}
        return replace(
            kept,
            numbers=_select(self.numbers, keys),
            arcs=_select(self.arcs, keys),
            sides=_select(self.sides, names),
            relations={name: found for name, found in groups.items() if found},
        )

    @property
    def names(self) -> frozenset[str]:
        """All words of its keys and relations: names of variables, and the operators between those of paths."""
        related = [name for groups in self.relations.values() for group in groups for name in group]
        keys = [*self.positions, *self.sides, *self.numbers, *self.arcs, *related]
        return frozenset(name for key in keys for part in key.split(" ") for name in part.split(":"))

    def rename(self, old: str, new: str) -> "Layout":
        """The layout with a variable under another name, in the names of paths too."""

        def change(key: str) -> str:
            return rename_in_key(key, old, new)

        def change_keys(table: Mapping[str, Value]) -> dict[str, Value]:
            return {change(key): value for key, value in table.items()}

        return Layout(
            change_keys(self.positions),
            change_keys(self.numbers),
            change_keys(self.arcs),
            change_keys(self.sides),
            {name: tuple(tuple(map(change, group)) for group in found) for name, found in self.relations.items()},
        )


def rename_in_key(key: str, old: str, new: str) -> str:
    """A variable, or a path with its variables, with one of them under another name."""
    return " ".join(":".join(new if name == old else name for name in part.split(":")) for part in key.split(" "))


def _select(table: Mapping[str, Value], known: Collection[str]) -> dict[str, Value]:
    return {name: value for name, value in table.items() if name in known}


def _build_unknown(verb: str, name: str, known: list[str], what: str = "variable") -> Diagnostic:
    hint = format_suggestion(name, known) or f"remove the line, or name a {what} of the model"
    return Diagnostic(
        "error", f"unknown-{what}", f'the layout {verb} "{name}", which the model does not have', hint=hint
    )


def find_layout_path(spec_path: str | Path) -> Path:
    """Where the layout of a spec is kept: SPEC.layout.toml beside it."""
    path = Path(spec_path)
    return path.with_name(f"{path.stem}.layout.toml")


def read_layout(path: str | Path) -> Layout:
    """The layout in a TOML file: a table [positions] with variable = [x, y]. Raises DataError where it is none."""
    return parse_layout(read_toml(path, "layout file"), str(path))


def parse_layout(content: Mapping[str, Any], path: str) -> Layout:
    """The layout in the tables of a file, whose values may be anything. Raises DataError where it is none."""
    faults = [
        _build_bad(
            f"the layout file {path} has an unknown table [{key}]", f"use {', '.join(f'[{name}]' for name in TABLES)}"
        )
        for key in content
        if key not in TABLES
    ]
    faults += [
        _build_bad(f"[{key}] in {path} is no table", f"[{key}]")
        for key in TABLES
        if not isinstance(content.get(key, {}), dict)
    ]
    if faults:
        raise DataError(faults)
    tables = {key: content.get(key, {}) for key in TABLES}
    for key, (accepts, wanted, example) in TABLES.items():
        for name, value in tables[key].items():
            if not accepts(value):
                what = "position" if key == "positions" else f"[{key}] entry"
                faults.append(_build_bad(f'the {what} of "{name}" in {path} is not {wanted}', f"{name} = {example}"))
    faults += [
        _build_bad(f'"{name}" in [relations] of {path} is no relation', f"one of {', '.join(RELATIONS)}")
        for name in tables["relations"]
        if name not in RELATIONS
    ]
    if faults:
        raise DataError(faults)
    return Layout(
        {str(name): (float(value[0]), float(value[1])) for name, value in tables["positions"].items()},
        {str(name): float(value) for name, value in tables["numbers"].items()},
        tables["arcs"],
        tables["sides"],
        {name: tuple(tuple(group) for group in groups) for name, groups in tables["relations"].items()},
    )


def _build_bad(message: str, hint: str) -> Diagnostic:
    return Diagnostic("error", "bad-layout", message, hint=hint)


def _is_position(value: object) -> bool:
    return (
        isinstance(value, list)
        and len(value) == 2
        and all(isinstance(number, int | float) and not isinstance(number, bool) for number in value)
        and all(abs(number) < 1e5 for number in value)
    )


def _is_share(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0.05 <= value <= 0.95


def _is_side(value: object) -> bool:
    return value in get_args(Side)


def _are_groups(value: object) -> bool:
    groups = value if isinstance(value, list) else [None]
    return all(
        isinstance(group, list) and len(group) > 1 and all(isinstance(name, str) for name in group) for group in groups
    )


TABLES: Mapping[str, tuple[Callable[[object], bool], str, str]] = {
    "positions": (_is_position, "two numbers", "[120.0, 80.0]"),
    "numbers": (_is_share, "a share of the path from 0.05 to 0.95", "0.3"),
    "arcs": (_is_side, "left, right, top or bottom", '"top"'),
    "sides": (_is_side, "left, right, top or bottom", '"left"'),
    "relations": (_are_groups, "a list of lists of names", '[["A", "B"]]'),
}
"""Tables of a layout file: what an entry must be, in words, and an example."""


def write_layout(layout: Layout, path: str | Path) -> None:
    """Write a layout as TOML, in the order of its variables. Raises DataError when the path cannot be written."""
    lines = ["[positions]"]
    lines += [f"{quote_key(name)} = [{x:.1f}, {y:.1f}]" for name, (x, y) in layout.positions.items()]
    for key, table in (("numbers", layout.numbers), ("arcs", layout.arcs), ("sides", layout.sides)):
        if table:
            lines += ["", f"[{key}]", *(f"{quote_key(name)} = {_format_value(v)}" for name, v in table.items())]
    if layout.relations:
        lines += ["", "[relations]"]
    for relation, groups in layout.relations.items():
        inner = ", ".join(f"[{', '.join(quote_key(name) for name in group)}]" for group in groups)
        lines.append(f"{relation} = [{inner}]")
    write_text(path, HEADER + "\n".join(lines) + "\n")


def _format_value(value: float | str) -> str:
    return quote_key(value) if isinstance(value, str) else f"{value:g}"


def quote_key(name: str) -> str:
    """A TOML key, always quoted, so that any name of a variable is one."""
    escaped = "".join(
        f"\\u{ord(character):04x}" if character in '"\\' or ord(character) < 32 else character for character in name
    )
    return f'"{escaped}"'


def apply_layout(placement: Placement, structure: Structure, layout: Layout) -> Placement:
    """The placement with the variables of a layout where it has them, and the others in their usual relation to them.

    Indicators that the layout does not name go with their core; other cores keep their place, moved with the average
    of the named ones, and give way where a named variable stands.
    """
    kept = {name: place for name, place in layout.positions.items() if name in placement.places}
    if not kept and not layout.relations:
        return placement
    if not kept:
        related = relate_places(placement.places, structure, layout.relations)
        return replace(placement, places=related, sides=_find_sides(related, placement.sides, structure))
    shifts = {name: (x - placement.places[name].x, y - placement.places[name].y) for name, (x, y) in kept.items()}
    average = (
        sum(dx for dx, _ in shifts.values()) / len(shifts),
        sum(dy for _, dy in shifts.values()) / len(shifts),
    )
    places: dict[str, Rectangle] = {}
    for name, box in placement.places.items():
        owner = structure.owner.get(name, name)
        dx, dy = shifts.get(name) or shifts.get(owner) or average
        places[name] = box.moved(dx, dy)
    places = relate_places(_give_way(places, structure, set(kept)), structure, layout.relations)
    return replace(placement, places=places, sides=_find_sides(places, placement.sides, structure))


def _give_way(places: dict[str, Rectangle], structure: Structure, kept: set[str]) -> dict[str, Rectangle]:
    """Move cores that were not named, with their indicators, down or up until they stand free."""
    for core in structure.cores:
        group = [name for name in places if structure.owner.get(name, name) == core and name not in kept]
        if core in kept or not group:
            continue
        others = [box for name, box in places.items() if name not in group]
        for step in range(80):
            dy = (step // 2 + step % 2) * 8.0 * (1 if step % 2 else -1)
            moved = {name: places[name].moved(0, dy) for name in group}
            if not any(box.overlaps(other, 6.0) for box in moved.values() for other in others):
                places = {**places, **moved}
                break
    return places


def _find_sides(places: Mapping[str, Rectangle], sides: Mapping[str, Side], structure: Structure) -> dict[str, Side]:
    """On which side of each core its indicators now are, seen from their middle."""
    found: dict[str, Side] = {}
    for core, side in sides.items():
        items = [places[name] for name in structure.indicators.get(core, ()) if name in places]
        if not items or core not in places:
            found[core] = side
            continue
        box = places[core]
        dx = sum(item.x for item in items) / len(items) - box.x
        dy = sum(item.y for item in items) / len(items) - box.y
        across: Side = "right" if dx > 0 else "left"
        down: Side = "bottom" if dy > 0 else "top"
        found[core] = across if abs(dx) / box.width > abs(dy) / box.height * 0.6 else down
    return found
