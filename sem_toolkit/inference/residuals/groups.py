"""Residuals of one group in the metric that they are shown in, with standard errors and z."""

from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np

from sem_toolkit.inference.at_estimate import AtEstimate
from sem_toolkit.inference.options import InferenceOptions
from sem_toolkit.inference.residuals.summaries import ResidualSummary, SummaryType
from sem_toolkit.model.jacobian import vech_indices
from sem_toolkit.sample.moments import FloatArray, compute_correlation

SCALED_BY_SE = frozenset({"normalized", "standardized", "standardized.mplus"})
"""Types whose values are divided by their standard errors."""
ResidualType = Literal["raw", "cor.bollen", "cor.bentler", "normalized", "standardized", "standardized.mplus"]


@dataclass(frozen=True, eq=False)
class GroupResiduals:
    """Residuals of one group: covariances (p × p) and means (p, or None), each with standard error and z.

    z is NaN for residuals that cannot differ from 0, such as the diagonal of residual correlations.
    """

    label: str
    variables: tuple[str, ...]
    cov: FloatArray
    cov_se: FloatArray
    cov_z: FloatArray
    mean: FloatArray | None = None
    mean_se: FloatArray | None = None
    mean_z: FloatArray | None = None
    others: tuple["OtherResidual", ...] = ()


@dataclass(frozen=True)
class OtherResidual:
    """The residual of a threshold (u | t1) or of a slope (u ~ x), with standard error and z."""

    lhs: str
    op: Literal["|", "~"]
    rhs: str
    value: float
    se: float
    z: float


class ResidualKind(Protocol):
    """What differs by the kind of data."""

    def describe(
        self, evaluation: AtEstimate, options: InferenceOptions, kind: ResidualType
    ) -> tuple[GroupResiduals, ...]:
        """Residuals of every group, in the metric of a kind."""
        ...

    def summarise(
        self, evaluation: AtEstimate, options: InferenceOptions, kind: SummaryType, close: float, level: float
    ) -> tuple[dict[str, ResidualSummary], ...]:
        """Root mean squares of every group, by what they are of."""
        ...


class ResidualVariances(Protocol):
    """Variances (m) of the moments of a group in the metric "raw", "cor.bollen" or "cor.bentler"."""

    def variances(self, g: int, metric: str) -> FloatArray:
        """Of the residuals."""
        ...

    def sample_variances(self, g: int, metric: str) -> FloatArray:
        """Of the sample moments."""
        ...

    def simple_variances(self, g: int, metric: str) -> FloatArray:
        """The same less those of the implied ones, which may be negative."""
        ...


@dataclass(frozen=True, eq=False)
class ResidualMoments:
    """Sample and implied covariances (p × p), and what the sample means exceed the implied ones by (p, or None)."""

    sample: FloatArray
    implied: FloatArray
    gap: FloatArray | None

    def compute(self, kind: ResidualType) -> tuple[FloatArray, FloatArray | None]:
        """The residuals in the metric of a kind."""
        with np.errstate(invalid="ignore", divide="ignore"):  # NaN where a variance between clusters is negative
            deviation = np.sqrt(np.diag(self.sample))
            mean = None if self.gap is None else self.gap / deviation
            if kind == "cor.bollen":
                return compute_correlation(self.sample) - compute_correlation(self.implied), mean
            if kind == "cor.bentler":
                return (self.sample - self.implied) / np.outer(deviation, deviation), mean
        return self.sample - self.implied, self.gap


def describe_group(
    label: str,
    names: tuple[str, ...],
    cov: FloatArray,
    mean: FloatArray | None,
    se: FloatArray,
    kind: ResidualType,
) -> GroupResiduals:
    """Residuals with their standard errors (m)."""
    cov_se, mean_se = unstack(len(names), se)
    if kind in SCALED_BY_SE:
        cov, mean = divide_by_se(cov, cov_se), None if mean is None or mean_se is None else divide_by_se(mean, mean_se)
        cov_se, mean_se = np.ones_like(cov), None if mean is None else np.ones_like(mean)
    mean_z = None if mean is None or mean_se is None else divide_by_se(mean, mean_se)
    return GroupResiduals(label, names, cov, cov_se, divide_by_se(cov, cov_se), mean, mean_se, mean_z)


def choose_metric(kind: ResidualType) -> str:
    """The metric that the residuals of a kind are in before they are divided by anything."""
    return kind if kind.startswith("cor") else "raw"


def compute_residual_se(pieces: ResidualVariances, g: int, kind: ResidualType) -> FloatArray:
    """Standard errors of the residuals of a kind (m), before they are divided by these."""
    metric = choose_metric(kind)
    if kind == "normalized":
        variances = pieces.sample_variances(g, metric)
    elif kind == "standardized.mplus":
        variances = pieces.simple_variances(g, metric)
        return np.sqrt(np.where(variances > 0, variances, np.nan))
    else:
        variances = pieces.variances(g, metric)
    return np.asarray(np.sqrt(np.maximum(variances, 0.0)))


def divide_by_se(values: FloatArray, se: FloatArray) -> FloatArray:
    """values / se, NaN where a residual cannot vary."""
    return np.divide(values, se, out=np.full_like(values, np.nan), where=se > 1e-8)


def unstack(p: int, vector: FloatArray) -> tuple[FloatArray, FloatArray | None]:
    """A vector of moments (m) to a symmetric matrix (p × p) and means (p, or None)."""
    rows, cols = vech_indices(p)
    first = len(vector) - len(rows)
    matrix = np.zeros((p, p))
    matrix[rows, cols] = matrix[cols, rows] = vector[first:]
    return matrix, vector[:first] if first else None
