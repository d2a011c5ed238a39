"""The covariance matrix of estimates, however they came about: those found stage by stage have their own."""

import numpy as np

from sem_toolkit.inference.at_estimate import AtEstimate
from sem_toolkit.inference.errors.covariance import compute_parameter_covariance_matrix
from sem_toolkit.inference.options import InferenceOptions
from sem_toolkit.sample.moments import FloatArray


def compute_estimate_covariance(evaluation: AtEstimate, options: InferenceOptions) -> FloatArray:
    """Covariance matrix of x (q × q) by the kind of standard errors asked for; NaN where none are."""
    if options.se == "bootstrap":
        spread = None if options.resampled is None else options.resampled.covariance
        return np.full((evaluation.model.n_parameters,) * 2, np.nan) if spread is None else spread
    if options.se == "none" or evaluation.stages is None:
        return compute_parameter_covariance_matrix(evaluation, options)
    from sem_toolkit.inference.errors.staged import compute_staged_covariance

    return compute_staged_covariance(evaluation, options)
