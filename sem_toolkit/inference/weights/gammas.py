"""Γ of a sample's statistics as a matrix, where it does not come from complete rows one by one."""

from sem_toolkit.discrepancy import MomentPair
from sem_toolkit.inference.weights.two_stage import list_two_stage_covariances
from sem_toolkit.sample.moments import FloatArray


def list_statistic_covariances(evaluation: MomentPair) -> tuple[FloatArray, ...] | None:
    """n times the covariance matrix (m × m) of the statistics of each group that have been estimated from rows before:
    thresholds and polychoric correlations, the saturated model's moments, or those of latent variables. None for
    moments of rows themselves.
    """
    if evaluation.kind.is_categorical:
        return tuple(own.gamma for own in evaluation.statistics)
    if evaluation.is_two_stage:
        return tuple(list_two_stage_covariances(evaluation))
    known = tuple(group.moment_gamma for group in evaluation.sample.groups if group.moment_gamma is not None)
    return known or None
