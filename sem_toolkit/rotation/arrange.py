"""Signs and order of rotated factors, which no criterion decides."""

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.rotation.options import RotationOptions

FloatArray = NDArray[np.float64]

_LARGE = 0.8
"""Share of its largest loading from which a loading counts for the place of a factor."""


def arrange_factors(
    rotation: FloatArray, loadings: FloatArray, options: RotationOptions, target: FloatArray | None = None
) -> FloatArray:
    """The rotation (m × m) with its factors turned, so that their loadings (p × m) have positive sums, and ordered.

    Factors with a target keep their order, and the sign that the target gives them where it is not 0.
    Order by "index": by the mean place of the loadings that are at least 0.8 of the factor's largest one. Source:
    Asparouhov & Muthén (2009), Structural Equation Modeling 16, 397-438, appendix D.
    """
    signs = np.where(loadings.sum(axis=0) < 0.0, -1.0, 1.0) if options.reflect else np.ones(loadings.shape[1])
    if target is not None:
        signs = np.where(np.nan_to_num(target).any(axis=0), 1.0, signs)
    rotation, loadings = rotation * signs, loadings * signs
    if options.order == "none" or target is not None:
        return rotation
    first = 1 if options.has_general else 0  # the general factor stays in front
    if options.order == "sumofsquares":
        places = -(loadings**2).sum(axis=0)
    else:
        size = np.abs(loadings)
        large = size >= _LARGE * size.max(axis=0)
        places = (large * np.arange(len(loadings))[:, None]).sum(axis=0) / large.sum(axis=0)
    order = np.concatenate([np.arange(first), first + np.argsort(places[first:], kind="stable")])
    return np.asarray(rotation[:, order])
