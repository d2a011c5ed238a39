"""Files and folders that are not there: what was asked for, the nearest name beside it, and what to do."""

import os
from collections.abc import Collection, Sequence
from itertools import islice
from pathlib import Path

from sem_toolkit.diagnostics.suggestions import find_nearest
from sem_toolkit.diagnostics.values import Diagnostic

_MOST_SEEN = 2_000  # entries of a folder; on a slow disk a long listing would be waited for
_MOST_NAMED = 4


def build_missing_file(
    path: str | Path, what: str = "file", *, endings: Collection[str] = (), cause: str = "", hint: str | None = None
) -> Diagnostic:
    """The fault of a file that is not there, with the name that may be meant, or the files there are, as its hint.

    what     it is to the reader, such as "picture"
    endings  that such a file may have, in small letters (".csv"); empty: only the ending that was asked for
    cause    of being looked for, which ends the message, such as ", which the header names"
    hint     what else may help, said where no name is near
    """
    path = Path(path)
    message = f'there is no {what} "{path}"{cause}'
    entries = _list_entries(path.parent)
    if entries is None:
        return Diagnostic("error", "missing-file", message, hint=_join(_explain_folder(path.parent), hint))
    wanted = {ending.lower() for ending in endings} | {path.suffix.lower()}
    files = [entry.name for entry in entries if not _is_folder(entry)]
    alike = [name for name in files if Path(name).suffix.lower() in wanted]
    nearest = _find_near(path, alike or (files if not path.suffix else []))
    if nearest is not None:
        return Diagnostic("error", "missing-file", message, hint=_ask(path.parent / nearest))
    place = "the folder that you are in" if path.parent == Path() else f'"{path.parent}"'
    there = _name_some(place, alike) or (None if hint else _BEGINNING)
    return Diagnostic("error", "missing-file", message, hint=_join(there, hint))


def build_missing_name(name: str, known: Sequence[str], what: str = "file") -> Diagnostic:
    """The fault of a file that is none of those known in a folder whose other names are nobody's business."""
    nearest = _find_near(Path(name), known)
    hint = _ask(nearest) if nearest is not None else _name_some("the folder", known)
    return Diagnostic("error", "missing-file", f'there is no {what} "{name}"', hint=hint or "the folder holds none")


def build_missing_folder(path: str | Path, what: str = "folder", *, hint: str | None = None) -> Diagnostic:
    """The fault of a folder that is not there; arguments as for `build_missing_file`."""
    path = Path(path)
    return Diagnostic(
        "error", "missing-file", f'there is no {what} "{path}"', hint=_join(_suggest_folder(path), hint) or _BEGINNING
    )


_BEGINNING = "check how it is written: a relative path begins at the folder that you are in"


def _explain_folder(folder: Path) -> str:
    """The first folder on the way that is not there, and the one that may be meant."""
    while not folder.parent.is_dir() and folder.parent != folder:
        folder = folder.parent
    return _join(f'there is no folder "{folder}"', _suggest_folder(folder)) or ""


def _suggest_folder(folder: Path) -> str | None:
    names = [entry.name for entry in _list_entries(folder.parent) or () if _is_folder(entry)]
    nearest = find_nearest(folder.name, names)
    return _ask(folder.parent / nearest) if nearest else None


def _find_near(path: Path, names: Sequence[str]) -> str | None:
    """The nearest name; one that differs by its ending alone is near whatever the ending."""
    stem = (path.stem if path.suffix else path.name).casefold()
    same = [name for name in names if Path(name).stem.casefold() == stem]
    return same[0] if same else find_nearest(path.name, names)


def _name_some(place: str, names: Sequence[str]) -> str | None:
    if not names:
        return None
    shown = ", ".join(names[:_MOST_NAMED]) + (
        f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    )
    return f"{place} has {shown}"


def _list_entries(folder: Path) -> list[os.DirEntry[str]] | None:
    """What can be seen in a folder, by name; None where there is no such folder, or it cannot be read."""
    try:
        with os.scandir(folder) as entries:
            seen = [entry for entry in islice(entries, _MOST_SEEN) if not entry.name.startswith(".")]
    except (OSError, ValueError):
        return None
    return sorted(seen, key=lambda entry: entry.name)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _ask(path: str | Path) -> str:
    return f'did you mean "{path}"?'


def _join(*parts: str | None) -> str | None:
    return "; ".join(part for part in parts if part) or None
