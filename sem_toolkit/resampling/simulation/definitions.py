"""Parameters and definitions of many samples, with standard errors."""

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.model import Model

FloatArray = NDArray[np.float64]


def compute_definitions(model: Model, x: FloatArray, spread: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Values and standard errors of parameters (b × q) and definitions, from the parameters' covariance matrices."""
    errors = np.sqrt(np.diagonal(spread, axis1=-2, axis2=-1))
    definitions = model.definitions
    if not definitions.names:
        return x, errors
    values = np.array([definitions.values(own) for own in x])
    slopes = np.array([definitions.jacobian(own) for own in x])
    own = np.sqrt(np.einsum("bdq,bqr,bdr->bd", slopes, spread, slopes))
    return np.concatenate([x, values], axis=1), np.concatenate([errors, own], axis=1)
