"""Many fits at once: in this process, or in several of their own where that pays."""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from multiprocessing import get_context, parent_process
from threading import Thread
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from threadpoolctl import threadpool_limits

Shared = TypeVar("Shared")
Item = TypeVar("Item")
Result = TypeVar("Result")

STARTING = 1.5
"""Seconds that it takes until processes of their own are at work."""
_sent: dict[str, Any] = {}
"""In a worker: the function and what its calls share, sent once at its start."""


def run_all(
    function: Callable[[Shared, Item], Result], items: Sequence[Item], workers: int, shared: Shared
) -> Iterator[tuple[int, Result]]:
    """Place and result of every item, as they come.

    function  a function of a module, called with what is shared and an item: both travel to the workers, as does what
              it gives back
    workers   1: in this process
    """
    if workers <= 1 or len(items) < 2:
        for place, item in enumerate(items):
            yield place, work(function, shared, item)
        return
    context = get_context("spawn")
    with ProcessPoolExecutor(min(workers, len(items)), context, _prepare_worker, (function, shared)) as pool:
        with _hide_program(), _hold_interrupts():
            waiting = {pool.submit(_call, item): place for place, item in enumerate(items)}
        try:
            for done in as_completed(waiting):
                yield waiting[done], done.result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def work(function: Callable[[Shared, Item], Result], shared: Shared, item: Item) -> Result:
    """What the function gives, the same to the last digit wherever it is called: by one BLAS thread."""
    with limit_blas():
        return function(shared, item)


def limit_blas() -> "threadpool_limits":
    """One BLAS thread from now on, or within this: several share products out, and the last digit depends on how."""
    import scipy.linalg.lapack  # noqa: F401 (it has a BLAS of its own, which is limited only when it is there)
    from threadpoolctl import threadpool_limits

    return threadpool_limits(limits=1, user_api="blas")


def choose_workers(wanted: int | None, seconds: float) -> int:
    """As many as wanted; by default one a core where the work, in seconds of one core, is worth their start."""
    if wanted is not None:
        return wanted
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return cores if cores > 1 and seconds * (1 - 1 / cores) > 2 * STARTING else 1


def measure(function: Callable[[], Result]) -> tuple[Result, float]:
    """The result, and how many seconds it took."""
    start = time.perf_counter()
    result = function()
    return result, time.perf_counter() - start


@contextmanager
def _hide_program() -> Iterator[None]:
    """Start processes within this: they then do not run the program itself again, which has nothing that they need.

    Without it every script that fits models would have to be written with `if __name__ == "__main__":`.
    """
    program = sys.modules["__main__"]
    kept = {name: vars(program)[name] for name in ("__file__", "__spec__") if name in vars(program)}
    try:
        for name in kept:
            setattr(program, name, None)
        yield
    finally:
        for name, value in kept.items():
            setattr(program, name, value)


@contextmanager
def _hold_interrupts() -> Iterator[None]:
    """Start processes within this: Ctrl-C, which reaches all of them, waits until they and this one can heed it.

    A process that is still loading would end with a page of complaints.
    """
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _prepare_worker(function: Callable[..., Any], shared: Any) -> None:
    """One BLAS thread a process: the matrices are small, and the cores are taken."""
    signal.signal(signal.SIGINT, lambda *_: os._exit(1))
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    Thread(target=_end_with_parent, daemon=True).start()
    limit_blas()
    _sent.update(function=function, shared=shared)


def _end_with_parent() -> None:
    """A parent that was killed tells its workers nothing, and each would wait for ever for the next item."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _call(item: Any) -> Any:
    return _sent["function"](_sent["shared"], item)
