"""Two stages: the moments of the saturated model are fitted as if complete, and what they vary by is told to the tests.

Ω of a group is n times the covariance matrix of its saturated estimates: the inverse of their observed information
(Savalei & Bentler, 2009, Structural Equation Modeling 16, 477-497), or the sandwich with the cross-products of the
scores (robust: Savalei & Falk, 2014, Structural Equation Modeling 21, 524-546). With auxiliary variables it is that of
all variables together, of which the model's are taken. The weight of the moments is their information from complete
rows at the saturated estimates.
"""

import numpy as np

from sem_toolkit.discrepancy import DenseWeight, MomentPair, NormalWeight, Weight, invert_symmetric, once
from sem_toolkit.discrepancy.vectors import find_conditional
from sem_toolkit.inference.weights.complete import CompleteData, Gammas, weigh
from sem_toolkit.inference.weights.moment_information import find_kept, invert_known
from sem_toolkit.model.jacobian import vech_indices
from sem_toolkit.sample.incomplete import compute_incomplete_likelihood
from sem_toolkit.sample.moments import FloatArray


class TwoStageData(CompleteData):
    """What the saturated model's moments say of incomplete rows (see `DataKind`): as if complete, but for weights."""

    has_equations = False
    has_products = False

    def robust_weight(self, pair: MomentPair, information: str) -> Weight:
        return build_unstructured_weight(pair) if pair.kind.is_likelihood else weigh(pair)

    def weight_of_changes(self, pair: MomentPair) -> Weight | None:
        """By maximum likelihood that of the saturated model, as in lavaan."""
        return build_unstructured_weight(pair) if pair.kind.is_likelihood else None

    def times_information(self, pair: MomentPair, information: str, group: int, columns: FloatArray) -> FloatArray:
        return self.robust_weight(pair, information).times(group, columns)

    def gammas(self, pair: MomentPair) -> Gammas | None:
        return list_two_stage_covariances(pair)

    def casewise_gammas(self, pair: MomentPair) -> Gammas:
        return list_two_stage_covariances(pair)

    def residual_gammas(self, pair: MomentPair, information: str, *, robust: bool) -> Gammas | None:
        return list_two_stage_covariances(pair)

    def residual_weight(self, pair: MomentPair) -> Weight:
        return build_structured_weight(pair)

    def explained(self, pair: MomentPair) -> FloatArray:
        weight = build_unstructured_weight(pair) if pair.kind.is_likelihood else weigh(pair)
        return np.asarray(1.0 - weight.quadratic(pair) / weight.observed_quadratic(pair))


@once
def list_two_stage_covariances(evaluation: MomentPair) -> tuple[FloatArray, ...]:
    """Ω of each group (m × m); 0 for the moments of fixed exogenous variables alone."""
    p, found = evaluation.model.n_observed, []
    for group in evaluation.sample.groups:
        saturated = group.saturated
        assert saturated is not None  # noqa: S101 (two stages begin with it)
        size = len(saturated.mean)
        rows, cols = vech_indices(size)
        kept = np.flatnonzero(find_conditional(size, evaluation.exogenous, means=True))
        inverse = invert_known(saturated.likelihood.information(expected=False), kept)
        if evaluation.sample.missing == "robust.two.stage":
            scores = saturated.likelihood.casewise_scores()
            inverse = inverse @ (scores.T @ scores / saturated.likelihood.patterns.total) @ inverse
        first = np.arange(p) if evaluation.has_means else np.zeros(0, dtype=np.intp)
        own = np.concatenate([first, size + np.flatnonzero((rows < p) & (cols < p))])
        found.append(inverse[np.ix_(own, own)])
    return tuple(found)


@once
def build_structured_weight(evaluation: MomentPair) -> DenseWeight:
    """The inverse of Ω at the implied moments, by the rows of the model's variables; 0 as above, and NaN where the
    likelihood has no value there or the robust Ω has no inverse.
    """
    p, matrices = evaluation.model.n_observed, []
    kept, size = find_kept(evaluation), evaluation.moments_per_group
    mean = evaluation.moments.mean
    assert mean is not None  # noqa: S101 (two stages have means)
    for g, group in enumerate(evaluation.sample.groups):
        assert group.saturated is not None  # noqa: S101
        patterns = group.saturated.likelihood.patterns.pick(np.arange(p))
        likelihood = compute_incomplete_likelihood(patterns, mean[g], evaluation.implied_cov[g])
        if likelihood is None:
            matrices.append(np.full((size,) * 2, np.nan))
            continue
        weight = likelihood.information(expected=False)[np.ix_(kept, kept)]
        if evaluation.sample.missing == "robust.two.stage":
            scores = likelihood.casewise_scores()[:, kept]
            if np.linalg.matrix_rank(scores) < len(kept):  # fewer rows than moments: there is no such weight
                matrices.append(np.full((size,) * 2, np.nan))
                continue
            weight = weight @ np.linalg.solve(scores.T @ scores / patterns.total, weight)
        whole = np.zeros((size,) * 2)
        whole[np.ix_(kept, kept)] = weight
        matrices.append(whole)
    return DenseWeight(tuple(matrices))


@once
def build_unstructured_weight(evaluation: MomentPair) -> NormalWeight:
    """Information of complete moments at the saturated estimates."""
    return NormalWeight(invert_symmetric(evaluation.sample_cov))
