"""Log-likelihoods from what estimation minimises."""

from sem_toolkit.inference.at_estimate import AtEstimate


def compute_logl(evaluation: AtEstimate) -> tuple[float, float]:
    """Log-likelihoods at the estimate and of the saturated model, all groups, given fixed exogenous variables.

    The first is −½ n F less than the second, F what ML minimises; without means in the model they are saturated.
    """
    saturated = evaluation.data.saturated_logl(evaluation)
    lost = 0.5 * float(evaluation.rows @ evaluation.data.discrepancy(evaluation))
    return saturated - lost, saturated
