"""What is seen on standard error while something takes long; nothing where that is no terminal."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console

_PATIENCE = 1.0
"""Seconds after which work is shown: what ends sooner is not to flicker."""


class Watch(Protocol):
    """What is told how many of how many are done, and what is done next where that changes."""

    def __call__(self, done: int, total: int, what: str | None = None) -> None: ...


@contextmanager
def show_progress(what: str) -> Iterator[Watch]:
    """A bar for what is counted."""
    console = Console(stderr=True)
    if not console.is_terminal:  # rich would end an invisible bar with an empty line
        yield lambda done, total, what=None: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total, what=None: bar.update(task, completed=done, total=total, description=what)


@contextmanager
def show_work(what: str) -> Iterator[None]:
    """The time that has gone, for what cannot be counted; from a second on."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield
        return
    from threading import Timer

    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    bar = Progress(
        SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn(), console=console, transient=True
    )
    bar.add_task(what, total=None)
    later = Timer(_PATIENCE, bar.start)
    later.daemon = True
    later.start()
    try:
        yield
    finally:
        later.cancel()
        later.join()
        bar.stop()
