"""Covariances of estimates that were found stage by stage: by instruments, or measurement before structure."""

from sem_toolkit.estimation.instruments.search import Instrumental
from sem_toolkit.estimation.steps.search import Steps
from sem_toolkit.inference.at_estimate import AtEstimate
from sem_toolkit.inference.errors.instruments import compute_instrument_covariance
from sem_toolkit.inference.errors.steps import compute_step_covariance
from sem_toolkit.inference.options import InferenceOptions
from sem_toolkit.sample.moments import FloatArray


def compute_staged_covariance(evaluation: AtEstimate, options: InferenceOptions) -> FloatArray:
    """Covariance matrix of x (q × q) that heeds what earlier stages left uncertain."""
    stages = evaluation.stages
    if isinstance(stages, Instrumental):
        return compute_instrument_covariance(evaluation, stages, options)
    assert isinstance(stages, Steps)  # noqa: S101 (there are no other stages)
    return compute_step_covariance(evaluation, stages, options)
