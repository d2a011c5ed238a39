"""Who works on chunks: this process, processes of its own, or a dask cluster. The numbers are the same."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.comparison.workers import choose_workers, run_all, work
from sem_toolkit.diagnostics import Diagnostic, OptionError, build_missing_package
from sem_toolkit.resampling.chunks import Chunk, ChunkStore

FloatArray = NDArray[np.float64]
Shared = TypeVar("Shared")
Item = TypeVar("Item")
Result = TypeVar("Result")

_PATIENCE = 10.0
"""Seconds until a scheduler that does not answer is given up."""
_RETRIES = 3
"""How often the chunk of a worker that is lost is given to another one."""


def collect_chunks(
    function: Callable[[Shared, Chunk], dict[str, FloatArray]],
    chunks: Sequence[Chunk],
    shared: Shared,
    store: ChunkStore | None,
    *,
    workers: int | None,
    seconds: float,
    dask: str | None = None,
) -> Iterator[tuple[Chunk, dict[str, FloatArray], bool]]:
    """Every chunk, what it gives and whether that was made: what a store has whole, then the others, which it keeps.

    seconds  what a draw takes of one core; the other arguments are those of `run_chunks`
    """
    there = set() if store is None else set(store.list_done())
    waiting = []
    for chunk in chunks:
        part = store.read(chunk.place) if store is not None and chunk.place in there else {}
        if part and len(next(iter(part.values()))) == chunk.draws:
            yield chunk, part, False
        else:
            waiting.append(chunk)
    total = seconds * sum(chunk.draws for chunk in waiting)
    for place, part in run_chunks(function, waiting, shared, workers=workers, seconds=total, dask=dask):
        if store is not None:
            store.write(waiting[place].place, part)
        yield waiting[place], part, True


def run_chunks(
    function: Callable[[Shared, Item], Result],
    items: Sequence[Item],
    shared: Shared,
    *,
    workers: int | None,
    seconds: float,
    dask: str | None = None,
) -> Iterator[tuple[int, Result]]:
    """Place and result of every item, as they come.

    function  a function of a module, called with what is shared and an item
    workers   processes; None: as many as pay, where the whole takes so many `seconds` of one core
    dask      address of a dask scheduler (tcp://host:8786), whose workers have this package; None: this machine
    """
    if dask is not None:
        yield from _run_on_cluster(function, items, shared, dask)
        return
    left = list(range(len(items)))
    for attempt in range(_RETRIES + 1):
        done: set[int] = set()
        try:
            for number, result in run_all(function, [items[i] for i in left], choose_workers(workers, seconds), shared):
                done.add(number)
                yield left[number], result
            return
        except BrokenProcessPool:
            left = [place for number, place in enumerate(left) if number not in done]
            if attempt == _RETRIES:
                message = f"processes were lost {_RETRIES + 1} times while they worked on {len(left)} chunks"
                hint = "they may need more memory than there is: take fewer workers"
                raise OptionError(Diagnostic("error", "workers-lost", message, hint=hint)) from None


def _run_on_cluster(
    function: Callable[[Shared, Item], Result], items: Sequence[Item], shared: Shared, address: str
) -> Iterator[tuple[int, Result]]:
    try:
        from distributed import Client, as_completed
    except ModuleNotFoundError:
        raise OptionError(build_missing_package("a cluster", "distributed", "cluster")) from None
    client: Any
    try:
        client = Client(address, timeout=_PATIENCE)  # type: ignore[no-untyped-call]
    except (OSError, ValueError, TimeoutError) as problem:
        message = f"no dask scheduler answers at {address}: {problem}"
        hint = "start one with `dask scheduler`, and workers with `dask worker ADDRESS`"
        raise OptionError(Diagnostic("error", "unreachable-cluster", message, hint=hint)) from None
    with client:
        sent = client.scatter(shared, broadcast=True)
        waiting = {
            client.submit(work, function, sent, item, pure=False, retries=_RETRIES): place
            for place, item in enumerate(items)
        }
        for done in as_completed(waiting):  # type: ignore[no-untyped-call]
            yield waiting[done], done.result()
