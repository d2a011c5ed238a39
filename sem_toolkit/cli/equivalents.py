"""`sem-toolkit equivalents`."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sem_toolkit.cli.options import (
    WITHOUT_ESTIMATES,
    WITHOUT_ROWS,
    JsonOption,
    SpecArgument,
    require_use,
    takes_fit_options,
)
from sem_toolkit.cli.output import DONE, NOT_CERTIFIED, build_console, print_messages, print_record
from sem_toolkit.cli.progress import show_progress
from sem_toolkit.diagnostics import Diagnostic, OptionError
from sem_toolkit.libraries import pd
from sem_toolkit.report.compared import spread_paths
from sem_toolkit.report.text_tables import build_frame_table
from sem_toolkit.spec import Spec, read_spec

if TYPE_CHECKING:
    from sem_toolkit.comparison import Comparison, Equivalent


@takes_fit_options
def equivalents(
    spec: SpecArgument,
    chosen: Mapping[str, object],
    data: Annotated[
        Path | None, typer.Option("--data", help="Rows: the equal fit, and the different estimates beside each other.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="How many to list at most.")] = 20,
    only: Annotated[
        str | None, typer.Option("--only", help="measurement (other factors) or structure (other directions).")
    ] = None,
    write: Annotated[Path | None, typer.Option("--write", help="A folder to write each of them into.")] = None,
    json: JsonOption = False,
) -> int:
    """List models that no data can tell from this one: other directions, other factors. Needs no data."""
    from sem_toolkit.comparison import find_equivalents, write_equivalents
    from sem_toolkit.comparison.equivalents import FAMILIES

    families = [family for family in FAMILIES if only in (None, family)]
    if not families:
        message = f'--only cannot be "{only}"'
        raise OptionError(Diagnostic("error", "option-value", message, hint=f"one of: {', '.join(FAMILIES)}"))
    if data is None:
        require_use(chosen, WITHOUT_ESTIMATES | WITHOUT_ROWS, "nothing is fitted without --data")
    parsed = read_spec(spec)
    found = find_equivalents(parsed, limit, families, **chosen)
    paths = [""] * len(found) if write is None else list(map(str, write_equivalents(found, write, spec.stem)))
    fitted = None if data is None else _fit_all(parsed, found, data, chosen)
    done = DONE if fitted is None or fitted.models[0].certified else NOT_CERTIFIED
    if json:
        entries = [
            {
                "changes": list(entry.changes), "family": entry.family, "caveat": entry.caveat,
                "spec": entry.spec.text, "file": path or None,
            }
            for entry, path in zip(found, paths, strict=True)
        ]  # fmt: skip
        record: dict[str, object] = {"equivalents": entries, "complete": len(found) < limit}
        print_record(record if fitted is None else record | {"comparison": fitted.to_dict()})
        return done
    table = pd.DataFrame(
        {
            "": range(1, len(found) + 1),
            "what it claims instead": ["; ".join(e.changes) for e in found],
            "the same fit": [entry.caveat or "always" for entry in found],
        }
    )
    if write is not None:
        table["file"] = paths
    console = build_console()
    console.print(build_frame_table("Equivalent models: no data can tell them from the given one", table))
    if len(found) == limit:
        console.print(f"The first {limit}; there may be more (--limit).")
    if fitted is not None:
        shown = fitted.table[["model", "verdict", "chisq", "df", "cfi", "rmsea", "srmr"]]
        console.print(build_frame_table("The fit is the same", shown))
        console.print(build_frame_table("The estimates are not: estimate [interval]", spread_paths(fitted.paths)))
        print_messages(fitted.messages, None)
    return done


def _fit_all(given: Spec, found: "Sequence[Equivalent]", data: Path, chosen: Mapping[str, object]) -> "Comparison":
    """The given model and its equivalents, by their numbers, fitted to the same rows."""
    from sem_toolkit.comparison import compare

    specs = {"given": given} | {str(number): entry.spec for number, entry in enumerate(found, start=1)}
    with show_progress("models") as watch:
        return compare(specs, data, workers=None, watch=watch, **chosen)
