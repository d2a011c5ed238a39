"""What fit measures take from numeric variables."""

from sem_toolkit.inference.at_estimate import AtEstimate
from sem_toolkit.inference.exact_fit.reference import ReferenceTests
from sem_toolkit.inference.exact_fit.statistics import TestStatistic
from sem_toolkit.inference.measures.indices import compute_lisrel_measures, compute_other_measures
from sem_toolkit.inference.measures.residual_indices import average_indices, compute_residual_indices
from sem_toolkit.inference.measures.robust import RobustVariants, build_robust_variants


class NumericVariables:
    """Of means and covariances (see `VariableKind`)."""

    def compute_residual_measures(self, evaluation: AtEstimate) -> dict[str, float]:
        found = compute_residual_indices(
            evaluation.sample_cov, evaluation.implied_cov, evaluation.sample_mean, evaluation.moments.mean
        )
        return average_indices(found, evaluation.rows)

    def build_robust(self, evaluation: AtEstimate, tests: ReferenceTests) -> RobustVariants:
        return build_robust_variants(tests)

    def count(self, evaluation: AtEstimate) -> int:
        return evaluation.model.n_observed

    def compute_indices(self, evaluation: AtEstimate, test: TestStatistic) -> dict[str, float]:
        others = compute_other_measures(test.stat, test.df, evaluation.npar, evaluation.total)
        return compute_explained_measures(evaluation, test.df) | others


def compute_explained_measures(evaluation: AtEstimate, df: float) -> dict[str, float]:
    """LISREL's indices of all moments."""
    explained = float(evaluation.data.explained(evaluation) @ evaluation.rows / evaluation.rows.sum())
    return compute_lisrel_measures(explained, df, evaluation.moments_per_group * evaluation.model.n_groups)
