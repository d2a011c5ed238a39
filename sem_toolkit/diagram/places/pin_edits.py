"""Changes of a layout file that leave what they do not concern as it was typed: comments, order, other entries."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from sem_toolkit.diagnostics import DataError
from sem_toolkit.diagram.places.pins import (
    HEADER,
    Layout,
    parse_layout,
    quote_key,
    read_layout,
    rename_in_key,
    write_layout,
)
from sem_toolkit.files import write_text

Positions = Mapping[str, tuple[float, float]]
_ENTRY = re.compile(r"""\s*(?P<key>"[^"\\]*"|'[^']*'|[\w-]+)\s*=\s*(?P<value>\[[^\[\]]*\])\s*(?P<comment>\#.*)?""")
_KEY = re.compile(r"""\s*(?P<key>"[^"\\]*"|'[^']*'|[\w-]+)\s*=""")
_QUOTED = re.compile(r""""[^"\\]*"|'[^']*'""")
_BEFORE_COMMENT = re.compile(r"""(?:[^#"']|"[^"\\]*"|'[^']*')*""")
_TABLE = re.compile(r"\s*\[\s*(?P<name>[\w-]+)\s*\]\s*(#.*)?")


def update_layout(layout: Layout, path: Path) -> None:
    """Make a file hold a layout, by as few changes as will do; one that would hold nothing is taken away.

    Whole it is written only where it says the positions in a way of its own, or what else it says is to change by more
    than the name of a variable.
    Raises DataError where the path cannot be written, or holds something else than a layout.
    """
    kept = read_layout(path) if path.exists() else Layout()
    if layout == kept:
        return
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    renaming = _find_renaming(kept, layout)
    if renaming is not None:
        new = _rename(text, *renaming)
    else:
        new = _set_positions(text, kept.positions, layout.positions) if text else ""
    if layout == Layout() and not new.replace(HEADER, "").replace("[positions]", "").strip():
        path.unlink(missing_ok=True)
    elif new and _holds(new, layout):
        write_text(path, new)
    else:
        write_layout(layout, path)


def keep_positions(positions: Positions, path: Path) -> None:
    """Make a file hold these positions and no others; its pins stay. Raises DataError as `update_layout` does."""
    kept = read_layout(path) if path.exists() else Layout()
    update_layout(replace(kept, positions=positions), path)


def _holds(text: str, layout: Layout) -> bool:
    try:
        return _round(parse_layout(tomllib.loads(text), "")) == _round(layout)
    except (tomllib.TOMLDecodeError, DataError):
        return False


def _round(layout: Layout) -> tuple[object, ...]:
    places = {name: (round(x, 1), round(y, 1)) for name, (x, y) in layout.positions.items()}
    return places, layout.numbers, layout.arcs, layout.sides, layout.relations


def _find_renaming(before: Layout, after: Layout) -> tuple[str, str] | None:
    """The variable that has another name in a layout that is otherwise the same, and that name; None where there is
    none.
    """
    gone, new = before.names - after.names, after.names - before.names
    if len(gone) != 1 or len(new) != 1:
        return None
    (old,), (name,) = gone, new
    return (old, name) if before.rename(old, name) == after else None


def _rename(text: str, old: str, new: str) -> str:
    """The text with a variable under another name in keys and in lists of names; comments stay."""
    lines: list[str] = []
    table = ""
    for line in text.splitlines(keepends=True):
        heading = _TABLE.fullmatch(line.rstrip("\r\n"))
        table = heading["name"] if heading else table
        entry = None if heading or table == "relations" else _KEY.match(line)
        if table == "relations":
            lines.append(_QUOTED.sub(lambda found: _rename_key(found[0], old, new), _cut_comment(line)[0]))
            lines.append(_cut_comment(line)[1])
        elif entry:
            start, end = entry.span("key")
            lines.append(f"{line[:start]}{_rename_key(entry['key'], old, new)}{line[end:]}")
        else:
            lines.append(line)
    return "".join(lines)


def _rename_key(key: str, old: str, new: str) -> str:
    """A key as it is typed, or the new one in quotes where the variable is in it."""
    name = next(iter(tomllib.loads(f"{key} = 0")))
    renamed = rename_in_key(name, old, new)
    return key if renamed == name else quote_key(renamed)


def _cut_comment(line: str) -> tuple[str, str]:
    """A line before its comment, and the comment with the end of the line."""
    found = _BEFORE_COMMENT.match(line)
    end = found.end() if found else 0
    return line[:end], line[end:]


def _set_positions(text: str, before: Positions, after: Positions) -> str:
    """The text with other entries in its table of positions: changed, left out, or put at its end."""
    lines = text.splitlines(keepends=True)
    names = [found["name"] if (found := _TABLE.fullmatch(line.rstrip("\r\n"))) else None for line in lines]
    if "positions" not in names:
        rows = "".join(_write(name, place) for name, place in after.items())
        return f"{text}{'' if text.endswith(chr(10)) else chr(10)}\n[positions]\n{rows}" if rows else text
    first = names.index("positions") + 1
    last = next((place for place in range(first, len(lines)) if names[place] is not None), len(lines))
    written: set[str] = set()
    kept: list[str] = []
    for line in lines[first:last]:
        entry = _ENTRY.fullmatch(line.rstrip("\r\n"))
        name = next(iter(tomllib.loads(f"{entry['key']} = 0")), "") if entry else None
        if entry is None or name is None:
            kept.append(line)
        elif name in after:
            written.add(name)
            start, end = entry.span("value")
            same = before.get(name) == after[name]
            kept.append(line if same else f"{line[:start]}{_write_place(after[name])}{line[end:]}")
    end = len(kept)
    while end and not kept[end - 1].strip():
        end -= 1
    head = [*lines[:first], *kept[:end]]
    if head and not head[-1].endswith("\n"):
        head[-1] += "\n"
    new = [_write(name, place) for name, place in after.items() if name not in written]
    return "".join([*head, *new, *kept[end:], *lines[last:]])


def _write(name: str, place: tuple[float, float]) -> str:
    return f"{quote_key(name)} = {_write_place(place)}\n"


def _write_place(place: tuple[float, float]) -> str:
    return f"[{place[0]:.1f}, {place[1]:.1f}]"
