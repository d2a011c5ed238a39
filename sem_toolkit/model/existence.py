"""Whether a model implies moments at all: loops that never die out, numbers that overflow."""

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.diagnostics import Diagnostic, ModelError
from sem_toolkit.model.moments import compute_matrices, compute_moments
from sem_toolkit.model.population import draw_point, fill_unknown_moments
from sem_toolkit.model.ram import Model

FloatArray = NDArray[np.float64]

_POINTS = 3
_SINGULAR = 1e13  # condition number of I − A
_OVERFLOWS = 1e70  # the squares of squares of moments have to be finite


def require_moments(model: Model) -> None:
    """Raise ModelError where the model implies no moments, whatever its parameters: x1 ~ 1*x2 and x2 ~ 1*x1."""
    draw_usable_points(model)


def draw_usable_points(model: Model, seed: int = 20260) -> tuple[Model, list[FloatArray]]:
    """The model with random moments of its exogenous variables, and random points x (q) with moments; at least one.

    Raises ModelError for a model that implies no moments anywhere: a loop whose effects multiply to 1, values so large
    that their squares overflow.
    """
    rng = np.random.default_rng(seed)
    filled = fill_unknown_moments(model, rng)
    points = [draw_point(filled, rng) for _ in range(_POINTS)]
    faults = [_find_fault(filled, x) for x in points]
    usable = [x for x, fault in zip(points, faults, strict=True) if fault is None]
    if not usable:
        raise ModelError(next(fault for fault in faults if fault is not None))
    return filled, usable


def _find_fault(model: Model, x: FloatArray) -> Diagnostic | None:
    """Why there are no moments at x (q) that can be squared; None where there are."""
    if model.n_parameters and not np.abs(x).max() < _OVERFLOWS:
        name = model.parameter_names[int(np.argmax(np.nan_to_num(np.abs(x), nan=np.inf)))]
        return _describe_size(f"the constraints ask for values of {name} with which nothing can be computed")
    try:
        with np.errstate(all="ignore"):
            moments = compute_moments(model, x)
            directed = compute_matrices(model, x).directed
            closing = np.eye(directed.shape[-1]) - directed
            # the condition number in the norm that costs least: B = (I − A)⁻¹ is at hand
            condition = np.abs(moments.total_effects).sum(axis=-2).max() * np.abs(closing).sum(axis=-2).max()
    except np.linalg.LinAlgError:
        return _describe_loop(model, compute_matrices(model, x).directed)
    parts = [moments.columns, moments.covariance, *([] if moments.mean is None else [moments.mean])]
    largest = max(float(np.abs(part).max(initial=0.0)) for part in parts)
    if model.depth is None and not condition < _SINGULAR:
        return _describe_loop(model, directed)
    if not (largest < _OVERFLOWS and np.isfinite(condition)):
        return _describe_size(
            "the model implies no finite moments: some value that is fixed or constrained is too large"
        )
    return None


def _describe_size(message: str) -> Diagnostic:
    return Diagnostic("error", "value-out-of-range", message, hint="measure the variables in other units")


def _describe_loop(model: Model, directed: FloatArray) -> Diagnostic:
    """The variables of the loops: those that can be reached from themselves, in any group."""
    reach = (directed != 0.0).reshape(-1, *directed.shape[-2:]).any(axis=0)
    for _ in range(max(len(reach) - 1, 1).bit_length()):
        reach = reach | (reach @ reach)
    names = [name for name, inside in zip(model.variables, np.diagonal(reach), strict=True) if inside]
    shown = ", ".join(f'"{name}"' for name in names[:6]) + (" …" if len(names) > 6 else "")
    message = f"the effects around the loop of {shown} multiply to 1, so that the model implies no covariance matrix"
    hint = "they have to multiply to less than 1: free one of them, fix it at another value, or take the loop out"
    return Diagnostic("error", "singular-loop", message, hint=hint)
