"""`sem-toolkit fmt`."""

import difflib
from pathlib import Path
from typing import Annotated

import typer

from sem_toolkit.cli.output import DONE, NOT_CERTIFIED, build_console
from sem_toolkit.files import write_text
from sem_toolkit.spec import Spec, read_spec
from sem_toolkit.spec.formatting import format_spec


def fmt(
    specs: Annotated[list[Path], typer.Argument(metavar="SPEC...", help="Specs to lay out anew, in place.")],
    check: Annotated[bool, typer.Option("--check", help="Write nothing; exit with 1 where a layout differs.")] = False,
    diff: Annotated[bool, typer.Option("--diff", help="Write nothing; show what would change.")] = False,
) -> int:
    """Bring specs into the canonical layout; the model and the comments stay as they are."""
    console = build_console()
    pairs = [
        (path, spec, format_spec(spec)) for path, spec in ((path, read_spec(path, expand=False)) for path in specs)
    ]
    changed = [(path, spec, text) for path, spec, text in pairs if text != spec.source.text]
    for path, spec, text in changed:
        if diff:
            console.out(_format_changes(path, spec, text), end="")
        elif check:
            console.print(f"{path} is not in the canonical layout")
        else:
            write_text(path, text)
            console.print(f"{path}")
    return NOT_CERTIFIED if changed and check else DONE


def _format_changes(path: Path, spec: Spec, text: str) -> str:
    old, new = spec.source.text.splitlines(keepends=True), text.splitlines(keepends=True)
    return "".join(difflib.unified_diff(old, new, str(path), f"{path} (canonical)"))
