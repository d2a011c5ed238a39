"""Samples drawn, fitted and summed up, chunk by chunk: the same numbers whoever works on which chunk."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.diagnostics import Diagnostic, OptionError
from sem_toolkit.resampling.chunks import Chunk, ChunkStore, list_chunks
from sem_toolkit.resampling.executors import collect_chunks
from sem_toolkit.resampling.simulation.analyses import Analysis, Fitter, SingleFitter
from sem_toolkit.resampling.simulation.incomplete import IncompleteFitter, build_incomplete_fitter
from sem_toolkit.resampling.simulation.ordered import OrderedFitter, build_ordered_fitter
from sem_toolkit.resampling.simulation.outcomes import join_outcomes, read_outcomes
from sem_toolkit.resampling.simulation.sampling import Sampling
from sem_toolkit.resampling.simulation.stacked import StackedFitter, build_stacked_fitter
from sem_toolkit.resampling.simulation.summaries import Summary, Sums, add_sums, sum_outcomes

FloatArray = NDArray[np.float64]

CHUNK = 250
"""Samples of a chunk: what a worker does at a time, and what an interruption can cost."""
_MOST_VALUES = 4_000_000
"""Values of samples that are in memory at once."""
_SECONDS: Mapping[type, float] = {
    StackedFitter: 0.0005,
    OrderedFitter: 0.002,
    IncompleteFitter: 0.005,
    SingleFitter: 0.02,
}
"""Seconds of one core that a sample takes at least, fitted with others or alone."""


@dataclass(frozen=True)
class Hands:
    """Who works on the chunks.

    workers  processes of this machine; None: as many as pay
    dask     address of a dask scheduler whose workers do it instead
    store    a folder where chunks are kept as they end, and looked for before they are worked on
    run      what they are of, for the folder
    """

    workers: int | None = 1
    dask: str | None = None
    store: Path | None = None
    run: Mapping[str, object] = field(default_factory=dict)

    def open_store(self, n: int) -> ChunkStore | None:
        """The folder of the samples of a size. Raises OptionError where it is of another run."""
        return None if self.store is None else ChunkStore.open(self.store / f"n{n}", {**self.run, "n": n})


@dataclass(frozen=True, eq=False)
class Task:
    """What is done with every chunk: samples are drawn once, and each fitter fits them."""

    sampling: Sampling
    fitters: tuple[Fitter, ...]


def run_chunk(task: Task, chunk: Chunk) -> dict[str, FloatArray]:
    """Outcomes of each fitter for the samples of a chunk, as arrays."""
    rng, sampling = chunk.generator, task.sampling
    size = max(1, min(chunk.draws, _MOST_VALUES // (sampling.n * len(sampling.population.variables))))
    parts = []
    for first in range(0, chunk.draws, size):
        samples = sampling.draw(rng, min(size, chunk.draws - first))
        parts.append([fitter.fit(samples) for fitter in task.fitters])
    found: dict[str, FloatArray] = {}
    for place, own in enumerate(zip(*parts, strict=True)):
        found |= join_outcomes(own).to_arrays(f"{place}:")
    return found


def run_simulation(
    sampling: Sampling,
    analyses: Sequence[Analysis],
    replications: int,
    seed: int = 1,
    shares: Sequence[int] = (),
    *,
    alpha: float = 0.05,
    hands: Hands | None = None,
    watch: Callable[[int, int], object] | None = None,
) -> tuple[Summary, ...]:
    """Draw samples and fit every analysis to each: one summary an analysis.

    hands  who works on it; None: this process
    watch  hears how many of how many samples are done. Raises OptionError for numbers that make no simulation.
    """
    require_replications(replications)
    fitters = tuple(_build_fitter(analysis, sampling, shares) for analysis in analyses)
    hands = Hands() if hands is None else hands
    store = hands.open_store(sampling.n)
    chunks = list_chunks(replications, CHUNK, seed, (sampling.n,))
    seconds = sum(_SECONDS[type(fitter)] for fitter in fitters)
    task = Task(sampling, fitters)
    found: dict[int, list[Sums]] = {}
    done = 0
    work = collect_chunks(run_chunk, chunks, task, store, workers=hands.workers, seconds=seconds, dask=hands.dask)
    for chunk, arrays, _ in work:
        found[chunk.place] = [
            sum_outcomes(read_outcomes(arrays, f"{place}:"), analysis.truth, alpha, analysis.chosen.level)
            for place, analysis in enumerate(analyses)
        ]
        done += chunk.draws
        if watch is not None:
            watch(done, replications)
    ordered = [found[place] for place in sorted(found)]
    return tuple(
        Summary(
            analysis, sampling.n, replications, add_sums([part[i] for part in ordered]), alpha, analysis.chosen.level
        )
        for i, analysis in enumerate(analyses)
    )


def _build_fitter(analysis: Analysis, sampling: Sampling, shares: Sequence[int]) -> Fitter:
    """What fits the samples all at once where that can be done, and otherwise one by one."""
    return (
        build_stacked_fitter(analysis, sampling, shares)
        or build_incomplete_fitter(analysis, sampling, shares)
        or build_ordered_fitter(analysis, sampling)
        or SingleFitter(analysis, sampling)
    )


def require_replications(replications: int) -> None:
    """Raise OptionError for a number that makes no simulation."""
    if replications < 1:
        message = f"there is nothing to learn from {replications} replications"
        raise OptionError(
            Diagnostic("error", "option-value", message, hint="1000 give percentages an error of 1.6 or less")
        )
