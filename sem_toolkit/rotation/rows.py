"""Loadings as a rotation criterion sees them: of standardised items, with rows of length 1 where that is asked for."""

import numpy as np

from sem_toolkit.rotation.options import RotationOptions
from sem_toolkit.rotation.parsimony import Stack


def weigh_rows(loadings: Stack, phi: Stack, theta: Stack, options: RotationOptions) -> Stack:
    """Λ (... × p × m) with each row over the item's standard deviation, and over the root of its communality (Kaiser).

    phi    ... × m × m, by which communalities diag(ΛΦΛᵀ) are made: the identity for unrotated loadings
    theta  ... × p residual variances
    """
    common = ((loadings @ phi) * loadings).sum(axis=-1)
    scale = common + theta if options.std_ov else np.ones_like(common)
    if options.normalizes:
        scale = scale * np.where(common == 0.0, 1.0, common / scale)
    return np.asarray(loadings / np.sqrt(scale)[..., None])
