"""A model as a semopy description of our own words: names v1, v2, ... and f1, f2, ..., labels t1, t2, ...

No text of a user ever gets into it: semopy's parser evaluates some of what it reads as code, takes some labels for
others, and reads a number of lavaan's phrases as different models.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.discrepancy import Kind, Targets
from sem_toolkit.estimation.scaling import compute_latent_scale
from sem_toolkit.model import Model
from sem_toolkit.model.cells import DIRECTED, INTERCEPT, SYMMETRIC

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Description:
    """The text, the names of the observed variables in the model's order, and how θ is measured in it.

    units  q: x in the model's units = units × the value of the label in the text
    label  q: number of the label of each element of x; equal elements share one; -1 for intercepts, which are not in it
    """

    text: str
    observed: tuple[str, ...]
    deviations: FloatArray
    units: FloatArray
    label: NDArray[np.intp]


def find_obstacle(model: Model, kind: Kind) -> str | None:
    """Why semopy cannot fit this model, or None where it can."""
    where, linear = model.locations, model.constraints.linear
    if not kind.is_normal_theory:
        return f"its {kind.name} is not lavaan's"
    if model.presence is not None:
        return "it has no levels"
    if model.n_groups > 1:
        return "it fits several groups apart, without equalities across them"
    if model.composites is not None:
        return "it has no composites"
    if not model.constraints.is_linear:
        return "it does not know inequalities, bounds and non-linear constraints as ours"
    if not _is_tied_only(linear.basis, linear.offset):
        return "it knows equal parameters, but no other linear constraints"
    if model.has_means and not _has_saturated_means(model):
        return "its chi-square is not defined for structured means"
    if any(row.op == "=~" and row.lhs == row.rhs for row in model.table.parameters):
        return "it has no latent variables without indicators"
    p = model.n_observed
    connected = (model.directed[0] != 0.0) | np.zeros_like(model.directed[0], dtype=bool)
    own = where.kind == DIRECTED
    connected[where.row[own], where.column[own]] = True
    alone = np.flatnonzero(~(connected.any(axis=0) | connected.any(axis=1)))
    if len(alone):
        return f"it cannot hold {model.variables[alone[0]]}, which no arrow touches"
    latent = set(model.variables[p:])
    if latent - {row.lhs for row in model.table.parameters if row.op == "=~"}:
        return "it has no latent variables without indicators"
    return _find_mixed_covariance(model, connected)


def build_description(model: Model, targets: Targets) -> Description:
    """Write the model; variables have unit variance in it, unless parameters of several scales are tied."""
    p, t = model.n_observed, model.n_variables
    linear = model.constraints.linear
    deviation = np.sqrt(np.diagonal(targets.covariance[0]))
    if not linear.is_trivial:
        deviation = np.full(p, np.exp(np.log(deviation).mean()))
    scale = np.concatenate([deviation, compute_latent_scale(model, deviation)])
    names = [f"v{i + 1}" for i in range(p)] + [f"f{i + 1}" for i in range(t - p)]
    where = model.locations
    own_label = linear.basis.argmax(axis=1) if linear.basis.size else np.arange(model.n_parameters)
    label = np.where(where.kind == INTERCEPT, -1, own_label)
    ratio = scale[where.row] / scale[where.column]
    product = scale[where.row] * scale[where.column]
    units = np.where(where.kind == DIRECTED, ratio, product)
    directed = _collect(model.directed[0] / (scale[:, None] / scale), model, DIRECTED, label)
    symmetric = _collect(model.symmetric[0] / (scale[:, None] * scale), model, SYMMETRIC, label)
    exogenous = [i for i in range(p) if not any(row == i for row, _ in directed)]
    for i in exogenous:
        for j in exogenous:
            if i >= j and (j, i) not in symmetric:
                symmetric.setdefault((i, j), "0.0")
    for i in range(t):
        symmetric.setdefault((i, i), "0.0")
    measured = {
        (
            names.index(f"v{model.observed.index(row.rhs) + 1}")
            if row.rhs in model.observed
            else model.variables.index(row.rhs),
            model.variables.index(row.lhs),
        )
        for row in model.table.parameters
        if row.op == "=~"
    }
    lines = []
    for (row, column), factor in directed.items():
        if (row, column) in measured:
            lines.append(f"{names[column]} =~ {factor}*{names[row]}")
        else:
            lines.append(f"{names[row]} ~ {factor}*{names[column]}")
    lines += [f"{names[row]} ~~ {factor}*{names[column]}" for (row, column), factor in symmetric.items()]
    return Description("\n".join(_merge(lines)), tuple(names[:p]), deviation, units, label)


def _merge(lines: list[str]) -> list[str]:
    """One line a left-hand side and operator: "f =~ a*x" and "f =~ b*y" become "f =~ a*x + b*y"."""
    merged: dict[str, list[str]] = {}
    for line in lines:
        left, operator, term = line.split(" ", 2)
        merged.setdefault(f"{left} {operator}", []).append(term)
    return [f"{head} {' + '.join(terms)}" for head, terms in merged.items()]


def _collect(fixed: FloatArray, model: Model, kind: int, label: NDArray[np.intp]) -> dict[tuple[int, int], str]:
    """Factor of every cell that is free or not 0; the lower triangle only of symmetric ones."""
    found = {
        (int(i), int(j)): _format_number(fixed[i, j])
        for i, j in zip(*np.nonzero(fixed), strict=True)
        if kind == DIRECTED or i >= j
    }
    where = model.locations
    for number in np.flatnonzero(where.kind == kind):
        i, j = int(where.row[number]), int(where.column[number])
        cell = (i, j) if kind == DIRECTED or i >= j else (j, i)
        found[cell] = f"t{label[number] + 1}"
    return found


def _format_number(value: float) -> str:
    """Without an exponent: semopy reads "1e+3*x" as a variable called 1e."""
    return np.format_float_positional(value, trim="0")


def _is_tied_only(basis: FloatArray, offset: FloatArray) -> bool:
    """Whether every parameter equals one of those that are kept."""
    tied = (np.count_nonzero(basis, axis=1) == 1) & (np.abs(basis.sum(axis=1) - 1.0) < 1e-12)
    return bool(tied.all()) and not offset.any()


def _has_saturated_means(model: Model) -> bool:
    """Whether every observed variable has an intercept of its own, and no other mean is free or fixed away from 0."""
    where, p = model.locations, model.n_observed
    free = np.flatnonzero(where.kind == INTERCEPT)
    basis = model.constraints.linear.basis
    tied = np.count_nonzero(basis[:, basis[free].any(axis=0)], axis=0) > 1 if len(free) else np.zeros(0)
    return sorted(where.row[free].tolist()) == list(range(p)) and not model.intercepts[0, p:].any() and not tied.any()


def _find_mixed_covariance(model: Model, connected: NDArray[np.bool_]) -> str | None:
    """semopy keeps indicators apart from the other variables, and gets covariances between the two kinds wrong."""
    p = model.n_observed
    indicators = {row.rhs for row in model.table.parameters if row.op == "=~"}
    apart = np.array(
        [name in indicators and not connected[:, i].any() and i < p for i, name in enumerate(model.variables)]
    )
    where = model.locations
    covariance = model.symmetric[0] != 0.0
    own = where.kind == SYMMETRIC
    covariance[where.row[own], where.column[own]] = True
    mixed = np.argwhere(covariance & (apart[:, None] != apart))
    if not len(mixed):
        return None
    one, other = (model.variables[i] for i in mixed[0])
    return f"it gets the covariance of {one} with {other} wrong: one is an indicator, the other is not"
