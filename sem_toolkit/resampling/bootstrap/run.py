"""A bootstrap from beginning to end: the fit, its samples chunk by chunk, and what they say of each quantity."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.diagnostics import Diagnostic, EstimationError, OptionError
from sem_toolkit.diagnostics.suggestions import format_suggestion
from sem_toolkit.fit import Fit, Prepared, estimate, prepare
from sem_toolkit.fit.declared import TESTING
from sem_toolkit.fit.idle import require_none_idle
from sem_toolkit.fit.run import parse
from sem_toolkit.resampling.bootstrap.intervals import INTERVALS
from sem_toolkit.resampling.bootstrap.quantities import Quantities
from sem_toolkit.resampling.bootstrap.result import Bootstrap, compute_statistic
from sem_toolkit.resampling.bootstrap.sample_quantities import SampleQuantities
from sem_toolkit.resampling.bootstrap.samples import RESAMPLINGS
from sem_toolkit.resampling.bootstrap.tasks import Task, build_task, fit_without, run_chunk
from sem_toolkit.resampling.chunks import Chunk, ChunkStore, list_chunks
from sem_toolkit.resampling.draw_matrix import allocate_draws
from sem_toolkit.resampling.executors import collect_chunks
from sem_toolkit.spec import Spec

FloatArray = NDArray[np.float64]

UNSEEN = (TESTING | {"rotation_se"}) - {"level"}
"""Options of a fit of which draws show nothing: a header may have them for other commands."""
UNSEEN_BECAUSE = "draws say how estimates vary, and only estimates are looked at"

_CHUNK = 2  # which draws a chunk has: files of another number are not gone on with
_STREAM = 3  # which random numbers the draws of a seed are made of: chunks of another number are not gone on with


@dataclass(frozen=True)
class Hands:
    """Who makes the draws: processes of this machine, or a cluster."""

    workers: int | None = 1
    dask: str | None = None


@dataclass(frozen=True)
class Wanted:
    """What is asked of a bootstrap: see `bootstrap`. Raises OptionError for numbers and words that make none."""

    draws: int = 1000
    resample: str = "ordinary"
    interval: str = "perc"
    seed: int = 1
    standardized: bool = False
    r2: bool = False
    keep_improper: bool = True
    measures: bool = False
    reliability: bool = False

    def __post_init__(self) -> None:
        if self.draws < 2:
            message = f"{self.draws} draws say nothing about how estimates vary"
            raise OptionError(
                Diagnostic("error", "option-value", message, hint="1000 for standard errors, 5000 for intervals")
            )
        for word, known in ((self.resample, RESAMPLINGS), (self.interval, INTERVALS)):
            if word not in known:
                hint = format_suggestion(word, known) or f"there are {', '.join(known)}"
                raise OptionError(Diagnostic("error", "option-value", f"there is no {word!r} bootstrap", hint=hint))


def bootstrap(
    spec: Spec | str | Path,
    data: object = None,
    *,
    draws: int = 1000,
    resample: str = "ordinary",
    interval: str = "perc",
    seed: int = 1,
    standardized: bool = False,
    r2: bool = False,
    measures: bool = False,
    reliability: bool = False,
    keep_improper: bool = True,
    workers: int | None = 1,
    dask: str | None = None,
    store: Path | None = None,
    watch: Callable[[int, int], object] | None = None,
    **options: object,
) -> Bootstrap:
    """Fit a model, and again to `draws` bootstrap samples.

    resample   one of RESAMPLINGS; interval: one of INTERVALS, "bca" with the acceleration of a jackknife
    measures   χ², RMSEA, CFI, TLI and SRMR, too; reliability: α, ω, composite reliability, AVE and HTMT of factors
    workers    processes; None: as many as pay. The draws depend on the seed only, not on who makes them
    dask       address of a dask scheduler that gives the chunks to its workers
    store      a folder that keeps every chunk of draws as it ends, and from which an interrupted run goes on

    Options as for `fit`, but those of UNSEEN. Groups are drawn each by itself, clusters (`cluster`) as wholes. Raises
    OptionError for these and for numbers and words that make no bootstrap, EstimationError where the data themselves
    have no certified optimum.
    """
    require_none_idle(options, UNSEEN, UNSEEN_BECAUSE)
    wanted = Wanted(draws, resample, interval, seed, standardized, r2, keep_improper, measures, reliability)
    prepared = prepare(parse(spec), data, **options)
    prepared = replace(prepared, options=prepared.options.without_resampling)
    return bootstrap_fit(prepared, estimate(prepared), wanted, Hands(workers, dask), store, watch)


def bootstrap_fit(
    prepared: Prepared,
    own: Fit,
    wanted: Wanted,
    hands: Hands | None = None,
    store: Path | None = None,
    watch: Callable[[int, int], object] | None = None,
) -> Bootstrap:
    """The same for a fit that is there: `own` of what was `prepared`, its options without any resampling."""
    if not own.converged:
        raise EstimationError(own.certificate.messages)
    task, free = build_task(prepared, own, wanted.resample)
    asked = _build_asked(task, free, own, wanted)
    task = replace(task, asked=asked)
    keys = frozenset((row.lhs, row.op, row.rhs, row.group) for row in own.table.parameters if row.free)
    quantities = Quantities(free.evaluated.evaluation, keys, wanted.standardized, wanted.r2)
    chunks = list_chunks(wanted.draws, task.chunk_size, wanted.seed, streams=task.streams)
    kept = None if store is None else ChunkStore.open(store, _describe(own, wanted))
    drawn = _Drawn(quantities, len(asked.listed), wanted)
    _run(task, chunks, kept, hands or Hands(), drawn, watch)
    if drawn.count < 2:
        message = f"{drawn.count} of {wanted.draws} draws had an optimum that counts"
        raise EstimationError(Diagnostic("error", "no-optimum", message, hint="look at the model first"))
    without = None
    if wanted.interval == "bca":
        x, more = fit_without(task)
        without = np.concatenate([quantities.compute(x), more], axis=1)
    x = np.asarray(free.solution.x)[None]
    mean, asked_mean = drawn.means
    estimate, centre = quantities.compute(x), quantities.compute(mean[None])
    if asked.listed:
        more = asked.compute(x, np.array([own.solution.discrepancy]), task.whole)
        estimate, centre = np.append(estimate, more, axis=1), np.append(centre, asked_mean[None], axis=1)
    return Bootstrap(
        fit=own,
        quantities=(*quantities.listed, *asked.listed),
        estimate=estimate[0],
        matrix=drawn.matrix,
        verdicts=drawn.verdicts,
        chisq=drawn.discrepancy * compute_statistic(own)[1],
        resample=wanted.resample,
        interval=wanted.interval,
        level=own.options.level,
        seed=wanted.seed,
        centre=centre[0],
        without=without,
        keeps_improper=wanted.keep_improper,
        several=drawn.several,
    )


class _Drawn:
    """What is kept of the chunks: quantities where they can be read one by one, sums, and a verdict a draw."""

    def __init__(self, quantities: Quantities, asked: int, wanted: Wanted) -> None:
        self._quantities, self._asked = quantities, asked
        self._least = 1 if wanted.keep_improper else 2
        self._sums: dict[int, tuple[int, FloatArray, FloatArray]] = {}
        self.matrix = allocate_draws(wanted.draws, len(quantities.listed) + asked)
        self.verdicts = np.zeros(wanted.draws, dtype=np.int8)
        self.several = 0
        self.discrepancy = np.full(wanted.draws, np.nan)

    def take(self, first: int, part: Mapping[str, FloatArray]) -> None:
        """The draws of a chunk, from `first` on."""
        x, size = part["x"], len(part["x"])
        asked = part["asked"] if self._asked else np.zeros((size, 0))
        verdicts = (part["found"] + part["proper"]).astype(np.int8)
        self.verdicts[first : first + size], self.discrepancy[first : first + size] = verdicts, part["discrepancy"]
        self.matrix.write(first, np.append(self._quantities.compute(x), asked, axis=1))
        self.several += int(part["several"].sum())
        counting = verdicts >= self._least
        self._sums[first] = int(counting.sum()), x[counting].sum(axis=0), asked[counting].sum(axis=0)

    @property
    def count(self) -> int:
        """Draws that count."""
        return sum(count for count, _, _ in self._sums.values())

    @property
    def means(self) -> tuple[FloatArray, FloatArray]:
        """Of the parameters and of what else was asked, over the draws that count; chunks are added in their order."""
        ordered = [self._sums[first] for first in sorted(self._sums)]
        x = np.sum([part[1] for part in ordered], axis=0)
        return np.asarray(x / self.count), np.asarray(np.sum([part[2] for part in ordered], axis=0) / self.count)


def _run(
    task: Task,
    chunks: list[Chunk],
    kept: ChunkStore | None,
    hands: Hands,
    into: _Drawn,
    watch: Callable[[int, int], object] | None,
) -> None:
    """Make every chunk, or take it from the store where it is whole there."""
    total, done = sum(chunk.draws for chunk in chunks), 0
    work = collect_chunks(run_chunk, chunks, task, kept, workers=hands.workers, seconds=task.seconds, dask=hands.dask)
    for chunk, part, is_new in work:
        into.take(chunk.place * chunk.size * chunk.streams, part)
        done += chunk.draws
        if is_new and watch is not None:
            watch(done, total)


def _build_asked(task: Task, free: Fit, own: Fit, wanted: Wanted) -> SampleQuantities:
    """What is asked of samples beside their estimates. Raises OptionError where samples are not their moments."""
    named = [name for name in ("measures", "reliability") if getattr(wanted, name)]
    likelihood = own.options.estimation.kind.name == "ML"
    if named and (task.fitter is None or ("measures" in named and not likelihood)):
        message = f"{' and '.join(named)} of draws are there for complete numeric rows, fit measures for ML alone"
        raise OptionError(Diagnostic("error", "option-value", message, hint="leave them out"))
    df, factor = float(own.evaluated.evaluation.df), compute_statistic(own)[1]
    return SampleQuantities(free.solution.model, df, factor, wanted.measures, wanted.reliability)


def _describe(own: Fit, wanted: Wanted) -> dict[str, object]:
    """What tells one run from another."""
    return {
        "spec": own.spec.text,
        "options": {name: str(value) for name, value in sorted(own.options.given.items())},
        "n": own.sample.n,
        "discrepancy": float(own.solution.discrepancy),
        "resample": wanted.resample,
        "seed": wanted.seed,
        "asked": [name for name in ("measures", "reliability") if getattr(wanted, name)],
        "stream": _STREAM,
        "chunk": _CHUNK,
    }
