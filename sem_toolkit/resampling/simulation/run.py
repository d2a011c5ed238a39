"""Samples drawn, fitted and summed up, chunk by chunk: the same numbers whoever works on which chunk."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass

import numpy as np

from sem_toolkit.comparison.workers import run_all
from sem_toolkit.diagnostics import Diagnostic, OptionError
from sem_toolkit.resampling.simulation.analyses import Analysis, Fitter, SingleFitter
from sem_toolkit.resampling.simulation.outcomes import Outcomes, join_outcomes
from sem_toolkit.resampling.simulation.sampling import Sampling
from sem_toolkit.resampling.simulation.stacked import build_stacked_fitter
from sem_toolkit.resampling.simulation.store import ChunkStore
from sem_toolkit.resampling.simulation.summaries import Summary, Sums, add_sums, sum_outcomes

CHUNK = 250
"""Samples of a chunk: what a worker does at a time, and what an interruption can cost."""
_MOST_VALUES = 4_000_000
"""Values of samples that are in memory at once."""
_ATTEMPTS = 4


@dataclass(frozen=True, eq=False)
class Chunk:
    """Some samples of a simulation: the `place`-th chunk, `draws` of them, of samples with n rows, by the seed."""

    place: int
    draws: int
    n: int
    seed: int

    @property
    def name(self) -> str:
        """Of its file, where it is kept."""
        return f"n{self.n}_seed{self.seed}_{self.place:06d}"

    @property
    def generator(self) -> np.random.Generator:
        """Its own stream, whatever other chunks there are."""
        return np.random.default_rng(np.random.SeedSequence(self.seed, spawn_key=(self.n, self.place)))


@dataclass(frozen=True, eq=False)
class Task:
    """What is done with every chunk: samples are drawn once, and each fitter fits them."""

    sampling: Sampling
    fitters: tuple[Fitter, ...]


def run_chunk(task: Task, chunk: Chunk) -> tuple[Outcomes, ...]:
    """Outcomes of each fitter for the samples of a chunk."""
    rng, sampling = chunk.generator, task.sampling
    size = max(1, min(chunk.draws, _MOST_VALUES // (sampling.n * len(sampling.population.variables))))
    parts = []
    for first in range(0, chunk.draws, size):
        samples = sampling.draw(rng, min(size, chunk.draws - first))
        parts.append([fitter.fit(samples) for fitter in task.fitters])
    return tuple(join_outcomes(own) for own in zip(*parts, strict=True))


def run_simulation(
    sampling: Sampling,
    analyses: Sequence[Analysis],
    replications: int,
    seed: int = 1,
    shares: Sequence[int] = (),
    *,
    alpha: float = 0.05,
    workers: int = 1,
    store: ChunkStore | None = None,
    watch: Callable[[int, int], object] | None = None,
) -> tuple[Summary, ...]:
    """Draw samples and fit every analysis to each: one summary an analysis.

    store  where chunks are kept as they end, and looked for before they are worked on
    watch  hears how many of how many samples are done. Raises OptionError for numbers that make no simulation.
    """
    require_replications(replications)
    fitters = tuple(
        build_stacked_fitter(analysis, sampling, shares) or SingleFitter(analysis, sampling) for analysis in analyses
    )
    chunks = list_chunks(replications, sampling.n, seed)
    found: dict[int, list[Sums]] = {}
    done = 0

    def take(chunk: Chunk, outcomes: Sequence[Outcomes]) -> None:
        nonlocal done
        pairs = zip(outcomes, analyses, strict=True)
        found[chunk.place] = [
            sum_outcomes(own, analysis.truth, alpha, analysis.chosen.level) for own, analysis in pairs
        ]
        done += chunk.draws
        if watch is not None:
            watch(done, replications)

    waiting = []
    for chunk in chunks:
        kept = None if store is None else store.read(chunk.name, chunk.draws, [len(a.quantities) for a in analyses])
        if kept is None:
            waiting.append(chunk)
        else:
            take(chunk, kept)
    for chunk, outcomes in _work(Task(sampling, fitters), waiting, workers):
        if store is not None:
            store.write(chunk.name, outcomes)
        take(chunk, outcomes)
    ordered = [found[place] for place in sorted(found)]
    return tuple(
        Summary(
            analysis, sampling.n, replications, add_sums([part[i] for part in ordered]), alpha, analysis.chosen.level
        )
        for i, analysis in enumerate(analyses)
    )


def _work(task: Task, chunks: Sequence[Chunk], workers: int) -> Iterator[tuple[Chunk, tuple[Outcomes, ...]]]:
    """Outcomes of the chunks as they come; what a worker that was lost had is given to new ones."""
    left = list(chunks)
    for attempt in range(_ATTEMPTS):
        done: set[int] = set()
        try:
            for place, outcomes in run_all(run_chunk, left, workers, task):
                done.add(place)
                yield left[place], outcomes
            return
        except BrokenProcessPool:
            left = [chunk for place, chunk in enumerate(left) if place not in done]
            if attempt == _ATTEMPTS - 1:
                message = f"worker processes were lost {_ATTEMPTS} times"
                hint = "they may need more memory than there is: take fewer workers, or smaller samples"
                raise OptionError(Diagnostic("error", "workers-lost", message, hint=hint)) from None


def list_chunks(replications: int, n: int, seed: int) -> list[Chunk]:
    """The chunks of a simulation; the first ones are the same for any larger number of replications."""
    starts = range(0, replications, CHUNK)
    return [Chunk(place, min(CHUNK, replications - first), n, seed) for place, first in enumerate(starts)]


def require_replications(replications: int) -> None:
    """Raise OptionError for a number that makes no simulation."""
    if replications < 1:
        message = f"there is nothing to learn from {replications} replications"
        raise OptionError(
            Diagnostic("error", "option-value", message, hint="1000 give percentages an error of 1.6 or less")
        )
