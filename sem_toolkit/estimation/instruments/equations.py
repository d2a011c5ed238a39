"""The equations of a model with observed variables in the place of latent ones, and the instruments of each.

Each latent variable is replaced by its scaling indicator less that one's error, so that the equation of a variable has
a composite error of its own disturbance and those errors. An observed variable that the model leaves uncorrelated with
the composite error, and correlated with a regressor, is an instrument that the model implies (MIIV).
Sources: Bollen (1996), Psychometrika 61, 109-121; Bollen & Bauer (2004), Sociological Methods & Research 32, 425-452.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.caching import cached_property
from sem_toolkit.diagnostics import Diagnostic, ModelError
from sem_toolkit.diagnostics.suggestions import format_suggestion
from sem_toolkit.model import Model
from sem_toolkit.model.cells import DIRECTED, INTERCEPT, SYMMETRIC
from sem_toolkit.model.moments import compute_total_effects
from sem_toolkit.spec.table import Parameter

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]
InstrumentKind = Literal["miiv", "ols", "user"]

_ZERO = 1e-9
"""Below it, relative to the sizes of its terms, a covariance at random values is 0 whatever these are."""


@dataclass(frozen=True, eq=False)
class Equation:
    """One equation of one group, with k predictors. Variables are places among those of the model.

    variable     what the equation is of; outcome: the observed variable that stands for it
    predictors   k; regressors: the observed variables that stand for them
    parameters   k: places in x, -1 where the coefficient is fixed; fixed: its value there, 0 elsewhere
    intercept    place in x; -1 where it is fixed or there is none
    instruments  observed variables; the regressors themselves where none is correlated with the composite error
    kind         "miiv" implied by the model, "ols" where no instruments are needed, "user" given by `|~`
    """

    group: int
    variable: int
    outcome: int
    predictors: IntArray
    regressors: IntArray
    parameters: IntArray
    fixed: FloatArray
    intercept: int
    instruments: IntArray
    kind: InstrumentKind

    @cached_property
    def free(self) -> IntArray:
        """Which of the predictors have a free coefficient."""
        free: IntArray = (self.parameters >= 0).nonzero()[0]
        return free

    @property
    def surplus(self) -> int:
        """How many instruments there are beyond those that are needed."""
        return 0 if self.kind == "ols" else len(self.instruments) - len(self.free)

    @cached_property
    def endogenous(self) -> IntArray:
        """Which of the regressors are no instruments of their own."""
        if self.kind == "ols":
            return np.zeros(0, dtype=np.intp)
        apart: IntArray = (self.regressors[:, None] != self.instruments).all(axis=1).nonzero()[0]
        return apart

    def describe(self, model: Model) -> str:
        """As a user would write it, with its group where there are several."""
        names = model.variables
        right = " + ".join(names[j] for j in self.predictors) or "1"
        where = f' in group "{model.groups[self.group]}"' if model.n_groups > 1 else ""
        return f"{names[self.variable]} ~ {right}{where}"

    def with_instruments(self, instruments: IntArray) -> "Equation":
        return replace(self, instruments=instruments)


def list_equations(model: Model) -> tuple[Equation, ...]:
    """Every equation with a free coefficient or intercept, group by group, those of observed variables first.

    Raises ModelError for composites, for a latent variable without a scaling indicator, for instruments (`|~`) of an
    equation that is not there, and for an equation with fewer instruments than free coefficients.
    """
    if model.composites is not None:
        message = "equations with composites have no instruments here: a composite has no scaling indicator"
        raise ModelError(Diagnostic("error", "composites-with-instruments", message, hint="use ML"))
    generator = np.random.default_rng(1996)
    found = [equation for g in range(model.n_groups) for equation in _list_group(model, g, generator)]
    found = list(_take_given(model, found))
    for equation in found:
        _require_enough(model, equation)
    return tuple(found)


@dataclass(frozen=True, eq=False)
class _Group:
    """The arrows of one group, and covariances with random values in the place of free ones.

    places       t × t: where the coefficient of each arrow stands in x; -1 where it is fixed or there is none
    fixed        t × t: fixed coefficients
    intercepts   t: places in x, -1 likewise
    stand_ins    t: the observed variable that stands for each; -1 where a latent variable has none
    apart        t × t: whether the composite error of a variable's equation and a variable do not covary
    related      t × p: whether a variable and an observed one covary
    """

    places: IntArray
    fixed: FloatArray
    intercepts: IntArray
    stand_ins: IntArray
    markers: frozenset[int]
    apart: NDArray[np.bool_]
    related: NDArray[np.bool_]


def _survey(model: Model, g: int, generator: np.random.Generator) -> _Group:
    t, where = model.n_variables, model.locations
    own = np.flatnonzero(where.group == g)
    directed, symmetric = own[where.kind[own] == DIRECTED], own[where.kind[own] == SYMMETRIC]
    places = np.full((t, t), -1)
    places[where.row[directed], where.column[directed]] = directed
    intercepts = np.full(t, -1)
    means = own[where.kind[own] == INTERCEPT]
    intercepts[where.row[means]] = means
    drawn, S = model.directed[g].copy(), model.symmetric[g].copy()
    drawn[where.row[directed], where.column[directed]] = _draw(generator, len(directed))
    spread = _draw(generator, len(symmetric)) + 2.0 * (where.row[symmetric] == where.column[symmetric])
    S[where.row[symmetric], where.column[symmetric]] = S[where.column[symmetric], where.row[symmetric]] = spread
    if model.responses is not None:  # what is left of a response behind an ordered variable
        S[model.responses.items, model.responses.items] = 2.0
    effects = compute_total_effects(drawn, model.depth)
    covariance, size = effects @ S @ effects.T, np.abs(effects) @ np.abs(S) @ np.abs(effects).T + 1e-300
    markers, p = _find_markers(model, g, places), model.n_observed
    stand_ins = _find_stand_ins(model, markers)
    along = covariance[stand_ins] - drawn @ covariance[stand_ins]
    rounding = size[stand_ins] + np.abs(drawn) @ size[stand_ins]
    return _Group(
        places=places,
        fixed=model.directed[g],
        intercepts=intercepts,
        stand_ins=stand_ins,
        markers=frozenset(markers.values()),
        apart=np.abs(along) <= _ZERO * rounding,
        related=np.abs(covariance[:, :p]) > _ZERO * size[:, :p],
    )


def _draw(generator: np.random.Generator, count: int) -> FloatArray:
    drawn = generator.uniform(-0.4, 0.4, count)
    return np.asarray(drawn + np.copysign(0.1, drawn), dtype=np.float64)


def _find_markers(model: Model, g: int, places: IntArray) -> dict[int, int]:
    """Latent variable to its scaling indicator: the first with a loading of 1 and no other arrow that points at it."""
    place = {name: position for position, name in enumerate(model.variables)}
    alone = ((places >= 0) | (model.directed[g] != 0.0)).sum(axis=1) == 1
    found: dict[int, int] = {}
    for row in model.table.parameters:
        if row.op != "=~" or row.group != g + 1 or row.free or row.ustart != 1.0 or row.lhs == row.rhs:
            continue
        factor, indicator = place[row.lhs], place[row.rhs]
        if alone[indicator] and factor not in found:
            found[factor] = indicator
    return found


def _find_stand_ins(model: Model, markers: dict[int, int]) -> IntArray:
    result = np.arange(model.n_variables)
    for factor in range(model.n_observed, model.n_variables):
        place, seen = factor, set()
        while place >= model.n_observed and place in markers and place not in seen:
            seen.add(place)
            place = markers[place]
        result[factor] = place if place < model.n_observed else -1
    return result


def _list_group(model: Model, g: int, generator: np.random.Generator) -> Iterable[Equation]:
    known = _survey(model, g, generator)
    order = np.roll(np.arange(model.n_variables), -model.n_observed)  # latent ones first
    arrows = ((known.places >= 0) | (known.fixed != 0.0))[:, order]
    estimated = (known.places >= 0).any(axis=1) | (known.intercepts >= 0)
    for w in np.flatnonzero(estimated).tolist():
        if w in known.markers:
            continue  # its error is part of the equations of its latent variable
        predictors = order[arrows[w]]
        parameters = known.places[w, predictors]
        if known.stand_ins[w] < 0 or (known.stand_ins[predictors] < 0).any():
            latent = next(v for v in (w, *predictors.tolist()) if known.stand_ins[v] < 0)
            raise ModelError(_build_no_marker(model, latent))
        outcome, regressors = int(known.stand_ins[w]), known.stand_ins[predictors]
        instruments = _find_implied(known, w, regressors)
        yield Equation(
            group=g,
            variable=w,
            outcome=outcome,
            predictors=predictors,
            regressors=regressors,
            parameters=parameters,
            fixed=np.where(parameters < 0, known.fixed[w, predictors], 0.0),
            intercept=int(known.intercepts[w]),
            instruments=regressors if instruments is None else instruments,
            kind="ols" if instruments is None else "miiv",
        )


def _find_implied(known: _Group, variable: int, regressors: IntArray) -> IntArray | None:
    """Instruments that the model implies; None where the regressors are uncorrelated with the composite error."""
    apart = known.apart[variable]
    if apart[regressors].all():
        return None
    found: IntArray = (apart[: known.related.shape[1]] & known.related[regressors].any(axis=0)).nonzero()[0]
    return found


def _take_given(model: Model, equations: list[Equation]) -> Iterable[Equation]:
    """The equations with the instruments that the spec gives in the place of the implied ones."""
    rows = [row for row in model.table.rows if row.op == "|~"]
    names = {name: place for place, name in enumerate(model.variables)}
    for row in rows:
        _require_known(model, equations, row)
    for equation in equations:
        called = {model.variables[equation.variable], model.variables[equation.outcome]}
        given = [names[row.rhs] for row in rows if row.lhs in called and row.group == equation.group + 1]
        if given and len(equation.predictors):
            yield replace(equation, instruments=np.array(given), kind="user")
        else:
            yield equation


def _require_known(model: Model, equations: list[Equation], row: Parameter) -> None:
    known = [e for e in equations if e.group == row.group - 1 and len(e.predictors)]
    lefts = {model.variables[place]: None for e in known for place in (e.variable, e.outcome)}
    if row.lhs not in lefts:
        message = f'"{row.lhs} |~ {row.rhs}": the model has no equation of "{row.lhs}"'
        hint: str | None = format_suggestion(row.lhs, lefts) or f"its equations are those of {', '.join(lefts)}"
        raise ModelError(Diagnostic("error", "unknown-equation", message, row.origin.span, hint))
    if row.rhs not in model.observed:
        latent = row.rhs in model.variables
        what = "is a latent variable" if latent else "is neither in the model nor a column of the data"
        message = f'"{row.lhs} |~ {row.rhs}": the instrument "{row.rhs}" {what}'
        hint = "instruments are observed variables" if latent else format_suggestion(row.rhs, model.observed)
        raise ModelError(Diagnostic("error", "unknown-instrument", message, row.origin.span, hint))


def _require_enough(model: Model, equation: Equation) -> None:
    if equation.kind == "ols" or equation.surplus >= 0:
        return
    names = [model.variables[place] for place in equation.instruments]
    own = "the instruments given for it" if equation.kind == "user" else "the instruments that the model implies"
    coefficients = f"{len(equation.free)} free coefficient{'s' if len(equation.free) > 1 else ''}"
    count = f"{len(names)} instrument{'' if len(names) == 1 else 's'}"
    message = f"the equation {equation.describe(model)} has {coefficients} and {count} "
    message += f"({own}: {', '.join(names) or 'none'})"
    hint = "add indicators or predictors that its error leaves alone, name instruments with |~, or use ML"
    raise ModelError(Diagnostic("error", "too-few-instruments", message, hint=hint))


def _build_no_marker(model: Model, latent: int) -> Diagnostic:
    name = model.variables[latent]
    message = (
        f'the latent variable "{name}" has no scaling indicator: an indicator with loading 1 that nothing else affects'
    )
    return Diagnostic("error", "no-scaling-indicator", message, hint="fix one loading at 1 (no std_lv), or use ML")
