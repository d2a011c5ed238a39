"""The slope of the fit, and the information that score tests and modification indices hold it against."""

from sem_toolkit.discrepancy import MomentPair, Weight, once
from sem_toolkit.inference.weights.estimator import build_estimator_weight, compute_estimator_information
from sem_toolkit.inference.weights.information import compute_gradient_of_fit
from sem_toolkit.inference.weights.two_stage import build_unstructured_weight
from sem_toolkit.sample.moments import FloatArray


def is_unstructured(evaluation: MomentPair) -> bool:
    """Whether the information is that of the saturated model, as in two stages by maximum likelihood in lavaan."""
    return evaluation.is_two_stage and evaluation.kind.is_likelihood


def build_score_weight(evaluation: MomentPair) -> Weight:
    """V of that information."""
    return build_unstructured_weight(evaluation) if is_unstructured(evaluation) else build_estimator_weight(evaluation)


@once
def compute_score_information(evaluation: MomentPair) -> FloatArray:
    """Σ_g share_g ΔᵀVΔ, q × q."""
    if is_unstructured(evaluation):
        return build_unstructured_weight(evaluation).information(evaluation)
    return compute_estimator_information(evaluation)


def compute_score_vector(evaluation: MomentPair) -> FloatArray:
    """Gradient of logl/N, or of half the discrepancy with its sign turned."""
    if evaluation.kind.is_likelihood:
        return -compute_gradient_of_fit(evaluation)
    sized = evaluation.sized  # groups weigh by n − 1, as in what was minimised
    return build_estimator_weight(evaluation).slope(sized) * (evaluation.total / float(evaluation.rows.sum()))


def count_score_rows(evaluation: MomentPair) -> float:
    """N of the statistic: all rows for least squares, whose score carries (n − 1)/n, as in lavaan."""
    return evaluation.total if evaluation.kind.is_likelihood else float(evaluation.rows.sum())
