"""`sem-toolkit improve`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from sem_toolkit.cli.options import (
    INTERVALS,
    DataOption,
    JsonOption,
    ReceiptOption,
    SpecArgument,
    declare_workers,
    require_use,
    takes_fit_options,
)
from sem_toolkit.cli.output import (
    DONE,
    NOT_CERTIFIED,
    build_console,
    print_messages,
    print_record,
    print_written,
    write_receipt,
)
from sem_toolkit.cli.progress import show_progress
from sem_toolkit.comparison.improve.search import KINDS
from sem_toolkit.diagnostics import Diagnostic, OptionError
from sem_toolkit.spec import read_spec

SEARCH = "Search"


@takes_fit_options
def improve(
    spec: SpecArgument,
    chosen: Mapping[str, object],
    data: DataOption = None,
    steps: Annotated[int, typer.Option("--steps", min=1, rich_help_panel=SEARCH, help="At most.")] = 10,
    least_index: Annotated[
        float,
        typer.Option("--least-index", min=0.0, rich_help_panel=SEARCH, help="Smallest modification index that counts."),
    ] = 3.84,
    allow: Annotated[
        str,
        typer.Option(
            "--allow",
            rich_help_panel=SEARCH,
            help=f"What may be added: {', '.join(KINDS)}.",
        ),
    ] = ",".join(KINDS),
    share: Annotated[
        float | None,
        typer.Option("--share", rich_help_panel=SEARCH, help="Of the rows, for the search. Default: 0.5."),
    ] = None,
    folds: Annotated[
        int | None,
        typer.Option(
            "--folds", min=2, rich_help_panel=SEARCH, help="Search all rows, and judge by as many folds left out."
        ),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, rich_help_panel=SEARCH, help="Of how rows are dealt.")] = 1,
    write: Annotated[
        Path | None,
        typer.Option("--write", metavar="DIR", rich_help_panel=SEARCH, help="Keep each step as a spec in this folder."),
    ] = None,
    workers: Annotated[int | None, declare_workers(SEARCH)] = None,
    json: JsonOption = False,
    receipt: ReceiptOption = None,
) -> int:
    """Add what modification indices ask for, step by step, and show on other rows what of it was won by chance."""
    require_use(chosen, INTERVALS | {"se"}, "steps are tested, and no errors or intervals are shown")
    from sem_toolkit.comparison.improve import improve as search
    from sem_toolkit.comparison.improve import write_chain
    from sem_toolkit.report.improvement import build_improvement

    if folds is not None and share is not None:
        message = "--share would do nothing: with --folds all rows are searched, and each fold is left out once"
        raise OptionError(Diagnostic("error", "option-without-effect", message, hint="give one of them"))
    parsed = read_spec(spec)
    words = [word.strip() for word in allow.split(",") if word.strip()]
    with show_progress("searches") as watch:
        found = search(
            parsed, data, steps=steps, least_index=least_index, allowed=words, share=0.5 if share is None else share,
            folds=folds or 0, seed=seed, workers=workers, watch=watch, **chosen,
        )  # fmt: skip
    written = () if write is None else write_chain(found, write, data)
    write_receipt(receipt, lambda: found.to_dict()["receipt"])
    print_written(receipt)
    print_messages(found.given.messages, parsed.source)
    if json:
        print_record(found.to_dict() | {"written": [str(path) for path in written]})
        return DONE if found.certified else NOT_CERTIFIED
    console = build_console()
    for part in build_improvement(found):
        console.print(part)
    if written:
        console.print(f"Written: {', '.join(map(str, written))}")
    return DONE if found.certified else NOT_CERTIFIED
