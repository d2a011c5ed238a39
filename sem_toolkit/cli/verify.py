"""`sem-toolkit verify`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sem_toolkit.cli.options import JsonOption
from sem_toolkit.cli.output import DONE, NOT_CERTIFIED, build_console, print_messages, print_record
from sem_toolkit.cli.progress import show_work
from sem_toolkit.report.text_tables import build_frame_table

if TYPE_CHECKING:
    import pandas as pd

    from sem_toolkit.fit.verification import Verification

MOST = 40


def verify(
    receipt: Annotated[Path, typer.Argument(metavar="RECEIPT", help="Written by --receipt, or any --json output.")],
    data: Annotated[
        Path | None, typer.Option("--data", help="The data, where they are not in the file that the receipt names.")
    ] = None,
    json: JsonOption = False,
) -> int:
    """Fit what a receipt is of again: which numbers moved, by how much, and why it may be. Exit code 1: some did."""
    from sem_toolkit.fit.reading_receipts import read_receipt
    from sem_toolkit.fit.verification import TOLERANCE
    from sem_toolkit.fit.verification import verify as verify_receipt

    with show_work("fitting again"):
        found = verify_receipt(read_receipt(receipt), data, receipt.parent)
    if json:
        print_record(found.to_dict())
        return DONE if found.holds else NOT_CERTIFIED
    print_messages(found.reasons, None)
    console = build_console()
    if not found.moved:
        console.print(
            f"Nothing moved: {found.compared} numbers, the largest change {found.largest:.1g} ({TOLERANCE:g} allowed)."
        )
    else:
        console.print(
            f"{len(found.moved)} of {found.compared} numbers moved, relative change up to {found.largest:.3g}."
        )
        console.print(build_frame_table("Numbers that moved, the most first", _build_rows(found)))
        if len(found.moved) > MOST:
            console.print(f"{len(found.moved) - MOST} more; --json has all of them.")
    return DONE if found.holds else NOT_CERTIFIED


def _build_rows(found: "Verification") -> "pd.DataFrame":
    """The first rows with as many digits as it takes to see a change."""
    frame = found.table.head(MOST)
    digits = {"then": ".10g", "now": ".10g", "change": "+.3g"}
    texts = {name: ["" if value != value else format(value, digits[name]) for value in frame[name]] for name in digits}
    return frame.assign(**texts)
