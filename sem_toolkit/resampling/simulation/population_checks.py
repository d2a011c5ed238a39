"""Whether there are variables with the covariances of a population; who is to blame where there are none."""

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.diagnostics import Diagnostic, ModelError

FloatArray = NDArray[np.float64]

_ROUNDING = 1e-10
_NAMED = 6


def require_covariances(S: FloatArray, names: tuple[str, ...], group: str) -> None:
    """Raise ModelError where the (residual) variances and covariances S (t × t) are those of no variables."""
    where = f" in group {group}" if group else ""
    deviations = np.diagonal(S)
    negative = np.flatnonzero(deviations < 0)
    if len(negative):
        name = names[negative[0]]
        message = f"the variance of {name} is {S[negative[0], negative[0]]:.4g}{where}, and no variable has one below 0"
        raise ModelError(
            Diagnostic("error", "no-population", message, hint=f"type another value: {name} ~~ 0.5*{name}")
        )
    excess = np.tril(np.abs(S) - np.sqrt(np.outer(deviations, deviations)), -1)
    i, j = np.unravel_index(int(excess.argmax()), excess.shape)
    if excess[i, j] > _ROUNDING:
        message = f"the (residual) correlation of {names[j]} and {names[i]} is beyond ±1{where}"
        hint = f"the covariance {S[i, j]:.4g} goes with variances {S[j, j]:.4g} and {S[i, i]:.4g}"
        raise ModelError(Diagnostic("error", "no-population", message, hint=hint))
    smallest = float(np.linalg.eigvalsh(S)[0])
    if smallest < -_ROUNDING * max(float(deviations.max()), 1.0):
        linked = [name for name, row in zip(names, S, strict=True) if np.count_nonzero(row) > 1]
        message = f"no variables have these (residual) covariances{where}: {', '.join(linked[:_NAMED])}"
        hint = f"their matrix is not positive definite (smallest eigenvalue {smallest:.3g}); weaken some of them"
        raise ModelError(Diagnostic("error", "no-population", message, hint=hint))


def require_definite(covariance: FloatArray, names: tuple[str, ...], groups: tuple[str, ...]) -> None:
    """Raise ModelError where the observed variables of a group (G × p × p) do not vary, or determine each other."""
    for label, matrix in zip(groups, covariance, strict=True):
        deviations = np.sqrt(np.diagonal(matrix))
        where = f" in group {label}" if label else ""
        if not (deviations > 0).all():
            message = f"{names[int(deviations.argmin())]} does not vary in the population{where}"
            raise ModelError(Diagnostic("error", "no-population", message, hint="give it a variance above 0"))
        values, vectors = np.linalg.eigh(matrix / np.outer(deviations, deviations))
        if values[0] < _ROUNDING:
            heavy = np.argsort(-np.abs(vectors[:, 0]))[:3]
            message = (
                f"the covariance matrix of the population is not positive definite{where}: "
                f"{', '.join(names[i] for i in sorted(heavy))} determine each other"
            )
            hint = "give them residual variances above 0"
            raise ModelError(Diagnostic("error", "no-population", message, hint=hint))
