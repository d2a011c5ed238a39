"""The weight that the fitted discrepancy gives to residual moments, and what is made of it."""

from sem_toolkit.discrepancy import MomentPair, Weight, once
from sem_toolkit.inference.weights.data import choose_data_kind
from sem_toolkit.sample.moments import FloatArray


@once
def build_estimator_weight(evaluation: MomentPair) -> Weight:
    """V of the discrepancy that was minimised; of incomplete rows their expected information."""
    return choose_data_kind(evaluation.sample).weight(evaluation)


@once
def compute_estimator_information(evaluation: MomentPair) -> FloatArray:
    """Σ_g share_g ΔᵀVΔ with V of the estimator, q × q: for ML the expected information."""
    return choose_data_kind(evaluation.sample).information(evaluation)


@once
def compute_estimator_quadratic(evaluation: MomentPair) -> FloatArray:
    """eᵀVe of each group (G) with V of the estimator."""
    return build_estimator_weight(evaluation).quadratic(evaluation)
