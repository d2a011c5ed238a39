"""The only place that prints: results to standard output, messages to standard error, JSON in one document."""

import json
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

from sem_toolkit.cli.streams import holds_everything
from sem_toolkit.diagnostics import Diagnostic, Source
from sem_toolkit.diagnostics.text import format_diagnostics
from sem_toolkit.files import write_text

if TYPE_CHECKING:
    from sem_toolkit.comparison import Comparison

DONE = 0
NOT_CERTIFIED = 1
WRONG_INPUT = 2
OUR_DEFECT = 3


MOST = 20
"""Messages shown at once: a file that is no spec at all can have thousands."""
WIDE_PAGE = 10_000
"""Columns of output that goes to a file or a pipe: nothing is ever cut off there."""


def build_console() -> Console:
    """A console on standard output; rich leaves colours out where it is no terminal or NO_COLOR is set.

    Names and texts of users are printed as they are, never read as rich's markup or emoji codes.
    """
    width = None if sys.stdout.isatty() else WIDE_PAGE
    return Console(highlight=False, markup=False, emoji=False, width=width)


def print_record(record: Mapping[str, Any]) -> None:
    """Print exactly one JSON document; anything that JSON cannot hold is a defect and raises."""
    plain = not holds_everything(sys.stdout)
    sys.stdout.write(json.dumps(record, ensure_ascii=plain, allow_nan=False, indent=1) + "\n")


def write_receipt(path: Path | None, receipt: Callable[[], Mapping[str, Any]]) -> None:
    """Write a receipt where one is asked for. Raises DataError where the place cannot be written to."""
    if path is not None:
        from sem_toolkit.fit.receipts import format_receipt  # numbers: commands without a fit start without them

        write_text(path, format_receipt(receipt()))


def print_written(*paths: Path | None) -> None:
    """Say on standard error, in one line, which of these files were written; None is none."""
    written = ", ".join(str(path) for path in paths if path is not None)
    if written:
        sys.stderr.write(f"written: {written}\n")


def print_messages(messages: Iterable[Diagnostic], source: Source | None) -> None:
    """Print diagnostics to standard error, each once, with source lines where they have a place; at most MOST."""
    found = list(dict.fromkeys(messages))
    if len(found) > MOST:
        left = f"{len(found) - MOST} more like these; --json has all of them"
        found = [*found[:MOST], Diagnostic("note", "more-messages", left)]
    if found:
        console = Console(stderr=True)
        colour = console.is_terminal and not console.no_color
        sys.stderr.write(format_diagnostics(found, source, colour) + "\n")


def print_comparison_messages(found: "Comparison", notes: Iterable[Diagnostic]) -> None:
    """The notes, then what each model's fit has to say; what is about the data is the same for all, and said once."""
    print_messages(notes, None)
    said: set[Diagnostic] = set()
    for model in found.models:
        if model.fault is not None:
            print_messages(model.fault.diagnostics, model.fault.source)
        if model.fit is not None:
            print_messages([entry for entry in model.fit.messages if entry not in said], model.spec.source)
            said |= {entry for entry in model.fit.messages if entry.span is None}
