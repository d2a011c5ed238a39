"""Model and sample to a certified solution."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.diagnostics import Diagnostic
from sem_toolkit.discrepancy.targets import Targets, build_targets
from sem_toolkit.estimation.exogenous import fill_exogenous_moments
from sem_toolkit.estimation.ladder import Climb, climb, survey_starts
from sem_toolkit.estimation.markers import find_poor_markers, replace_markers
from sem_toolkit.estimation.objective import Objective, Progress, Watcher
from sem_toolkit.estimation.options import EstimationOptions
from sem_toolkit.estimation.scaling import build_scaling
from sem_toolkit.estimation.scoring import Outcome, minimise
from sem_toolkit.estimation.signs import orient_factors
from sem_toolkit.estimation.solution import Certificate, Solution
from sem_toolkit.estimation.starts import compute_start
from sem_toolkit.model import Model, build_model
from sem_toolkit.sample import Sample

FloatArray = NDArray[np.float64]

# Above this, semopy's optimiser takes seconds where the native one takes milliseconds.
_FAST_FOR_SEMOPY = 60
_SAME = 1e-8
_LOWER = 1e-6  # of the discrepancy: what is more than rounding and unfinished searches of the same optimum


def estimate(
    model: Model,
    sample: Sample,
    options: EstimationOptions | None = None,
    *,
    start: FloatArray | None = None,
    watch: Callable[[Progress], object] | None = None,
) -> Solution:
    """Find the estimates and certify them.

    start  where to begin (q, in the order of the model's parameters); NaN for values as without
    watch  hears of every point that is looked at; the search ends with an EstimationError when it returns False

    Never raises for want of an optimum: the certificate says what was found. Raises DataError or ModelError for a
    sample or model that the estimator cannot be asked about (no raw data for WLS, a singular covariance matrix).
    """
    options = EstimationOptions() if options is None else options
    table = fill_exogenous_moments(model.table, sample, options)
    model = model if table is model.table else build_model(table)
    if options.record.search == "instruments":
        from sem_toolkit.estimation.instruments.search import estimate_by_instruments

        return estimate_by_instruments(model, sample, options)
    if options.steps.sam_method is not None:
        from sem_toolkit.estimation.steps.search import estimate_in_steps

        return estimate_in_steps(model, sample, options, estimate)
    targets = build_targets(model, sample, unbiased=options.kind.unbiased)
    watcher = None if watch is None else Watcher(watch)
    # A start is a point of the model as it is, with its own markers.
    swap = options.bad_marker_crit > 0 and start is None
    other = _try_other_markers(model, sample, targets, options, watcher) if swap else None
    return _search(model, sample, targets, options, watcher, start) if other is None else other


def _search(
    model: Model,
    sample: Sample,
    targets: Targets,
    options: EstimationOptions,
    watcher: Watcher | None,
    given: FloatArray | None = None,
) -> Solution:
    """Climb the ladder with this model as it is, from the values given where they are numbers."""
    scaling = build_scaling(model, targets)
    targets = scaling.targets
    correlates = tuple(model.observed.index(name) for name in sample.auxiliary if name in model.observed)
    discrepancy = options.kind.build(targets, scaling.deviations)
    objective = Objective(scaling.model, discrepancy, watcher, correlates, scaling.units)
    if given is not None and np.isfinite(given).all():
        start = given / scaling.units
    else:
        start = compute_start(scaling.model, targets)
        start = start if given is None else np.where(np.isfinite(given), given / scaling.units, start)
    state = Climb(objective)
    note = _ask_semopy(state, targets, options, start)
    if state.best is not None and (state.best.settled or state.best.examination.certificate.converged):
        survey_starts(state, targets, options, start)
    if state.best is None or not state.best.settled:
        climb(objective, targets, options, start, state)
    return _conclude(model, sample, options, state, scaling.units, note)


def _try_other_markers(
    model: Model, sample: Sample, targets: Targets, options: EstimationOptions, watcher: Watcher | None
) -> Solution | None:
    """The solution with better markers, the change reported; None where no marker is poor or that leads nowhere."""
    replacements = find_poor_markers(model, targets, options.bad_marker_crit)
    if not replacements:
        return None
    solution = _search(build_model(replace_markers(model.table, replacements)), sample, targets, options, watcher)
    if not solution.certificate.converged:
        return None
    changes = ", ".join(map(str, replacements))
    message = f"the marker is a poor item; another one took its place: {changes}"
    note = Diagnostic("warning", "marker-replaced", message, hint="bad_marker_crit = 0 switches this off")
    certificate = replace(solution.certificate, messages=(*solution.certificate.messages, note))
    return replace(solution, certificate=certificate)


def _ask_semopy(state: Climb, targets: Targets, options: EstimationOptions, start: FloatArray) -> Diagnostic | None:
    """Let semopy find a point and polish it, where it is asked for and can; what a reader must know about it."""
    model = state.objective.model
    if options.engine == "native" or not model.n_parameters:
        return None
    from sem_toolkit.estimation.engines.description import find_obstacle

    obstacle = find_obstacle(model, options.kind)
    if targets.patterns is not None:
        obstacle = "the rows have empty cells"
    if options.engine == "auto" and (obstacle is not None or model.n_parameters > _FAST_FOR_SEMOPY):
        return None
    if obstacle is not None:
        message = f"semopy cannot fit this model ({obstacle}); the native solver did"
        return Diagnostic("note", "engine-replaced", message)
    from sem_toolkit.estimation.engines.semopy import run_semopy

    linear = model.constraints.linear
    native = minimise(state.objective, linear.reduce(start), options.max_iterations)
    found = run_semopy(model, targets, start, options.kind)
    if found.x is None:
        state.record("Fisher scoring", "least-squares start", native)
        message = f"semopy failed ({found.failure}); the native solver found the estimates"
        return Diagnostic("note", "engine-replaced", message)
    polished = minimise(state.objective, linear.reduce(found.x), 50)
    iterations = found.iterations + polished.iterations
    outcome = Outcome(polished.point, polished.reason, iterations, polished.gradient_max)
    state.record("semopy (SLSQP), polished", "least-squares start", outcome, "semopy")
    if polished.point is None or not polished.converged:
        state.record("Fisher scoring", "least-squares start", native)
        return Diagnostic("note", "engine-replaced", "semopy ended without an optimum; the native solver went on")
    if native.point is not None and native.point.value < polished.point.value - _SAME:
        state.record("Fisher scoring", "least-squares start", native)
        gain = polished.point.value - native.point.value
        message = f"semopy ended in another optimum; the native solver's is better by {gain:.3g} in discrepancy"
        return Diagnostic("note", "engine-replaced", message)
    return None


def _conclude(
    model: Model,
    sample: Sample,
    options: EstimationOptions,
    state: Climb,
    units: FloatArray,
    note: Diagnostic | None,
) -> Solution:
    """The best candidate as a solution, or, where nothing had a value, a solution of NaN that says so."""
    notes = () if note is None else (note,)
    transcript = tuple(state.transcript)
    if state.best is None:
        message = "no starting point was found at which the model implies a positive definite covariance matrix"
        error = Diagnostic("error", "no-optimum", message, hint="give starting values, or check the fixed values")
        certificate = Certificate("no optimum found", False, False, np.inf, np.nan, "native", 0, (error, *notes))
        nothing = np.full(model.n_parameters, np.nan)
        none = np.full(model.n_groups, np.nan)
        return Solution(model, sample, options, nothing, np.nan, none, certificate, transcript)
    point, examination = state.best.point, state.best.examination
    certificate = examination.certificate
    messages = (
        *certificate.messages,
        *notes,
        *_report_infeasible(state),
        *_report_infinity(state),
        *_report_lower(state),
    )
    messages = (*messages, *_report_attempts(state), *_report_proper(state), *_report_passed(state))
    is_lowest = state.passed is None
    certificate = replace(certificate, messages=messages, starts=state.starts, is_lowest=is_lowest)
    return Solution(
        model=model,
        sample=sample,
        options=options,
        x=orient_factors(model, model.constraints.linear.expand(model.constraints.linear.reduce(units * point.x))),
        discrepancy=point.value,
        by_group=point.evaluation.by_group,
        certificate=certificate,
        transcript=transcript,
        active=tuple(constraint.in_units(units) for constraint in examination.active),
    )


def _report_infinity(state: Climb) -> tuple[Diagnostic, ...]:
    """Why the scale of a marker has no finite optimum, where another scale has one."""
    if not state.at_infinity or (state.best is not None and state.best.examination.certificate.converged):
        return ()
    names = ", ".join(state.at_infinity)
    message = f"the optimum is infinitely far away in the scale of the marker: its loading (or weight) is 0 for {names}"
    return (Diagnostic("error", "marker-without-loading", message, hint="take another indicator as the marker"),)


def _report_infeasible(state: Climb) -> tuple[Diagnostic, ...]:
    """That no point was found at which the constraints hold, and which of them are there."""
    if not state.infeasible:
        return ()
    constraints = state.objective.model.constraints
    texts = [condition.text for condition in (*constraints.equalities, *constraints.inequalities)]
    shown = ", ".join(f'"{text}"' for text in texts[:4]) + (" …" if len(texts) > 4 else "")
    message = f"no values of the parameters were found at which all constraints hold; among them are {shown}"
    hint = "look whether they contradict each other or the model; a start() that satisfies them would help"
    return (Diagnostic("error", "infeasible-constraints", message, hint=hint),)


def _report_lower(state: Climb) -> tuple[Diagnostic, ...]:
    """That searches fell below the optimum and reached none there: parameters grow without end on the way down."""
    if state.best is None or not state.best.examination.certificate.converged:
        return ()
    if not state.objective.model.constraints.is_linear:  # what a search leaves behind there need not be feasible
        return ()
    own = state.best.point.value
    lowest = min(attempt.discrepancy for attempt in state.transcript if not np.isnan(attempt.discrepancy))
    if state.passed is not None and state.passed.point.value < lowest + _LOWER:
        return ()
    if own - lowest < _LOWER * (1.0 + own):
        return ()
    message = (
        f"the discrepancy falls below this optimum ({lowest:.6g}, here {own:.6g}) where parameters grow without end: "
        "there are lower values, and no optimum among them"
    )
    hint = 'bounds = "pos.var" leaves such values out; look for weak indicators, or take a larger sample'
    return (Diagnostic("warning", "lower-without-end", message, hint=hint),)


def _report_proper(state: Climb) -> tuple[Diagnostic, ...]:
    """That an admissible optimum lies above an improper one."""
    if state.best is None or state.best.examination.certificate.verdict != "improper" or state.proper is None:
        return ()
    message = (
        f"this is the lowest optimum, with impossible values; the lowest without them has a discrepancy higher by "
        f"{state.proper.point.value - state.best.point.value:.3g}"
    )
    return (Diagnostic("note", "proper-optimum-above", message, hint="bounds on the variances lead to it"),)


def _report_passed(state: Climb) -> tuple[Diagnostic, ...]:
    """That an improper optimum lies below the proper one that is kept."""
    if state.best is None or state.passed is None:
        return ()
    message = (
        f"this is the lowest optimum with possible values; one with impossible values has a discrepancy lower by "
        f"{state.best.point.value - state.passed.point.value:.3g}, as least squares may have far from the data"
    )
    return (Diagnostic("note", "improper-optimum-below", message),)


def _report_attempts(state: Climb) -> tuple[Diagnostic, ...]:
    """A note where the first attempt was not enough."""
    if state.found_in < 3 or state.best is None or not state.best.examination.certificate.converged:
        return ()
    message = f"the optimum was found in attempt {state.found_in}; the transcript has the others"
    return (Diagnostic("note", "restarted", message),)
