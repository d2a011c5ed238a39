"""Model and sample to the solution by instruments: no search, but two linear stages and a certificate of what holds."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.diagnostics import DataError, Diagnostic, ModelError
from sem_toolkit.discrepancy import MomentPair, compute_delta, invert_symmetric
from sem_toolkit.estimation.admissibility import check_admissibility
from sem_toolkit.estimation.exogenous import is_positive_definite
from sem_toolkit.estimation.instruments.equations import list_equations
from sem_toolkit.estimation.instruments.first_stage import FirstStage, split_constraints
from sem_toolkit.estimation.instruments.options import InstrumentOptions
from sem_toolkit.estimation.instruments.second_stage import solve_second_stage
from sem_toolkit.estimation.instruments.strength import build_strong_equations
from sem_toolkit.estimation.options import EstimationOptions
from sem_toolkit.estimation.solution import Certificate, Solution
from sem_toolkit.model import Model, build_model, compute_moments
from sem_toolkit.model.cells import DIRECTED, INTERCEPT, SCALE, SYMMETRIC, THRESHOLD
from sem_toolkit.sample import Sample
from sem_toolkit.sample.subset import select_variables
from sem_toolkit.spec.table import INSTRUMENTS

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Instrumental:
    """How estimates by instruments came about: the first stage with its equations, and what the second was weighted at.

    weighted_at  covariance matrices (G × p × p) of normal theory that variances were weighted at; None: unweighted
    whole        moments of sample and model with the instruments from outside the model among them
    kept         places of the model's own parameters among those of `whole` (q)
    """

    first: FirstStage
    options: InstrumentOptions
    weighted_at: FloatArray | None
    whole: MomentPair
    kept: NDArray[np.intp]


def estimate_by_instruments(model: Model, sample: Sample, options: EstimationOptions) -> Solution:
    """Coefficients by two-stage least squares, then variances and covariances by least squares.

    Instruments that the model does not have are correlates in it (`sample.auxiliary`), and left out of the solution.
    Raises ModelError for models and constraints that this is not there for, DataError for incomplete rows.
    """
    _require_supported(model, sample)
    start = np.zeros(model.n_parameters)
    pair = MomentPair(model, sample, start, options.kind)
    spaces = split_constraints(model)
    normal, notes = build_strong_equations(model, list_equations(model), pair, options.instruments)
    first = FirstStage(model, normal, pair.sample_cov, pair.sample_mean, pair.rows, spaces)
    first.require_regular()
    chosen = options.instruments
    by_means = chosen.iv_mean_structure == "wls" or _has_marker_intercepts(first)
    x = first.fill(_fill_thresholds(pair, start), by_means)
    second = solve_second_stage(replace(pair, x=x), spaces[SYMMETRIC], chosen.iv_varcov_method)
    x = second.x
    if by_means and pair.has_means and model.responses is None:
        x = _fill_intercepts(replace(pair, x=x), first)
    found = replace(pair, x=x)
    core, own_sample, kept = _leave_out(model, sample)
    improper = check_admissibility(core, x[kept], compute_moments(core, x[kept]))
    if not second.settled:
        message = "variances and covariances did not settle: they imply no possible covariance matrix"
        notes = (*notes, Diagnostic("warning", "second-stage-unsettled", message, hint='iv_varcov_method = "ULS"'))
    certificate = Certificate(
        verdict="improper" if improper else "solved",
        converged=True,
        admissible=not improper,
        gradient_max=_compute_rest(first, x),
        hessian_min_eig=first.smallest,
        engine="two-stage least squares",
        iterations=0,
        messages=(*notes, *improper),
        way="closed form",
    )
    nothing = np.full(model.n_groups, np.nan)
    stages = Instrumental(first, chosen, second.covariance, found, kept)
    return Solution(core, own_sample, options, x[kept], np.nan, nothing, certificate, stages=stages)


def _leave_out(model: Model, sample: Sample) -> tuple[Model, Sample, NDArray[np.intp]]:
    """Model and sample without correlates, and which parameters those of the model are."""
    everything = np.arange(model.n_parameters)
    if not sample.auxiliary:
        return model, sample, everything
    outside = set(sample.auxiliary)
    own = [row for row in model.table.rows if row.op == INSTRUMENTS or outside.isdisjoint((row.lhs, row.rhs))]
    numbers = {free: place for place, free in enumerate(sorted({row.free for row in own if row.free}), start=1)}
    rows = tuple(row._replace(free=numbers.get(row.free, 0)) for row in own)
    core = build_model(replace(model.table, rows=rows))
    return core, select_variables(sample, core.observed), np.array(sorted(numbers)) - 1


def _require_supported(model: Model, sample: Sample) -> None:
    if sample.is_incomplete:
        message = f'estimation by instruments needs complete moments, and missing is "{sample.missing}"'
        raise DataError(Diagnostic("error", "missing-estimator", message, hint='missing = "listwise" or "two.stage"'))
    if (model.locations.kind == SCALE).any() or model.table.parameterization == "theta":
        message = "estimation by instruments takes ordered variables in the delta parameterization with scales of 1"
        raise ModelError(Diagnostic("error", "scales-with-instruments", message, hint="use WLSMV"))
    if model.table.conditional_x:
        message = "estimation by instruments models exogenous variables: it is not conditional on them"
        raise ModelError(Diagnostic("error", "conditional-x", message, hint="conditional_x = false"))


def _has_marker_intercepts(first: FirstStage) -> bool:
    """Whether a scaling indicator has an intercept, so that those of its latent variable's equation are not its own."""
    where = first.model.locations
    with_equation = {(own.equation.group, own.equation.variable) for own in first.normal}
    free = np.flatnonzero(where.kind == INTERCEPT)
    return any((int(where.group[i]), int(where.row[i])) not in with_equation for i in free)


def _fill_thresholds(pair: MomentPair, x: FloatArray) -> FloatArray:
    """x (q) with the thresholds of the sample, those that are held equal averaged by the sizes of their groups."""
    model = pair.model
    own = np.flatnonzero(model.locations.kind == THRESHOLD)
    if not len(own):
        return x
    weight, target = np.zeros(model.n_parameters), np.zeros(model.n_parameters)
    delta = compute_delta(replace(pair, x=x))
    for g, size in enumerate(pair.rows):
        rows, places = np.nonzero(delta[g][:, own])
        weight[own[places]] += size
        target[own[places]] += size * pair.statistics[g].values[rows]
    basis = model.constraints.linear.basis[own]
    basis = basis[:, np.any(basis != 0.0, axis=0)]
    x = x.copy()
    inner = basis.T @ (weight[own, None] * basis)
    x[own] = basis @ np.linalg.solve(inner, basis.T @ target[own])
    return x


def _fill_intercepts(pair: MomentPair, first: FirstStage) -> FloatArray:
    """x (q) with the intercepts that fit the means best, weighted by Σ̂⁻¹, or S⁻¹ where Σ̂ is no covariance matrix."""
    own = first.spaces[INTERCEPT]
    start = pair.x.copy()
    start[own.places] = 0.0
    pair = replace(pair, x=start)
    weighted_at = pair.implied_cov if is_positive_definite(pair.implied_cov) else pair.sample_cov
    gap, inverse, delta = pair.mean_gap, invert_symmetric(weighted_at), compute_delta(pair)
    assert gap is not None  # noqa: S101 (asked for where there are means)
    square, right = 0.0, 0.0
    for g, size in enumerate(pair.rows):
        columns = delta[g][: pair.model.n_observed, own.places]
        square = square + size * columns.T @ inverse[g] @ columns
        right = right + size * columns.T @ inverse[g] @ gap[g]
    start[own.places] = own.project(np.asarray(square), np.asarray(right))
    return start


def _compute_rest(first: FirstStage, x: FloatArray) -> float:
    """Largest element of what the normal equations leave over at x, each in units of its own coefficient's part."""
    space, square, right = first.spaces[DIRECTED], first.square, first.right
    if not len(space.places):
        return 0.0
    rest = space.basis.T @ (square @ x[space.places] - right)
    size = space.basis.T @ (np.abs(square) @ np.abs(x[space.places]) + np.abs(right)) + 1e-300
    return float(np.abs(rest / size).max())
