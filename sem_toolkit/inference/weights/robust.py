"""The weight V that sandwiches and scaled tests give to moments."""

from sem_toolkit.discrepancy import MomentPair, Weight, once
from sem_toolkit.inference.weights.data import choose_data_kind


@once
def build_robust_weight(evaluation: MomentPair, information: str) -> Weight:
    """V: the weight of the estimator, or, for ML by "observed" information, that of the saturated model's moments."""
    return choose_data_kind(evaluation.sample).robust_weight(evaluation, information)
