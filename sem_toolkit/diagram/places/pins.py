"""Positions that stay: a layout read from a file or taken from another picture, and how it is kept."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from sem_toolkit.diagnostics import DataError, Diagnostic
from sem_toolkit.diagnostics.suggestions import format_suggestion
from sem_toolkit.diagram.content.structure import Structure
from sem_toolkit.diagram.content.style import read_toml
from sem_toolkit.diagram.geometry.plane import Rectangle
from sem_toolkit.diagram.places.blocks import Side
from sem_toolkit.diagram.places.placement import Placement
from sem_toolkit.files import write_text

HEADER = """\
# Centres of the variables in points (1/72 inch), across and down from the upper left corner.
# Variables that are not named here are placed automatically.
"""


@dataclass(frozen=True)
class Layout:
    """Centres of variables, (x, y) in points, y downwards."""

    positions: Mapping[str, tuple[float, float]] = field(default_factory=dict)

    def check(self, known: Iterable[str]) -> tuple[Diagnostic, ...]:
        """A fault for every name that is not a variable of the model."""
        names = list(known)
        return tuple(_build_unknown(name, names) for name in self.positions if name not in names)


def _build_unknown(name: str, known: list[str]) -> Diagnostic:
    hint = format_suggestion(name, known) or "remove the line, or name a variable of the model"
    return Diagnostic(
        "error", "unknown-variable", f'the layout places "{name}", which the model does not have', hint=hint
    )


def find_layout_path(spec_path: str | Path) -> Path:
    """Where the layout of a spec is kept: SPEC.layout.toml beside it."""
    path = Path(spec_path)
    return path.with_name(f"{path.stem}.layout.toml")


def read_layout(path: str | Path) -> Layout:
    """The layout in a TOML file: a table [positions] with variable = [x, y]. Raises DataError where it is none."""
    content = read_toml(path, "layout file")
    table = content.get("positions", {})
    faults = [
        Diagnostic(
            "error", "bad-layout", f"the layout file {path} has an unknown table [{key}]", hint="use [positions]"
        )
        for key in content
        if key != "positions"
    ]
    if not isinstance(table, dict):
        raise DataError(Diagnostic("error", "bad-layout", f"[positions] in {path} is no table"))
    for name, value in table.items():
        if not _is_position(value):
            message = f'the position of "{name}" in {path} is not two numbers'
            faults.append(Diagnostic("error", "bad-layout", message, hint=f"{name} = [120.0, 80.0]"))
    if faults:
        raise DataError(faults)
    return Layout({str(name): (float(value[0]), float(value[1])) for name, value in table.items()})


def _is_position(value: object) -> bool:
    return (
        isinstance(value, list)
        and len(value) == 2
        and all(isinstance(number, int | float) and not isinstance(number, bool) for number in value)
        and all(abs(number) < 1e5 for number in value)
    )


def write_layout(layout: Layout, path: str | Path) -> None:
    """Write a layout as TOML, in the order of its variables. Raises DataError when the path cannot be written."""
    lines = [f"{_quote_key(name)} = [{x:.1f}, {y:.1f}]" for name, (x, y) in layout.positions.items()]
    write_text(path, HEADER + "\n".join(["[positions]", *lines]) + "\n")


def _quote_key(name: str) -> str:
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
    if not kept:
        return placement
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
    places = _give_way(places, structure, set(kept))
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
