"""Whether another start leads lower: scattered starts of a model that no marker holds, all at once.

In the scale of a marker, a loading of the marker near 0 is infinitely far away, and one of the other sign beyond that.
The search therefore releases the markers, which adds directions without information and changes no moment; where it
arrives is brought back to the scale of the markers and finished there.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.discrepancy import MaximumLikelihood, StackedDiscrepancy
from sem_toolkit.discrepancy.full_information import FullInformation
from sem_toolkit.discrepancy.targets import Targets
from sem_toolkit.estimation.box import find_box
from sem_toolkit.estimation.held_thresholds import find_left, hold_thresholds
from sem_toolkit.estimation.objective import Objective, Point
from sem_toolkit.estimation.starts import start_responses
from sem_toolkit.model import Model, build_model, compute_moments
from sem_toolkit.model.cells import INTERCEPT, SYMMETRIC, WEIGHT
from sem_toolkit.spec.table import Parameter

FloatArray = NDArray[np.float64]

_LARGE = 60  # free parameters, above which scattered starts cost more than they are likely to find
_EQUAL = 2  # times as many may be in the table, where labels make them equal (groups that share loadings)
_MOST_SLOPES = 6_000  # statistics of ordered variables times parameters: more cost more than the whole fit
_LOWER = 1e-7
_BEYOND = 1e-7
_SAME = 1e-6
_APART = 10.0  # between units of a factor that its fixed values speak of


@dataclass(frozen=True, eq=False)
class Released:
    """A model whose markers are free: x (q) of the model itself, then the markers. markers: their rows as they were."""

    model: Model
    markers: tuple[Parameter, ...]


@dataclass(frozen=True, eq=False)
class Survey:
    """What scattered starts found below a value: θ of the model itself, ascending by discrepancy.

    starts     how many there were
    at_infinity   names of markers whose loading is 0 where the lowest of them arrived
    """

    thetas: tuple[FloatArray, ...]
    values: tuple[float, ...]
    starts: int
    at_infinity: tuple[str, ...] = ()


def find_stack(objective: Objective, targets: Targets) -> StackedDiscrepancy | None:
    """What can be minimised from many starts at once; None where nothing can.

    It is the discrepancy itself, or, of incomplete rows, that of their saturated moments as if these were of complete
    ones: where it has optima, the likelihood of the rows has some near by.
    """
    own = objective.discrepancy
    if isinstance(own, StackedDiscrepancy):
        return own
    if not isinstance(own, FullInformation) or (np.linalg.slogdet(targets.covariance)[0] <= 0).any():
        return None
    return MaximumLikelihood(replace(targets, patterns=None, saturated=None))


def is_surveyable(objective: Objective, targets: Targets) -> bool:
    """Whether there may be several optima and scattered starts can look for them at a low price."""
    model = objective.model
    constraints, left = model.constraints, len(find_left(model, objective.discrepancy))
    return (
        find_stack(objective, targets) is not None
        and 0 < objective.size - (model.n_parameters - left) <= _LARGE
        and left <= _LARGE * _EQUAL
        and (model.responses is None or model.n_groups * model.layout.size * left <= _MOST_SLOPES)
        and not (constraints.equalities or constraints.inequalities)
        and find_box(model) is not None
        and not _is_regression(objective)
    )


def _is_regression(objective: Objective) -> bool:
    """A set of regressions has one optimum by maximum likelihood."""
    model = objective.model
    is_curved = model.n_variables > model.n_observed or model.depth is None or _has_free_residuals(model)
    by_likelihood = isinstance(objective.discrepancy, MaximumLikelihood | FullInformation)
    return by_likelihood and model.constraints.is_linear and not is_curved


def _has_free_residuals(model: Model) -> bool:
    """Covariances beside effects: without them a recursive model of observed variables is a set of regressions."""
    where = model.locations
    return bool(((where.kind == SYMMETRIC) & (where.row != where.column)).any())


def survey(
    objective: Objective, targets: Targets, start: FloatArray, best: Point | None, n_starts: int, seed: int
) -> Survey:
    """Minimise from the start x (q) and from scattered ones; keep what ends below the best point so far."""
    model = objective.model
    stack = find_stack(objective, targets)
    assert stack is not None  # noqa: S101 (is_surveyable said so)
    held = hold_thresholds(model, stack)
    ceiling = np.inf if best is None else best.value
    if best is not None and stack is not objective.discrepancy:
        ceiling = stack.value(compute_moments(model, best.x))
    released = release_markers(held.model)
    search = held.model if released is None else released.model
    given = start[held.places]
    if released is not None:
        given = np.concatenate([given, [row.ustart for row in released.markers]])
    rng = np.random.default_rng(seed)
    starts = np.concatenate([given[None], draw_starts(search, targets, rng, n_starts - 1)])
    from sem_toolkit.estimation.batch import Search, minimise_stack

    settings = Search(sharp=0.0) if model.responses is not None else None  # there the expected information is all
    least = held.discrepancy
    assert isinstance(least, StackedDiscrepancy)  # noqa: S101 (as the stack is)
    found = minimise_stack(search, least, np.stack([search.constraints.linear.average(x) for x in starts]), settings)
    order = [int(i) for i in np.argsort(found.values) if found.values[i] < ceiling - _LOWER]
    thetas: list[FloatArray] = []
    values: list[float] = []
    lost: tuple[str, ...] = ()
    for i in order:
        if values and found.values[i] - values[-1] < _SAME:
            continue
        x, zero = (found.x[i], ()) if released is None else restore_markers(held.model, released, found.x[i])
        if zero:
            lost = lost or zero
            continue
        whole = held.expand(x)
        if not np.isfinite(whole).all():
            continue
        thetas.append(model.constraints.linear.reduce(whole))
        values.append(float(found.values[i]))
    return Survey(tuple(thetas), tuple(values), n_starts, lost)


def release_markers(model: Model) -> Released | None:
    """The model with free markers; None where none can be freed without changing what the model says."""
    if not (model.constraints.linear.is_trivial and _are_bounds_free_of_scale(model)):
        return None
    markers = _find_markers(model)
    if not markers:
        return None
    number = {id(row): model.n_parameters + place for place, row in enumerate(markers, start=1)}
    rows = tuple(
        row._replace(free=number[id(row)], ustart=None) if id(row) in number else row for row in model.table.parameters
    )
    return Released(build_model(replace(model.table, rows=rows)), tuple(markers))


def _are_bounds_free_of_scale(model: Model) -> bool:
    """Whether bounds are none but those of variances at 0, which hold in the scale of any marker."""
    where, constraints = model.locations, model.constraints
    is_variance = (where.kind == SYMMETRIC) & (where.row == where.column)
    ends = np.stack([constraints.lower, constraints.upper])
    return bool((~np.isfinite(ends) | (is_variance & (ends == 0.0))).all())


def _find_markers(model: Model) -> list[Parameter]:
    """Fixed loadings and weights that do nothing but give a latent variable or composite its scale."""
    rows = [row for row in model.table.parameters if not (row.op == "=~" and row.lhs == row.rhs)]
    observed = set(model.observed)
    fixed: dict[tuple[int, str], list[Parameter]] = {}
    for row in rows:
        if row.free == 0 and row.ustart:
            names = {row.lhs} if row.op == "~1" else {row.lhs, row.rhs}
            for name in names - observed:
                fixed.setdefault((row.group, name), []).append(row)
    found = {
        key: own[0]
        for key, entries in fixed.items()
        if len(own := [row for row in entries if row.op in ("=~", "<~") and row.lhs == key[1]]) == 1
    }
    while True:
        chosen = {id(row) for row in found.values()}
        kept = {key: row for key, row in found.items() if all(id(other) in chosen for other in fixed[key])}
        if len(kept) == len(found):
            return list(kept.values())
        found = kept


def restore_markers(model: Model, released: Released, x: FloatArray) -> tuple[FloatArray, tuple[str, ...]]:
    """x (q) in the scale of the markers, and the names of factors whose marker has a loading of 0."""
    place = {name: position for position, name in enumerate(model.variables)}
    own, values = x[: model.n_parameters].copy(), x[model.n_parameters :]
    zero: list[str] = []
    for group in range(model.n_groups):
        scale = np.ones(model.n_variables)
        pending = [(row, v) for row, v in zip(released.markers, values, strict=True) if row.group == group + 1]
        while pending:
            waiting = {row.lhs for row, _ in pending}
            ready = [pair for pair in pending if pair[0].rhs not in waiting]
            if not ready:
                return own, tuple(waiting)
            for row, value in ready:
                target = float(row.ustart or 1.0)
                if abs(value) < _BEYOND:
                    zero.append(row.lhs)
                    value = _BEYOND
                ratio = target / value if row.op == "=~" else value / target
                scale[place[row.lhs]] = ratio * scale[place[row.rhs]]
            pending = [pair for pair in pending if pair not in ready]
        mine = model.locations.group == group
        own[mine] = (own / model.compute_units(scale))[mine]
    return own, tuple(zero)


def draw_starts(model: Model, targets: Targets, rng: np.random.Generator, count: int) -> FloatArray:
    """Scattered points x (count × q): effects of any sign, positive variances, factors with variances around 1.

    Factors whose fixed values speak of units far apart have now the one, now the other.
    """
    where, p, q = model.locations, model.n_observed, model.n_parameters
    deviations = np.sqrt(np.diagonal(targets.covariance, axis1=1, axis2=2))
    size = np.ones((count, model.n_groups, model.n_variables))
    size[:, :, :p] = deviations
    normal, uniform = rng.normal(size=(count, q)), rng.uniform(0.2, 1.0, (count, q))
    for (group, place), units in _list_units(model, deviations).items():
        size[:, group, place] = rng.choice(units, size=count)
    row, column = size[:, where.group, where.row], size[:, where.group, where.column]
    starts = 0.6 * normal * row / column  # loadings and effects
    same = where.row == where.column
    variance = (where.kind == SYMMETRIC) & same
    starts[:, variance] = (uniform * row * row)[:, variance]
    covariance = (where.kind == SYMMETRIC) & ~same
    starts[:, covariance] = (0.1 * normal * row * column)[:, covariance]
    weight = where.kind == WEIGHT
    starts[:, weight] = normal[:, weight]
    mean = where.kind == INTERCEPT
    if targets.mean is not None:
        observed = mean & (where.row < p)
        starts[:, mean] = 0.1 * normal[:, mean]
        starts[:, observed] = targets.mean[where.group[observed], where.row[observed]]
    if model.responses is not None:
        for row_of_start in starts:
            start_responses(model, targets, row_of_start)
    return starts


def _list_units(model: Model, deviations: FloatArray) -> dict[tuple[int, int], list[float]]:
    """By group and place, the units of factors of which fixed loadings and effects say very different things.

    deviations  G × p: of the observed variables; what is fixed for a factor is 1 in one unit, so that `f =~ 1*x1` and
    `f ~ 1*z` agree only where x1 and z vary alike
    """
    p = model.n_observed
    found: dict[tuple[int, int], list[float]] = {}
    for group in range(model.n_groups):
        for place in range(p, model.n_variables):
            loadings, effects = model.directed[group, :p, place], model.directed[group, place, :p]
            held, moved = loadings != 0.0, effects != 0.0
            by_loadings = deviations[group][held] / np.abs(loadings[held])
            by_effects = deviations[group][moved] * np.abs(effects[moved])
            units = np.concatenate([by_loadings, by_effects])
            if units.size and units.max() > _APART * units.min():
                found[group, place] = units.tolist()
    return found
