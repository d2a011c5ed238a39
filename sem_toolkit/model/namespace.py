"""Which array library numbers belong to: kernels over stacks use that of their inputs and know no other.

The names are those of the array API standard (data-apis.org), which NumPy 2 follows. Arrays of libraries that follow it
only through array-api-compat are taken where that is installed.
"""

from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.diagnostics import Diagnostic, OptionError

Array = Any
"""An array of any library: what NumPy is typed as elsewhere."""


def get_namespace(array: Array) -> Any:
    """The functions that belong to an array; raises OptionError where there are none."""
    if isinstance(array, np.ndarray):
        return np
    if hasattr(array, "__array_namespace__"):
        return array.__array_namespace__()
    try:
        return import_module("array_api_compat").array_namespace(array)
    except (ImportError, TypeError):
        kind = f"{type(array).__module__}.{type(array).__name__}"
        message = f"numbers of the type {kind} follow no array standard"
        hint = "give NumPy arrays, or install array-api-compat for those of PyTorch"
        raise OptionError(Diagnostic("error", "no-array-namespace", message, hint=hint)) from None


def move_to(constant: NDArray[Any], like: Array) -> Array:
    """A NumPy array as one of the library and on the device of another; floats in its precision."""
    if isinstance(like, np.ndarray):
        return constant
    space = get_namespace(like)
    precision = like.dtype if constant.dtype.kind == "f" else None
    return space.asarray(constant, dtype=precision, device=like.device)


def take(array: Array, places: NDArray[np.intp], axis: int) -> Array:
    """The slices at these places (k) along an axis."""
    if isinstance(array, np.ndarray):
        return array.take(places, axis=axis)
    return get_namespace(array).take(array, move_to(places, array), axis=axis)


def reshape(array: Array, shape: tuple[int, ...]) -> Array:
    """The same numbers in another shape."""
    return array.reshape(shape) if isinstance(array, np.ndarray) else get_namespace(array).reshape(array, shape)


def swap(matrix: Array) -> Array:
    """The transposes of matrices (... × p × q)."""
    return matrix.swapaxes(-1, -2) if isinstance(matrix, np.ndarray) else get_namespace(matrix).matrix_transpose(matrix)
