"""Random populations of a model: points of its parameter space that satisfy its equality constraints."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.model.cells import INTERCEPT, SCALE, SYMMETRIC, THRESHOLD, WEIGHT
from sem_toolkit.model.placing import build_model
from sem_toolkit.model.ram import Model

FloatArray = NDArray[np.float64]

_DRAWS = 20
_HOPEFUL = 4  # draws to look for a point that satisfies the constraints, where one that has values is at hand
_SATISFIED = 1e-8


def draw_population(model: Model, rng: np.random.Generator, positive: bool = False) -> tuple[Model, FloatArray]:
    """A random population of the model: the model with random moments of its exogenous variables, and a point x (q)."""
    filled = fill_unknown_moments(model, rng)
    return filled, draw_point(filled, rng, positive)


def draw_point(model: Model, rng: np.random.Generator, positive: bool = False) -> FloatArray:
    """A random point with sizeable effects and positive definite S that satisfies the equality constraints.

    positive  with no negative effect, and covariances that differ by a factor of two at most
    Where a constraint has no value at it, as the root of a negative number, positive values are tried.
    """
    found = None
    for number in range(_DRAWS):
        if found is not None and number >= _HOPEFUL:
            break
        raw = _draw_values(model, rng, positive)
        for start in (raw, np.abs(raw)):
            x = _satisfy(model, model.constraints.linear.average(start))
            values, slopes = model.constraints.equality_values(x)
            if np.isfinite(values).all() and np.isfinite(slopes).all():
                if np.abs(values).max(initial=0.0) < _SATISFIED:
                    return x
                found = x if found is None else found
    return x if found is None else found


def _draw_values(model: Model, rng: np.random.Generator, positive: bool) -> FloatArray:
    """Random values within the bounds."""
    where = model.locations
    q = model.n_parameters
    effect = rng.uniform(0.3, 0.9, q) * rng.choice([-1.0, 1.0], q)
    effect = np.where(positive | np.isin(where.kind, (WEIGHT, SCALE)), np.abs(effect), effect)
    variance = rng.uniform(0.6, 1.4, q)
    covariance = rng.uniform(0.15 if positive else -0.3, 0.3, q) / np.sqrt(model.n_variables)
    x = np.select(
        [
            np.isin(where.kind, (INTERCEPT, THRESHOLD)),
            (where.kind == SYMMETRIC) & (where.row == where.column),
            where.kind == SYMMETRIC,
        ],
        [rng.normal(size=q), variance, covariance],
        effect,
    )
    return np.asarray(np.clip(x, model.constraints.lower, model.constraints.upper))


def _satisfy(model: Model, x: FloatArray) -> FloatArray:
    """Gauss-Newton steps onto the non-linear equalities c = 0, which keep the linear ones.

    Where such a step brings little, as with exp(1000*a) == 5, one for asinh c = 0 is looked at: that is nearly linear
    where c is exponential.
    """
    basis = model.constraints.linear.basis
    for _ in range(50 if model.constraints.equalities else 0):
        values, slopes = model.constraints.equality_values(x)
        if np.abs(values).max() < 1e-12 or not (np.isfinite(values).all() and np.isfinite(slopes).all()):
            break
        plain = x - basis @ np.linalg.lstsq(slopes @ basis, values, rcond=None)[0]
        missed = _measure_miss(model, plain)
        if missed > 0.5 * _measure_miss(model, x):
            along = (slopes / np.hypot(1.0, values)[:, None]) @ basis
            other = x - basis @ np.linalg.lstsq(along, np.arcsinh(values), rcond=None)[0]
            plain = other if _measure_miss(model, other) < missed else plain
        x = plain
    return x


def _measure_miss(model: Model, x: FloatArray) -> float:
    """How far the non-linear equalities are from holding at x (q), on a scale on which exponentials are linear."""
    with np.errstate(all="ignore"):
        size = np.abs(np.arcsinh(model.constraints.equality_values(x)[0])).max()
    return float(np.nan_to_num(size, nan=np.inf))


def fill_unknown_moments(model: Model, rng: np.random.Generator) -> Model:
    """Exogenous moments that come from the data, given random values: data in wild units would spoil the ranks."""
    unknown = {}
    for position, row in enumerate(model.table.rows):
        if row.free == 0 and (row.ustart is None or row.exo > 0) and row.op in ("~~", "~1"):
            is_variance = row.op == "~~" and row.lhs == row.rhs
            unknown[position] = float(rng.uniform(0.9, 1.6) if is_variance else rng.uniform(0.1, 0.4))
    if not unknown:
        return model
    # constraints in other units than the user's are in no table: they stay as they are
    return replace(build_model(model.table.with_values(unknown)), constraints=model.constraints)
