"""What fit measures take from two levels: residual correlations by level, as in lavaan."""

import numpy as np

from sem_toolkit.inference.at_estimate import AtEstimate
from sem_toolkit.inference.exact_fit.reference import ReferenceTests
from sem_toolkit.inference.exact_fit.statistics import TestStatistic
from sem_toolkit.inference.measures.robust import RobustVariants, build_robust_variants
from sem_toolkit.sample.moments import FloatArray, compute_correlation


class LevelVariables:
    """Of rows in clusters (see `VariableKind`)."""

    def compute_residual_measures(self, evaluation: AtEstimate) -> dict[str, float]:
        shares = evaluation.shares[0::2]
        within, between = (float(shares @ compute_level_srmr(evaluation, level)) for level in (0, 1))
        return {"srmr": within + between, "srmr_within": within, "srmr_between": between}

    def build_robust(self, evaluation: AtEstimate, tests: ReferenceTests) -> RobustVariants:
        return build_robust_variants(tests)

    def count(self, evaluation: AtEstimate) -> int:
        """Those of the level within clusters, as in lavaan."""
        presence = evaluation.model.presence
        assert presence is not None  # noqa: S101 (the groups are levels)
        return int(presence[0].sum())

    def compute_indices(self, evaluation: AtEstimate, test: TestStatistic) -> dict[str, float]:
        """None: they are of moments of one level."""
        return {}


def compute_level_srmr(evaluation: AtEstimate, level: int) -> FloatArray:
    """Root mean square of the residual correlations of a level (0: within clusters, 1: between) in each group (G).

    The diagonal, which is 0, counts. NaN where a variance is not positive.
    Source: Ryu & West (2009), Structural Equation Modeling 16, 583-601.
    """
    presence = evaluation.model.presence
    assert presence is not None  # noqa: S101 (the groups are levels)
    found = []
    for g in range(level, evaluation.model.n_groups, 2):
        chosen = np.ix_(presence[g], presence[g])
        S, Sigma = evaluation.sample_cov[g][chosen], evaluation.implied_cov[g][chosen]
        with np.errstate(invalid="ignore", divide="ignore"):
            residual = compute_correlation(S) - compute_correlation(Sigma)
        p = len(S)
        found.append(np.sqrt((np.tril(residual) ** 2).sum() / (p * (p + 1) / 2)))
    return np.array(found)
