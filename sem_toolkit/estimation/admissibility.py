"""Whether the estimates can be what they are called: variances, correlations, covariance matrices."""

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.diagnostics import Diagnostic
from sem_toolkit.libraries import lapack
from sem_toolkit.model import ImpliedMoments, Model, compute_matrices
from sem_toolkit.model.cells import SYMMETRIC
from sem_toolkit.model.moments import compute_cell_values

FloatArray = NDArray[np.float64]

_ROUNDING = 1e-9


def check_admissibility(
    model: Model,
    x: FloatArray,
    moments: ImpliedMoments,
    correlates: tuple[int, ...] = (),
    units: FloatArray | None = None,
) -> tuple[Diagnostic, ...]:
    """One warning for every impossible element; empty where all is well.

    correlates  places of auxiliary variables: covariances of residuals with them are no covariances of the model's
    units       q: what x is multiplied by where it is told, when the model is in units of its own; None: by 1
    """
    symmetric = compute_matrices(model, x).symmetric
    found = [
        *_check_variances(model, x, x if units is None else x * units),
        *_check_responses(model, x),
        *_check_correlations(model, x, symmetric, correlates),
    ]
    return (*found, *_check_matrices(model, symmetric, moments, correlates, explained=bool(found)))


def _check_variances(model: Model, x: FloatArray, told: FloatArray) -> list[Diagnostic]:
    where = model.locations
    own = np.flatnonzero((where.kind == SYMMETRIC) & (where.row == where.column))
    return [
        Diagnostic(
            "warning",
            "negative-variance",
            f"the variance {model.parameter_names[i]} is estimated as negative: {told[i]:.4g}",
            span=model.parameters[i].origin.span,
            hint="look for too few indicators, outliers or a wrong model; where it is 0 within its error, "
            "bounds = pos.var holds it there",
        )
        for i in own
        if x[i] < -_ROUNDING
    ]


def _check_responses(model: Model, x: FloatArray) -> list[Diagnostic]:
    """Residual variances of responses behind ordered variables, which are what the rest of the model leaves."""
    if model.responses is None or model.derived is None:
        return []
    left = compute_cell_values(model, x)[len(x) :].reshape(model.n_groups, -1)
    return [
        Diagnostic(
            "warning",
            "negative-variance",
            f"the residual variance of the response behind {model.observed[item]} is negative{where}: {value:.4g}",
            hint="look for too few indicators, rare answers or a wrong model",
        )
        for group, values in enumerate(left)
        for item, value in zip(model.responses.items, values, strict=True)
        if value < -_ROUNDING
        for where in (f' in group "{model.groups[group]}"' if model.n_groups > 1 else "",)
    ]


def _check_correlations(
    model: Model, x: FloatArray, symmetric: FloatArray, correlates: tuple[int, ...]
) -> list[Diagnostic]:
    where = model.locations
    found = []
    for i in np.flatnonzero((where.kind == SYMMETRIC) & (where.row != where.column)):
        if where.row[i] in correlates or where.column[i] in correlates:
            continue
        S = symmetric[where.group[i]]
        product = S[where.row[i], where.row[i]] * S[where.column[i], where.column[i]]
        if product > 0.0 and abs(x[i]) > np.sqrt(product) * (1.0 + _ROUNDING):
            message = (
                f"the correlation behind {model.parameter_names[i]} is outside -1 and 1: {x[i] / np.sqrt(product):.4g}"
            )
            span = model.parameters[i].origin.span
            found.append(Diagnostic("warning", "correlation-out-of-range", message, span=span))
    return found


def _check_matrices(
    model: Model, symmetric: FloatArray, moments: ImpliedMoments, correlates: tuple[int, ...], *, explained: bool
) -> list[Diagnostic]:
    """Σ, Ψ (latent variables) and Θ (residuals of observed ones); a named element explains the last two well enough."""
    p = model.n_observed
    found = []
    for group, label in enumerate(model.groups):
        where = f' in group "{label}"' if len(model.groups) > 1 else ""
        matrices = {
            "implied covariance matrix of the observed variables": (moments.covariance[group], False),
            "covariance matrix of the latent variables": (moments.all_covariance[group][p:, p:], True),
            "covariance matrix of the residuals": (_leave_out(symmetric[group][:p, :p], correlates), True),
        }
        for name, (matrix, may_be_explained) in matrices.items():
            if _has_negative_eigenvalue(matrix) and not (explained and may_be_explained):
                message = f"the {name} is not positive definite{where}"
                found.append(Diagnostic("warning", "not-positive-definite", message))
    return found


def _leave_out(square: FloatArray, places: tuple[int, ...]) -> FloatArray:
    """A square matrix without the rows and columns at some places."""
    return np.delete(np.delete(square, places, axis=0), places, axis=1) if places else square


def _has_negative_eigenvalue(matrix: FloatArray) -> bool:
    """Whether an eigenvalue is negative beyond rounding, variables scaled; a Cholesky factor settles the usual case."""
    if not len(matrix) or lapack.dpotrf(matrix, lower=1)[1] == 0:
        return False
    size = np.abs(np.diagonal(matrix))
    used = np.flatnonzero(size > 0.0)
    if not len(used):
        return False
    scaled = matrix[np.ix_(used, used)] / np.sqrt(np.outer(size[used], size[used]))
    return bool(np.linalg.eigvalsh(scaled)[0] < -_ROUNDING)
