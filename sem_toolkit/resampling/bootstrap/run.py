"""A bootstrap from beginning to end: the fit, its samples chunk by chunk, and what they say of each quantity."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.diagnostics import DataError, Diagnostic, EstimationError, OptionError
from sem_toolkit.diagnostics.suggestions import format_suggestion
from sem_toolkit.fit import Fit, Prepared, estimate, prepare
from sem_toolkit.fit.options import parse_fit_options
from sem_toolkit.fit.prepared import get_header_options
from sem_toolkit.resampling.bootstrap.fitting import STACKED, Fitted, MomentFitter
from sem_toolkit.resampling.bootstrap.incomplete import IncompleteFitter, build_incomplete
from sem_toolkit.resampling.bootstrap.intervals import INTERVALS, build_limits, compute_acceleration
from sem_toolkit.resampling.bootstrap.quantities import Quantities, Quantity
from sem_toolkit.resampling.bootstrap.rows import RowFitter
from sem_toolkit.resampling.bootstrap.samples import RESAMPLINGS, Drawing, GroupRows, build_drawings, number_clusters
from sem_toolkit.resampling.chunks import Chunk, ChunkStore, list_chunks
from sem_toolkit.resampling.executors import run_chunks
from sem_toolkit.spec import Spec, parse_spec, read_spec

if TYPE_CHECKING:
    import pandas as pd

FloatArray = NDArray[np.float64]

_STACKED_DRAW, _PATTERNS_DRAW, _SINGLE_DRAW = 3e-4, 5e-3, 0.05  # seconds, about
STACK, PATTERNS, SINGLE = 500, 100, 20
"""Draws of a chunk, fitted at once from moments or from patterns of rows, or one by one: what a worker does at a time,
and what an interruption can cost."""


@dataclass(frozen=True, eq=False)
class Task:
    """What is done with every chunk: moments of samples drawn and fitted at once, or rows drawn and fitted singly."""

    fitter: MomentFitter | None
    groups: tuple[GroupRows, ...]
    implied: tuple[FloatArray, FloatArray | None]
    resample: str
    rows: RowFitter | IncompleteFitter | None = None

    def draw_and_fit(self, rng: np.random.Generator, draws: int) -> Fitted:
        """Estimates of so many samples."""
        if self.fitter is None:
            assert self.rows is not None  # noqa: S101 (one of the two is there)
            return self.rows.draw_and_fit(rng, draws)
        drawn = [draw(rng, draws) for draw in self._drawings]
        covariance, mean, n = (np.stack(parts, axis=1) for parts in zip(*drawn, strict=True))
        return self.fitter.fit(covariance, mean, n)

    @property
    def chunk_size(self) -> int:
        """Draws of a chunk."""
        if isinstance(self.rows, IncompleteFitter):
            return PATTERNS
        return STACK if self.fitter is not None and self.fitter.is_stackable else SINGLE

    @property
    def seconds(self) -> float:
        """What a draw takes, about."""
        if isinstance(self.rows, IncompleteFitter):
            return _PATTERNS_DRAW
        return _STACKED_DRAW if self.fitter is not None and self.fitter.is_stackable else _SINGLE_DRAW

    @property
    def _drawings(self) -> tuple[Drawing, ...]:
        return build_drawings(self.groups, self.implied, self.resample)


def run_chunk(task: Task, chunk: Chunk) -> dict[str, FloatArray]:
    """What is kept of the samples of a chunk."""
    found = task.draw_and_fit(chunk.generator, chunk.draws)
    return {
        "x": found.x,
        "discrepancy": found.discrepancy,
        "found": found.found.astype(np.float64),
        "proper": found.proper.astype(np.float64),
    }


@dataclass(frozen=True, eq=False)
class Bootstrap:
    """The draws of a fit and what they say.

    fit        of the data themselves; quantities: of the same model without anything taken from the sample
    estimate   the quantities (k) at the estimate; draws: b × k, NaN where a sample had no optimum
    verdicts   b: 2 a proper optimum, 1 an improper one, 0 none
    chisq      b: the statistic of each sample, by the minimum of its discrepancy; NaN where rows are incomplete and
               fitted at once, as it would need the saturated model of each sample
    centre     k: the quantities at the mean of the parameters over the draws that count
    without    units × k: the same without one row (or cluster) each, for the acceleration; None where not asked for
    """

    fit: Fit
    quantities: tuple[Quantity, ...]
    estimate: FloatArray
    draws: FloatArray
    verdicts: NDArray[np.int8]
    chisq: FloatArray
    resample: str
    interval: str
    level: float
    seed: int
    centre: FloatArray
    without: FloatArray | None = None
    keeps_improper: bool = True

    @cached_property
    def kept(self) -> FloatArray:
        """The draws that count."""
        least = 1 if self.keeps_improper else 2
        return self.draws[self.verdicts >= least]

    @cached_property
    def table(self) -> "pd.DataFrame":
        """One row a quantity: lhs op rhs group label scale est se bias ci.lower ci.upper draws.

        se is the standard deviation over draws, with their number as divisor, as in lavaan; bias: mean less estimate.
        """
        import pandas as pd

        a = None if self.without is None else compute_acceleration(self.without)
        lower, upper = build_limits(self.kept, self.estimate, self.level, self.interval, a, self.centre)
        with np.errstate(invalid="ignore"):
            mean, spread = np.nanmean(self.kept, axis=0), np.nanstd(self.kept, axis=0)
        names = ("lhs", "op", "rhs", "group", "label", "scale")
        columns: dict[str, Any] = {name: [getattr(q, name) for q in self.quantities] for name in names}
        columns |= {"est": self.estimate, "se": spread, "bias": mean - self.estimate}
        columns |= {"ci.lower": lower, "ci.upper": upper, "draws": np.isfinite(self.kept).sum(axis=0)}
        return pd.DataFrame(columns)

    @property
    def counts(self) -> Mapping[str, int]:
        """How the draws ended."""
        names = ("without an optimum", "improper", "proper")
        return {name: int((self.verdicts == value).sum()) for value, name in enumerate(names)}

    @property
    def pvalue(self) -> float:
        """Share of samples with a larger statistic than the data's, after Bollen & Stine; NaN for other samples."""
        own = self.chisq[np.isfinite(self.chisq)]
        if self.resample != "bollen.stine" or not len(own):
            return float("nan")
        return float((own > self.statistic).mean())

    @property
    def statistic(self) -> float:
        """The statistic of the data, by the minimum of the discrepancy."""
        return _compute_statistic(self.fit)[0]

    @property
    def messages(self) -> tuple[Diagnostic, ...]:
        """Draws that do not count, or count less."""
        counts, found = self.counts, []
        if counts["without an optimum"]:
            message = f"{counts['without an optimum']} of {len(self.verdicts)} draws had no optimum and do not count"
            found.append(Diagnostic("warning", "draws-without-optimum", message))
        if counts["improper"]:
            used = "they count" if self.keeps_improper else "they do not count"
            message = f"{counts['improper']} of {len(self.verdicts)} draws were improper (a negative variance): {used}"
            found.append(Diagnostic("note", "improper-draws", message, hint="--improper keep or drop"))
        return tuple(found)

    def to_dict(self) -> dict[str, Any]:
        """The table as records, with what it was made by."""
        records = self.table.replace({np.nan: None}).to_dict("records")
        p = self.pvalue
        return {
            "quantities": records,
            "counts": self.counts,
            "resample": self.resample,
            "interval": self.interval,
            "level": self.level,
            "seed": self.seed,
            "bollen_stine": None if np.isnan(p) else {"stat": self.statistic, "pvalue": p},
        }


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
    keep_improper: bool = True,
    workers: int | None = 1,
    dask: str | None = None,
    store: Path | None = None,
    watch: Callable[[int, int], object] | None = None,
    **options: object,
) -> Bootstrap:
    """Fit a model, and again to `draws` bootstrap samples.

    resample   one of RESAMPLINGS; interval: one of INTERVALS, "bca" with the acceleration of a jackknife
    workers    processes; None: as many as pay. The draws depend on the seed only, not on who makes them
    dask       address of a dask scheduler that gives the chunks to its workers
    store      a folder that keeps every chunk of draws as it ends, and from which an interrupted run goes on

    Options as for `fit`. Groups are drawn each by itself, clusters (`cluster`) as wholes. Raises OptionError for
    numbers and words that make no bootstrap, EstimationError where the data themselves have no certified optimum.
    """
    _require_choices(draws, resample, interval)
    parsed = spec if isinstance(spec, Spec) else read_spec(spec) if isinstance(spec, Path) else parse_spec(spec)
    prepared = prepare(parsed, data, **options)
    own = estimate(prepared)
    if not own.converged:
        raise EstimationError(own.certificate.messages)
    task, free = _build_task(prepared, own, resample, options)
    keys = frozenset((row.lhs, row.op, row.rhs, row.group) for row in own.table.parameters if row.free)
    quantities = Quantities(free.evaluated.evaluation, keys, standardized, r2)
    chunks = list_chunks(draws, task.chunk_size, seed)
    kept = None if store is None else ChunkStore.open(store, _describe(parsed, own, resample, seed))
    parts = _run(task, chunks, kept, Hands(workers, dask), watch)
    found = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    verdicts = (found["found"] + found["proper"]).astype(np.int8)
    counting = found["x"][verdicts >= (1 if keep_improper else 2)]
    if len(counting) < 2:
        message = f"{len(counting)} of {draws} draws had an optimum that counts"
        raise EstimationError(Diagnostic("error", "no-optimum", message, hint="look at the model first"))
    without = None
    if interval == "bca":
        without = quantities.compute(_fit_without(task, own))
    return Bootstrap(
        fit=own,
        quantities=quantities.listed,
        estimate=quantities.compute(np.asarray(free.solution.x)[None])[0],
        draws=quantities.compute(found["x"]),
        verdicts=verdicts,
        chisq=found["discrepancy"] * _compute_statistic(own)[1],
        resample=resample,
        interval=interval,
        level=own.options.level,
        seed=seed,
        centre=quantities.compute(counting.mean(axis=0)[None])[0],
        without=without,
        keeps_improper=keep_improper,
    )


@dataclass(frozen=True)
class Hands:
    """Who makes the draws: processes of this machine, or a cluster."""

    workers: int | None
    dask: str | None


def _run(
    task: Task,
    chunks: list[Chunk],
    kept: ChunkStore | None,
    hands: Hands,
    watch: Callable[[int, int], object] | None,
) -> list[dict[str, FloatArray]]:
    """What every chunk gives, in order; what a store has already is not made again."""
    found = {} if kept is None else {place: kept.read(place) for place in kept.list_done() if place < len(chunks)}
    waiting = [chunk for chunk in chunks if chunk.place not in found]
    total, done = sum(chunk.draws for chunk in chunks), sum(chunks[place].draws for place in found)
    seconds = total * task.seconds
    work = run_chunks(run_chunk, waiting, task, workers=hands.workers, seconds=seconds, dask=hands.dask)
    for place, result in work:
        chunk = waiting[place]
        if kept is not None:
            kept.write(chunk.place, result)
        found[chunk.place] = result
        done += chunk.draws
        if watch is not None:
            watch(done, total)
    return [found[place] for place in sorted(found)]


def _build_task(prepared: Prepared, own: Fit, resample: str, options: Mapping[str, object]) -> tuple[Task, Fit]:
    """What draws and fits, and the fit whose model it is: one that takes nothing from the sample."""
    groups = own.sample.groups
    plain = (
        own.options.estimation.kind.name in STACKED
        and own.solution.model.responses is None
        and own.rotation is None
        and all(group.data is not None and group.saturated is None for group in groups)
        and all(group.design is None or group.design.weights is None for group in groups)
    )
    if not plain:
        if resample != "ordinary":
            message = (
                f"{resample} samples are made of complete numeric rows without weights, by ML, GLS or ULS, and for "
                "models without rotated blocks"
            )
            raise OptionError(Diagnostic("error", "option-value", message, hint="--resample ordinary"))
        rows = _build_rows(prepared, own)
        return Task(None, (), (np.zeros(0), None), resample, build_incomplete(rows) or rows), own
    free = own
    if any(row.exo for row in own.table.parameters):
        given = parse_fit_options(get_header_options(prepared.spec), options, {"fixed_x": False})
        free = estimate(prepared.with_equalities(given))
    model = free.solution.model
    order = [own.sample.variables.index(name) for name in model.observed]
    members = []
    for group in groups:
        assert group.data is not None  # noqa: S101 (looked at above)
        clusters = None if group.design is None else group.design.clusters
        numbered = None if clusters is None else number_clusters(np.asarray(clusters))
        members.append(GroupRows(np.asarray(group.data)[:, order], numbered))
        _require_rows(group.label, len(members[-1].sizes))
    at = free.evaluated.evaluation.moments
    fitter = MomentFitter(model, tuple(m.n for m in members), np.asarray(free.solution.x), own.options.estimation)
    return Task(fitter, tuple(members), (at.covariance, at.mean), resample), free


def _build_rows(prepared: Prepared, own: Fit) -> RowFitter:
    """Rows by group, or clusters by group, as the data have them."""
    frame = prepared.frame
    if frame is None:
        message = "a bootstrap draws rows, and there are none"
        raise DataError(Diagnostic("error", "no-rows", message, hint="give data, not moments"))
    column = own.options.group
    labels = np.zeros(len(frame), dtype=np.intp)
    if column is not None:
        labels = np.unique(frame[column].astype(str), return_inverse=True)[1]
    strata = tuple(np.flatnonzero(labels == place) for place in range(int(labels.max()) + 1))
    for number, rows in enumerate(strata):
        _require_rows(str(number + 1), len(rows))
    cluster = own.options.cluster
    if cluster is None:
        return RowFitter(prepared, own, strata)
    codes = np.unique(frame[cluster].astype(str), return_inverse=True)[1]
    members = tuple(tuple(rows[codes[rows] == code] for code in np.unique(codes[rows])) for rows in strata)
    return RowFitter(prepared, own, strata, members)


def _require_rows(label: str, units: int) -> None:
    if units < 2:
        where = f"group {label!r}" if label else "the data"
        message = f"{where} has one row: every draw of it would be the same"
        raise DataError(Diagnostic("error", "too-few-rows", message, hint="leave the group out"))


def _fit_without(task: Task, own: Fit) -> FloatArray:
    """Estimates without one unit each (units × q)."""
    if isinstance(task.rows, IncompleteFitter):
        return task.rows.fit_without().x
    if task.fitter is None:
        message = (
            "the acceleration of BCa intervals needs estimates without each row, which this estimator is too slow for"
        )
        raise OptionError(Diagnostic("error", "option-value", message, hint='"bca.simple" corrects the bias only'))
    whole = [group.compute_moments(np.ones((1, len(group.sizes)))) for group in task.groups]
    parts = []
    for place, group in enumerate(task.groups):
        covariance, mean, n = group.compute_moments_without()
        stacked = []
        for other, moments in enumerate(whole):
            own_moments = (covariance, mean, n) if other == place else [np.repeat(m, len(n), axis=0) for m in moments]
            stacked.append(own_moments)
        arrays = [np.stack([entry[k] for entry in stacked], axis=1) for k in range(3)]
        parts.append(task.fitter.fit(*arrays).x)
    return np.concatenate(parts)


def _compute_statistic(own: Fit) -> tuple[float, float]:
    """The statistic of the data by the minimum of the discrepancy, and what a minimum is multiplied by for that."""
    factor = 2.0 * own.sample.n if own.options.estimation.kind.name == "ML" else own.sample.n - len(own.sample.groups)
    return float(own.solution.discrepancy) * factor, float(factor)


def _describe(spec: Spec, own: Fit, resample: str, seed: int) -> dict[str, object]:
    """What tells one run from another."""
    return {
        "spec": spec.text,
        "options": {name: str(value) for name, value in sorted(own.options.given.items())},
        "n": own.sample.n,
        "discrepancy": float(own.solution.discrepancy),
        "resample": resample,
        "seed": seed,
    }


def _require_choices(draws: int, resample: str, interval: str) -> None:
    if draws < 2:
        message = f"{draws} draws say nothing about how estimates vary"
        raise OptionError(
            Diagnostic("error", "option-value", message, hint="1000 for standard errors, 5000 for intervals")
        )
    for word, known in ((resample, RESAMPLINGS), (interval, INTERVALS)):
        if word not in known:
            hint = format_suggestion(word, known) or f"there are {', '.join(known)}"
            raise OptionError(Diagnostic("error", "option-value", f"there is no {word!r} bootstrap", hint=hint))
