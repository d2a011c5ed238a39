"""Whether a model implies moments at all: loops that never die out, numbers that overflow."""

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.diagnostics import Diagnostic, ModelError
from sem_toolkit.model.identification import draw_population
from sem_toolkit.model.moments import compute_matrices, compute_moments
from sem_toolkit.model.ram import Model

FloatArray = NDArray[np.float64]

_POINTS = 3
_SINGULAR = 1e13  # condition number of I − A
_OVERFLOW = 1e120  # the square of a covariance and of its inverse have to be finite


def require_moments(model: Model, seed: int = 20260) -> None:
    """Raise ModelError where the model implies no moments, whatever its parameters: x1 ~ 1*x2 and x2 ~ 1*x1."""
    rng = np.random.default_rng(seed)
    found = [_find_no_moments(*draw_population(model, rng)) for _ in range(_POINTS)]
    faults = [fault for fault in found if fault is not None]
    if len(faults) == _POINTS:
        raise ModelError(faults[0])


def _find_no_moments(model: Model, x: FloatArray) -> Diagnostic | None:
    """Why there are no moments at x (q): a loop that feeds back as much as it gets, or numbers that overflow."""
    if model.depth is None:
        directed = compute_matrices(model, x).directed
        closing = np.eye(directed.shape[-1]) - directed
        if not np.isfinite(closing).all() or np.linalg.cond(closing).max() > _SINGULAR:
            return _describe_loop(model, directed)
    try:
        with np.errstate(all="ignore"):
            moments = compute_moments(model, x)
    except np.linalg.LinAlgError:
        return _describe_no_moments()
    parts = [moments.all_covariance] if moments.all_mean is None else [moments.all_covariance, moments.all_mean]
    largest = max(float(np.abs(part).max(initial=0.0)) for part in parts)
    return None if largest < _OVERFLOW else _describe_no_moments()


def _describe_no_moments() -> Diagnostic:
    message = "the model implies no finite covariance matrix"
    hint = "look at values that are fixed, at bounds and at constraints: some are too large"
    return Diagnostic("error", "no-implied-moments", message, hint=hint)


def _describe_loop(model: Model, directed: FloatArray) -> Diagnostic:
    """The variables of the loops: those that can be reached from themselves, in any group."""
    reach = (directed != 0.0).reshape(-1, *directed.shape[-2:]).any(axis=0)
    for _ in range(max(len(reach) - 1, 1).bit_length()):
        reach = reach | (reach @ reach)
    names = [name for name, inside in zip(model.variables, np.diagonal(reach), strict=True) if inside]
    shown = ", ".join(f'"{name}"' for name in names[:6]) + (" …" if len(names) > 6 else "")
    message = f"the effects around the loop of {shown} never die out, so that the model implies no covariance matrix"
    hint = "the product of the effects around a loop has to be less than 1: free one of them, or take the loop out"
    return Diagnostic("error", "no-implied-moments", message, hint=hint)
