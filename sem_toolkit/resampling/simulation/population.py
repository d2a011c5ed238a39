"""A population: a spec in which every parameter has a value, and the moments that it implies.

Values are the numbers of the spec, `0.7*x1` or `start(0.7)*x1`. What a population can do without is filled in:

- a variance that is not given is what makes the variable's own variance 1, so that values are standardised ones
- a covariance that is not given is 0, and so is an intercept
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.caching import cached_property
from sem_toolkit.diagnostics import Diagnostic, ModelError, SpecError
from sem_toolkit.fit import Fit
from sem_toolkit.fit.options import parse_fit_options
from sem_toolkit.fit.prepared import get_header_options
from sem_toolkit.model.ram import format_parameter
from sem_toolkit.resampling.simulation.population_moments import complete_moments
from sem_toolkit.spec import ParameterTable, Spec, build_parameter_table
from sem_toolkit.spec.table import Parameter

FloatArray = NDArray[np.float64]

_NAMED = 6
_ROUNDS = 200
_SETTLED = 1e-15


@dataclass(frozen=True, eq=False)
class Population:
    """Moments of the p observed variables in G groups, and where they come from.

    spec         whose values these are
    table        its parameters, every one fixed at its value; variances that follow are filled in
    variables    names of the observed variables, in the order of the moments
    groups       labels, ("",) for one group
    covariance   G × p × p; of an ordered variable that of the response behind it
    mean         G × p
    thresholds   of each group: ordered variable → its thresholds, ascending, on the scale of the response
    everything   G × t × t: covariances of all variables, latent ones behind the observed; names: what these are
    followed     position in the table of each variance that is not given → the variance of the variable that it makes
    """

    spec: Spec
    table: ParameterTable
    variables: tuple[str, ...]
    groups: tuple[str, ...]
    covariance: FloatArray
    mean: FloatArray
    thresholds: tuple[Mapping[str, FloatArray], ...]
    everything: FloatArray
    names: tuple[str, ...]
    followed: Mapping[int, float] = field(default_factory=dict)

    @property
    def has_means(self) -> bool:
        """Whether the means say anything: one of them is not 0."""
        return bool(np.any(self.mean != 0.0))

    @cached_property
    def messages(self) -> tuple[Diagnostic, ...]:
        """What a reader must know about values that the spec does not give."""
        places = [place for place, variance in self.followed.items() if variance == 1.0]
        names = [format_parameter(self.table.rows[place], self.groups) for place in places]
        if not names:
            return ()
        more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        message = f"variances that are not given make the variable's variance 1: {', '.join(names[:_NAMED])}{more}"
        return (Diagnostic("note", "variance-follows", message),)

    def get_value(self, lhs: str, op: str, rhs: str) -> float:
        """The value of a parameter in the first group; raises SpecError where there is none."""
        return float(self.table.rows[self._find(lhs, op, rhs)[0]].ustart or 0.0)

    def standardize(self, lhs: str, op: str, rhs: str, value: float) -> float:
        """A value of a parameter of the first group in the units of the population's standard deviations (std.all)."""
        self._find(lhs, op, rhs)
        if op == "~1":
            return value / self._get_deviation(lhs)
        if op == "~~":
            return value / (self._get_deviation(lhs) * self._get_deviation(rhs))
        cause, effect = (lhs, rhs) if op == "=~" else (rhs, lhs)
        return value * self._get_deviation(cause) / self._get_deviation(effect)

    def _get_deviation(self, name: str) -> float:
        place = self.names.index(name)
        return float(np.sqrt(self.everything[0, place, place]))

    def with_value(self, lhs: str, op: str, rhs: str, value: float) -> "Population":
        """The population with another value of a parameter, in all groups; variances that follow do so again.

        Raises SpecError for a parameter that the population does not have, ModelError where none is possible.
        """
        places = dict.fromkeys(self._find(lhs, op, rhs), value)
        return _complete(self.spec, self.table.with_values(places), self.followed)

    def _find(self, lhs: str, op: str, rhs: str) -> list[int]:
        wanted = {(lhs, op, rhs), (rhs, op, lhs)} if op == "~~" else {(lhs, op, rhs)}
        found = [place for place, row in enumerate(self.table.rows) if (row.lhs, row.op, row.rhs) in wanted]
        if not found:
            name = f"{lhs} {op} {rhs}".rstrip()
            known = ", ".join(format_parameter(row) for row in self.table.rows if row.op == op and row.group == 1)
            hint = f'with "{op}" it has: {known}' if known else None
            message = f'the population has no parameter "{name}"'
            raise SpecError(Diagnostic("error", "unknown-parameter", message, hint=hint), self.spec.source)
        return found


def build_population(
    spec: Spec, groups: Sequence[str] = ("",), *, standardized: bool = False, **options: object
) -> Population:
    """The population that a spec with values describes.

    groups        labels; values of several are typed as in lavaan, `c(0.7, 0.5)*x1`
    standardized  values are those of std.all: the covariance of two residuals is their correlation
    options       of the table, such as call = "growth"

    Raises SpecError for parameters without a value, ModelError where no population has these values.
    """
    chosen = parse_fit_options(get_header_options(spec), options)
    settings = replace(
        chosen.table, ordered=(), thresholds={}, std_lv=True, meanstructure=True, fixed_x=False, conditional_x=False
    )  # std_lv: without markers, so that a loading of 1 is there only where it is typed
    table = build_parameter_table(spec, settings, tuple(groups))
    if table.levels:
        message = "samples of rows in clusters at two levels cannot be drawn"
        raise ModelError(Diagnostic("error", "not-with-levels", message, hint="write a population of one level"))
    rows = [_settle(row) for row in table.rows if not _is_scale(row)]
    _require_values(rows, table.groups, spec)
    followed = {place: 1.0 for place, row in enumerate(rows) if _is_variance(row) and row.ustart is None}
    whole = ParameterTable(tuple(rows), table.groups)
    return _scale_correlations(spec, whole, followed) if standardized else _complete(spec, whole, followed)


def _scale_correlations(spec: Spec, table: ParameterTable, followed: Mapping[int, float]) -> Population:
    """The population in which typed covariances are correlations of what the variances are of.

    Where a residual has effects on, its covariances change the variances that follow, and these the covariances: a few
    rounds settle both.
    """
    correlations = {
        place: row.ustart or 0.0
        for place, row in enumerate(table.rows)
        if row.op == "~~" and row.lhs != row.rhs and row.ustart
    }
    population = _complete(spec, table.with_values(dict.fromkeys(correlations, 0.0)), followed)
    for _ in range(_ROUNDS):
        rows = population.table.rows
        own = {(row.lhs, row.group): row.ustart or 0.0 for row in rows if _is_variance(row)}
        values = {
            place: value
            * float(np.sqrt(own[rows[place].lhs, rows[place].group] * own[rows[place].rhs, rows[place].group]))
            for place, value in correlations.items()
        }
        if all(abs(value - (rows[place].ustart or 0.0)) < _SETTLED for place, value in values.items()):
            break
        population = _complete(spec, table.with_values(values), followed)
    return population


def build_population_from_fit(fit: Fit) -> Population:
    """The population in which the estimates of a fit are the true values. Raises ModelError without an optimum.

    Where one of them is changed afterwards, the variances of outcomes stay what they are in the fit.
    """
    if not fit.converged:
        message = f"there is no certified optimum to take values from: {fit.certificate.verdict}"
        raise ModelError(Diagnostic("error", "no-optimum", message))
    values = dict(zip((row.free for row in fit.solution.model.parameters), fit.solution.x, strict=True))
    rows = tuple(
        row._replace(free=0, ustart=float(values[row.free])) if row.free else row
        for row in fit.solution.model.table.parameters
        if not _is_scale(row)
    )
    model = fit.solution.model
    population = _complete(fit.spec, ParameterTable(rows, model.groups), {})
    if model.responses is not None:
        return _replace_responses(population, fit)
    return replace(population, followed=_follow_outcomes(population))


def _follow_outcomes(population: Population) -> dict[int, float]:
    """The residual variances of outcomes, and the variances that these have now."""
    rows = population.table.rows
    outcomes = {(row.lhs, row.group) for row in rows if row.op == "~"}
    place = {name: position for position, name in enumerate(population.names)}
    return {
        position: float(population.everything[row.group - 1, place[row.lhs], place[row.lhs]])
        for position, row in enumerate(rows)
        if _is_variance(row) and (row.lhs, row.group) in outcomes
    }


def _settle(row: Parameter) -> Parameter:
    """The row with the value that it has in the population, as far as it is typed or goes without saying."""
    if row.op in (":=", "==", "<", ">"):
        return row
    value = row.ustart if row.user == 1 else None
    if value is None and (row.op == "~1" or (row.op == "~~" and row.lhs != row.rhs)):
        value = 0.0
    return row._replace(free=0, exo=0, ustart=value)


def _is_scale(row: Parameter) -> bool:
    """Scales of responses, and what is no parameter: a population has values only."""
    return row.op in ("~*~", ":=", "==", "<", ">")


def _is_variance(row: Parameter) -> bool:
    return row.op == "~~" and row.lhs == row.rhs


def _require_values(rows: Sequence[Parameter], groups: tuple[str, ...], spec: Spec) -> None:
    composites = [row.lhs for row in rows if row.op == "<~"]
    if composites:
        message = f"a population is made of factors and observed variables, and {composites[0]} is a composite"
        hint = "take the estimates of a fit, or write the composite as a sum of its parts: C ~ 0.5*x1 + 0.5*x2"
        raise SpecError(Diagnostic("error", "composite-in-population", message, hint=hint), spec.source)
    missing = [row for row in rows if row.ustart is None and not _is_variance(row)]
    if missing:
        names = ", ".join(format_parameter(row, groups) for row in missing[:_NAMED])
        more = f" and {len(missing) - _NAMED} more" if len(missing) > _NAMED else ""
        row = missing[0]
        hint = (
            f"type a number before it, as in {row.lhs} {row.op} 0.5*{row.rhs}, or take the estimates of a fit to data"
        )
        message = f"a population needs a value of every parameter, and these have none: {names}{more}"
        raise SpecError(Diagnostic("error", "no-value", message, row.origin.span, hint), spec.source)


def _complete(spec: Spec, table: ParameterTable, followed: Mapping[int, float]) -> Population:
    """Fill in the variances that follow, and compute the moments; raises ModelError where that is impossible."""
    found = complete_moments(table, followed)
    return Population(
        spec,
        found.table,
        found.variables,
        table.groups,
        found.covariance,
        found.mean,
        found.thresholds,
        found.everything,
        found.names,
        followed,
    )


def _replace_responses(population: Population, fit: Fit) -> Population:
    """With the moments that a fit implies for the responses behind ordered variables, whose variances are no cells."""
    moments = fit.implied_moments
    mean = np.zeros(moments.covariance.shape[:2]) if moments.mean is None else moments.mean
    return replace(population, covariance=moments.covariance, mean=mean)
