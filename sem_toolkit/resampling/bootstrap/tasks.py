"""What is done with every chunk of draws, and how that follows from a fit."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.diagnostics import DataError, Diagnostic, OptionError
from sem_toolkit.fit import Fit, Prepared, estimate
from sem_toolkit.fit.options import parse_fit_options
from sem_toolkit.resampling.bootstrap.fitting import STACKED, Fitted, MomentFitter
from sem_toolkit.resampling.bootstrap.incomplete import IncompleteFitter, build_incomplete
from sem_toolkit.resampling.bootstrap.ordered import OrderedFitter, build_ordered
from sem_toolkit.resampling.bootstrap.rows import RowFitter
from sem_toolkit.resampling.bootstrap.sample_quantities import SampleMoments, SampleQuantities
from sem_toolkit.resampling.bootstrap.samples import Drawing, GroupRows, build_drawings, number_clusters
from sem_toolkit.resampling.chunks import Chunk

FloatArray = NDArray[np.float64]
CountFitter = IncompleteFitter | OrderedFitter
"""What fits samples at once by how often they count every row."""

_STACKED_DRAW, _PATTERNS_DRAW, _SINGLE_DRAW = 1e-4, 5e-3, 0.05  # seconds, about
STACK, PATTERNS, SINGLE = 1000, 250, 20
"""Draws of a stream, fitted at once from moments, from patterns or tables of rows, or one by one."""
_STREAMS, _SMALL = 8, 512
"""Streams of a chunk, which is what a worker does at a time and an interruption can cost, where a sample has no more
numbers than this."""


@dataclass(frozen=True, eq=False)
class Task:
    """What is done with every chunk: moments of samples drawn and fitted at once, or rows drawn and fitted singly."""

    fitter: MomentFitter | None
    groups: tuple[GroupRows, ...]
    implied: tuple[FloatArray, FloatArray | None]
    resample: str
    rows: RowFitter | CountFitter | None = None
    asked: SampleQuantities | None = None

    def draw_and_fit(self, chunk: Chunk) -> tuple[Fitted, FloatArray]:
        """Estimates of the samples of a chunk, and what else was asked of these (b × k)."""
        if self.fitter is None:
            assert self.rows is not None  # noqa: S101 (one of the two is there)
            return self.rows.draw_and_fit(chunk.generator, chunk.draws), np.zeros((chunk.draws, 0))
        drawings = self._drawings
        drawn = [[draw(rng, draws) for draw in drawings] for rng, draws in chunk.parts]
        moments = zip(*(zip(*own, strict=True) for own in drawn), strict=True)
        return self.fit_moments(SampleMoments(*(_stack(parts) for parts in moments)))

    def fit_moments(self, sample: SampleMoments) -> tuple[Fitted, FloatArray]:
        """The same of samples with these moments."""
        assert self.fitter is not None  # noqa: S101 (samples are moments)
        found = self.fitter.fit(sample.covariance, sample.mean, sample.n)
        return found, self.ask(found.x, found.discrepancy, sample)

    def ask(self, x: FloatArray, discrepancy: FloatArray, sample: SampleMoments) -> FloatArray:
        """What is asked of samples beside their estimates (b × k)."""
        return np.zeros((len(x), 0)) if self.asked is None else self.asked.compute(x, discrepancy, sample)

    @property
    def whole(self) -> SampleMoments:
        """The moments of all rows, as those of one sample."""
        parts = [group.compute_moments(np.ones((1, len(group.sizes)))) for group in self.groups]
        return SampleMoments(*(np.stack(own, axis=1) for own in zip(*parts, strict=True)))

    @property
    def chunk_size(self) -> int:
        """Draws of a stream of random numbers, of which chunks are made."""
        if isinstance(self.rows, CountFitter):
            return PATTERNS
        return STACK if self.fitter is not None and self.fitter.is_stackable else SINGLE

    @property
    def streams(self) -> int:
        """Streams of a chunk: more where samples are small, so that few searches that take long wait for each other."""
        stackable = self.fitter is not None and self.fitter.is_stackable
        return _STREAMS if stackable and sum(group.rows.shape[1] ** 2 for group in self.groups) <= _SMALL else 1

    @property
    def seconds(self) -> float:
        """What a draw takes, about."""
        if isinstance(self.rows, CountFitter):
            return _PATTERNS_DRAW
        return _STACKED_DRAW if self.fitter is not None and self.fitter.is_stackable else _SINGLE_DRAW

    @property
    def _drawings(self) -> tuple[Drawing, ...]:
        return build_drawings(self.groups, self.implied, self.resample)


def _stack(parts: tuple[tuple[FloatArray, ...], ...]) -> FloatArray:
    """Moments by stream and group, one stream behind the other; what is one alone is not copied."""
    streams = [own[0][:, None] if len(own) == 1 else np.stack(own, axis=1) for own in parts]
    return streams[0] if len(streams) == 1 else np.concatenate(streams)


def run_chunk(task: Task, chunk: Chunk) -> dict[str, FloatArray]:
    """What is kept of the samples of a chunk."""
    found, asked = task.draw_and_fit(chunk)
    more = {"asked": asked} if asked.shape[1] else {}
    several = np.zeros(chunk.draws) if found.several is None else found.several.astype(np.float64)
    return more | {
        "x": found.x,
        "discrepancy": found.discrepancy,
        "found": found.found.astype(np.float64),
        "proper": found.proper.astype(np.float64),
        "several": several,
    }


def build_task(prepared: Prepared, own: Fit, resample: str) -> tuple[Task, Fit]:
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
        rows, nothing = _build_rows(prepared, own), (np.zeros(0), None)
        freed = _free_exogenous(prepared, own)
        if freed is not None:
            return Task(None, (), nothing, resample, freed), freed.rows.fit
        return Task(None, (), nothing, resample, build_incomplete(rows) or build_ordered(rows) or rows), own
    free = own
    if any(row.exo for row in own.table.parameters):
        given = parse_fit_options(own.options.given, {"fixed_x": False}).without_resampling
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
    task = Task(None, tuple(members), (at.covariance, at.mean), resample)
    around = (task.whole.covariance[0], task.whole.mean[0]) if resample == "ordinary" else None
    sizes = tuple(group.n for group in members)
    fitter = MomentFitter(model, sizes, np.asarray(free.solution.x), own.options.estimation, around)
    return replace(task, fitter=fitter), free


def _free_exogenous(prepared: Prepared, own: Fit) -> IncompleteFitter | None:
    """What fits samples of incomplete rows that all have the exogenous variables: these with free moments.

    The likelihood of the others given these is then the same function, so that estimates are. None where they are not.
    """
    exogenous = sorted({row.lhs for row in own.table.parameters if row.exo})
    frame, groups = prepared.frame, own.sample.groups
    likelihood = own.options.estimation.kind.name == "ML" and own.sample.is_incomplete and own.rotation is None
    known = frame is not None and all(group.places is not None for group in groups)
    if frame is None or not (exogenous and likelihood and known):
        return None
    used = np.sort(np.concatenate([np.asarray(group.places) for group in groups]))
    frame = frame.iloc[used].reset_index(drop=True)
    if frame[exogenous].isna().any().any():
        return None
    given = parse_fit_options(own.options.given, {"fixed_x": False}).without_resampling
    again = replace(prepared.with_equalities(given), frame=frame)
    return build_incomplete(_build_rows(again, estimate(again)))


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


def fit_without(task: Task) -> tuple[FloatArray, FloatArray]:
    """Estimates without one unit each (units × q), and what else is asked of these samples (units × k)."""
    if isinstance(task.rows, CountFitter):
        found = task.rows.fit_without().x
        return found, np.zeros((len(found), 0))
    if task.fitter is None:
        message = (
            "the acceleration of BCa intervals needs estimates without each row, which this estimator is too slow for"
        )
        raise OptionError(Diagnostic("error", "option-value", message, hint='"bca.simple" corrects the bias only'))
    whole, parts = task.whole, []
    for place, group in enumerate(task.groups):
        covariance, mean, n = group.compute_moments_without()
        sample = whole.pick(np.zeros(len(n), dtype=np.intp))
        sample.covariance[:, place], sample.mean[:, place], sample.n[:, place] = covariance, mean, n
        found_there, asked = task.fit_moments(sample)
        parts.append((found_there.x, asked))
    return np.concatenate([x for x, _ in parts]), np.concatenate([asked for _, asked in parts])
