"""`sem-toolkit diff`."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sem_toolkit.cli.options import WITHOUT_ESTIMATES, WITHOUT_ROWS, JsonOption, require_use, takes_fit_options
from sem_toolkit.cli.output import DONE, build_console, print_record
from sem_toolkit.fit import prepare_schematic
from sem_toolkit.spec import read_spec, require_estimable
from sem_toolkit.spec.difference import compare_tables
from sem_toolkit.spec.difference_texts import build_difference_record, format_difference
from sem_toolkit.spec.levels import separate_levels

if TYPE_CHECKING:
    from sem_toolkit.spec import ParameterTable


@takes_fit_options
def diff(
    before: Annotated[Path, typer.Argument(metavar="A", help="The spec before.")],
    after: Annotated[Path, typer.Argument(metavar="B", help="The spec after.")],
    chosen: Mapping[str, object],
    json: JsonOption = False,
) -> int:
    """Compare what two specs mean: paths added, removed, constrained, freed; change in df; which one is nested."""
    require_use(chosen, WITHOUT_ESTIMATES | WITHOUT_ROWS, "specs are compared, without data or estimates")
    tables = []
    for path in (before, after):
        spec = read_spec(path)
        require_estimable(spec)
        tables.append(prepare_schematic(spec, **chosen).table)
    from sem_toolkit.comparison import compute_relation

    difference = compare_tables(tables[0], tables[1])
    relation = compute_relation(separate_levels(tables[0]), separate_levels(tables[1]))
    if json:
        print_record(build_difference_record(difference) | {"relation": relation})
    else:
        build_console().out(format_difference(difference))
        build_console().out(f"{relation} (A = {before.name}, B = {after.name}){_name_others(tables)}")
    return DONE


def _name_others(tables: "Sequence[ParameterTable]") -> str:
    """Observed variables that only one of two models is about."""
    from sem_toolkit.model import build_model

    first, second = (set(build_model(table).observed) for table in tables)
    parts = [f"{', '.join(sorted(own))} in {name} only" for name, own in zip("AB", (first - second, second - first),
             strict=True) if own]  # fmt: skip
    return f": {'; '.join(parts)}" if parts else ""
