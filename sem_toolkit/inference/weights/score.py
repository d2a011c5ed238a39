"""The slope of the fit, and the information that score tests and modification indices hold it against."""

from sem_toolkit.discrepancy import MomentPair, Weight, once
from sem_toolkit.inference.weights.data import choose_data_kind
from sem_toolkit.inference.weights.estimator import build_estimator_weight, compute_estimator_information
from sem_toolkit.inference.weights.information import compute_gradient_of_fit
from sem_toolkit.sample.moments import FloatArray


def build_score_weight(evaluation: MomentPair) -> Weight:
    """V of that information: the estimator's, or, in two stages by ML, that of the saturated model, as in lavaan."""
    return choose_data_kind(evaluation.sample).weight_of_changes(evaluation) or build_estimator_weight(evaluation)


@once
def compute_score_information(evaluation: MomentPair) -> FloatArray:
    """Σ_g share_g ΔᵀVΔ, q × q."""
    other = choose_data_kind(evaluation.sample).weight_of_changes(evaluation)
    return compute_estimator_information(evaluation) if other is None else other.information(evaluation)


def compute_score_vector(evaluation: MomentPair) -> FloatArray:
    """Gradient of logl/N, or of half the discrepancy with its sign turned."""
    if evaluation.kind.is_likelihood:
        return -compute_gradient_of_fit(evaluation)
    sized = evaluation.sized  # groups weigh by n − 1, as in what was minimised
    return build_estimator_weight(evaluation).slope(sized) * (evaluation.total / float(evaluation.rows.sum()))
