"""Covariance matrices of estimates that came about stage by stage: each kind of stages has its own."""

from sem_toolkit.estimation.instruments.search import Instrumental
from sem_toolkit.inference.at_estimate import AtEstimate
from sem_toolkit.inference.errors.instruments import compute_instrument_covariance
from sem_toolkit.inference.options import InferenceOptions
from sem_toolkit.sample.moments import FloatArray


def compute_staged_covariance(evaluation: AtEstimate, stages: Instrumental, options: InferenceOptions) -> FloatArray:
    """Covariance matrix of x (q × q)."""
    return compute_instrument_covariance(evaluation, stages, options)
