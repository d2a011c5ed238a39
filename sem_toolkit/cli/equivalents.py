"""`sem-toolkit equivalents`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import pandas as pd
import typer

from sem_toolkit.cli.options import JsonOption, SpecArgument, takes_fit_options
from sem_toolkit.cli.output import DONE, build_console, print_record
from sem_toolkit.report.text_tables import build_frame_table
from sem_toolkit.spec import read_spec


@takes_fit_options
def equivalents(
    spec: SpecArgument,
    chosen: Mapping[str, object],
    limit: Annotated[int, typer.Option("--limit", min=1, help="How many to list at most.")] = 20,
    write: Annotated[Path | None, typer.Option("--write", help="A folder to write each of them into.")] = None,
    json: JsonOption = False,
) -> int:
    """List models that no data can tell from this one: other directions in its structural part. Needs no data."""
    from sem_toolkit.comparison import find_equivalents, write_equivalents

    found = find_equivalents(read_spec(spec), limit, **chosen)
    paths = [""] * len(found) if write is None else list(map(str, write_equivalents(found, write, spec.stem)))
    if json:
        entries = [
            {"changes": list(entry.changes), "spec": entry.spec.text, "file": path or None}
            for entry, path in zip(found, paths, strict=True)
        ]
        print_record({"equivalents": entries, "complete": len(found) < limit})
        return DONE
    table = pd.DataFrame(
        {"": range(1, len(found) + 1), "what it claims instead": ["; ".join(e.changes) for e in found]}
    )
    if write is not None:
        table["file"] = paths
    console = build_console()
    console.print(build_frame_table("Equivalent models: the same fit to any data", table))
    if len(found) == limit:
        console.print(f"The first {limit}; there may be more (--limit).")
    return DONE
