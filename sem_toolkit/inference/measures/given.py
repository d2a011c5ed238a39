"""What fit measures take from numeric variables given exogenous ones (conditional_x).

The statistics are residual covariances, intercepts and slopes (`exact_fit.given_residuals`). Slopes are standardised by
the deviations of x and of the residuals.
"""

import numpy as np

from sem_toolkit.inference.at_estimate import AtEstimate
from sem_toolkit.inference.exact_fit.given_residuals import compute_design, regress_implied, regress_sample
from sem_toolkit.inference.exact_fit.reference import ReferenceTests
from sem_toolkit.inference.exact_fit.statistics import TestStatistic
from sem_toolkit.inference.measures.indices import compute_lisrel_measures, compute_other_measures
from sem_toolkit.inference.measures.residual_indices import average_indices, compute_residual_indices
from sem_toolkit.inference.measures.robust import RobustVariants, build_robust_variants
from sem_toolkit.sample.moments import FloatArray


class GivenVariables:
    """Of moments given exogenous variables (see `VariableKind`)."""

    def compute_residual_measures(self, evaluation: AtEstimate) -> dict[str, float]:
        groups = range(evaluation.model.n_groups)
        sample, implied = ([find(evaluation, g) for g in groups] for find in (regress_sample, regress_implied))
        gaps = [own.slopes - other.slopes for own, other in zip(sample, implied, strict=True)]
        given = list(evaluation.exogenous)
        spreads = [np.sqrt(np.diag(covariance)[given]) for covariance in evaluation.sample_cov]
        along = [
            gap * spread / np.sqrt(np.diag(own.residual))[:, None]
            for gap, spread, own in zip(gaps, spreads, sample, strict=True)
        ]
        found = compute_residual_indices(
            np.stack([own.residual for own in sample]),
            np.stack([own.residual for own in implied]),
            np.stack([own.intercepts for own in sample]),
            np.stack([own.intercepts for own in implied]),
            (np.stack(gaps).reshape(len(gaps), -1), np.stack(along).reshape(len(along), -1)),
        )
        return average_indices(found, evaluation.rows)

    def build_robust(self, evaluation: AtEstimate, tests: ReferenceTests) -> RobustVariants:
        return build_robust_variants(tests)

    def count(self, evaluation: AtEstimate) -> int:
        return evaluation.model.n_observed - len(evaluation.exogenous)

    def compute_indices(self, evaluation: AtEstimate, test: TestStatistic) -> dict[str, float]:
        explained = float(compute_explained(evaluation) @ evaluation.rows / evaluation.rows.sum())
        count = count_statistics(evaluation) * evaluation.model.n_groups
        others = compute_other_measures(test.stat, test.df, evaluation.npar, evaluation.total)
        return compute_lisrel_measures(explained, test.df, count) | others


class GivenIncompleteVariables(GivenVariables):
    """The same of rows with empty cells, where LISREL's indices have no definition of ours."""

    def compute_indices(self, evaluation: AtEstimate, test: TestStatistic) -> dict[str, float]:
        return compute_other_measures(test.stat, test.df, evaluation.npar, evaluation.total)


def compute_explained(evaluation: AtEstimate) -> FloatArray:
    """LISREL's GFI of each group (G): 1 − eᵀWe/sᵀWs with W of normal theory at the model."""
    found = []
    for g in range(evaluation.model.n_groups):
        sample, implied = regress_sample(evaluation, g), regress_implied(evaluation, g)
        design = compute_design(evaluation, g)
        inverse = np.asarray(np.linalg.inv(implied.residual), dtype=np.float64)
        gap = sample.coefficients - implied.coefficients
        rest = _measure(sample.residual - implied.residual, gap, inverse, design)
        found.append(1.0 - rest / _measure(sample.residual, sample.coefficients, inverse, design))
    return np.array(found)


def _measure(residual: FloatArray, coefficients: FloatArray, inverse: FloatArray, design: FloatArray) -> float:
    """Their quadratic form: ½tr((QR)²) + tr(QBXBᵀ), X the second moments of (1, x)."""
    turned = inverse @ residual
    return float(0.5 * np.trace(turned @ turned) + np.trace(inverse @ coefficients @ design @ coefficients.T))


def count_statistics(evaluation: AtEstimate) -> int:
    """Residual moments, intercepts and slopes of a group."""
    x = len(evaluation.exogenous)
    y = evaluation.model.n_observed - x
    return y * (y + 1) // 2 + y + y * x
