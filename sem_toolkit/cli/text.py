"""`sem-toolkit fmt` and `diff`: work on the text of specs."""

import difflib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from sem_toolkit.cli.options import JsonOption, takes_fit_options
from sem_toolkit.cli.output import DONE, NOT_CERTIFIED, build_console, print_record
from sem_toolkit.files import write_text
from sem_toolkit.fit.options import parse_fit_options
from sem_toolkit.spec import Spec, build_parameter_table, read_spec, require_estimable
from sem_toolkit.spec.difference import build_difference_record, compare_tables, format_difference
from sem_toolkit.spec.formatting import format_spec


def fmt(
    specs: Annotated[list[Path], typer.Argument(metavar="SPEC...", help="Specs to lay out anew, in place.")],
    check: Annotated[bool, typer.Option("--check", help="Write nothing; exit with 1 where a layout differs.")] = False,
    diff: Annotated[bool, typer.Option("--diff", help="Write nothing; show what would change.")] = False,
) -> int:
    """Bring specs into the canonical layout; the model and the comments stay as they are."""
    console = build_console()
    pairs = [(path, spec, format_spec(spec)) for path, spec in ((path, read_spec(path)) for path in specs)]
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


@takes_fit_options
def diff(
    before: Annotated[Path, typer.Argument(metavar="A", help="The spec before.")],
    after: Annotated[Path, typer.Argument(metavar="B", help="The spec after.")],
    chosen: Mapping[str, object],
    json: JsonOption = False,
) -> int:
    """Compare what two specs mean: paths added, removed, constrained, freed; change in df; which one is nested."""
    tables = []
    for path in (before, after):
        spec = read_spec(path)
        require_estimable(spec)
        tables.append(build_parameter_table(spec, parse_fit_options(spec.header.options, chosen).table.for_fit()))
    from sem_toolkit.comparison import compute_relation

    difference = compare_tables(tables[0], tables[1])
    relation = compute_relation(tables[0], tables[1])
    if json:
        print_record(build_difference_record(difference) | {"relation": relation})
    else:
        build_console().out(format_difference(difference))
        build_console().out(f"{relation} (A = {before.name}, B = {after.name})")
    return DONE


def _format_changes(path: Path, spec: Spec, text: str) -> str:
    old, new = spec.source.text.splitlines(keepends=True), text.splitlines(keepends=True)
    return "".join(difflib.unified_diff(old, new, str(path), f"{path} (canonical)"))
