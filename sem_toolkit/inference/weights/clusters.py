"""Rows in clusters: scores are summed within them, so that whatever makes rows of a cluster alike is counted.

Cross-products of c sums are multiplied by c/(c − 1) in each group, as in lavaan. The saturated model is taken at its
own estimates. Sources: Muthén & Satorra (1995), Sociological Methodology 25, 267-316; Asparouhov & Muthén (2005),
Multivariate statistical modeling with survey data.
"""

from sem_toolkit.discrepancy import MomentPair, once
from sem_toolkit.inference.weights.moment_information import find_kept, invert_known
from sem_toolkit.sample.incomplete import IncompleteLikelihood, compute_incomplete_likelihood
from sem_toolkit.sample.moments import FloatArray
from sem_toolkit.sample.patterns import build_patterns


@once
def _list_saturated(evaluation: MomentPair) -> tuple[IncompleteLikelihood, ...]:
    """The likelihood of each group at the saturated model's estimates, which complete rows have too."""
    found = []
    for group in evaluation.sample.groups:
        if group.saturated is not None:
            found.append(group.saturated.likelihood)
            continue
        assert group.data is not None  # noqa: S101 (clusters are of rows)
        assert group.mean is not None  # noqa: S101
        likelihood = compute_incomplete_likelihood(
            build_patterns(group.data, group.design.weights), group.mean, group.covariance
        )
        assert likelihood is not None  # noqa: S101 (samples are positive definite)
        found.append(likelihood)
    return tuple(found)


@once
def list_cluster_crosses(evaluation: MomentPair) -> tuple[FloatArray, ...]:
    """Cross-products of the saturated model's scores over n, each group (m × m)."""
    crosses = []
    for g, likelihood in enumerate(_list_saturated(evaluation)):
        sums = evaluation.sample.groups[g].design.sum_draws(likelihood.casewise_scores())
        first = 0 if evaluation.has_means else evaluation.model.n_observed
        crosses.append((sums.T @ sums / likelihood.patterns.total)[first:, first:])
    return tuple(crosses)


@once
def list_cluster_covariances(evaluation: MomentPair) -> tuple[FloatArray, ...]:
    """n times the covariance matrix of the saturated estimates of each group (m × m), free of distribution."""
    parts = zip(_list_saturated(evaluation), list_cluster_crosses(evaluation), strict=True)
    found = []
    for likelihood, cross in parts:
        inverse = _invert(evaluation, likelihood.information(expected=False))
        found.append(inverse @ cross @ inverse)
    return tuple(found)


@once
def compute_cluster_trace(evaluation: MomentPair, kind: str) -> tuple[float, int]:
    """tr(A₁⁻¹B₁) of the saturated model, all groups, and the number of its moments, without fixed exogenous ones."""
    total = 0.0
    for likelihood, cross in zip(_list_saturated(evaluation), list_cluster_crosses(evaluation), strict=True):
        information = likelihood.information(expected=kind == "expected")
        total += float((_invert(evaluation, information) * cross).sum())
    kept = find_kept(evaluation)
    free = len(kept) if evaluation.has_means else int((kept >= evaluation.model.n_observed).sum())
    return total, len(evaluation.sample.groups) * free


def _invert(evaluation: MomentPair, information: FloatArray) -> FloatArray:
    """The inverse of the saturated information; without means in the model only that of the covariances.

    At the saturated estimates of complete rows the two are independent, and without means rows are complete.
    """
    inverse = invert_known(information, find_kept(evaluation))
    first = 0 if evaluation.has_means else evaluation.model.n_observed
    return inverse[first:, first:]
