"""Residual moments in all of lavaan's types, with standard errors, z values and the summaries made of them.

The residuals r = s − σ̂ have the covariance matrix Q Acov(s) Qᵀ with Q = I − ΔA₀⁻¹ΔᵀW and A₀ = ΔᵀWΔ within the
constraints (Bentler & Dijkstra, 1985, in Krishnaiah, Multivariate analysis VI, equation 1.7.4; Ogasawara, 2001,
Structural Equation Modeling 8, 100-128). Residual correlations are r transformed by the derivative of the correlations
at the sample (Maydeu-Olivares, 2017, Psychometrika 82, 533-558).
"""

import math
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from sem_toolkit.diagnostics import Diagnostic, ModelError, OptionError
from sem_toolkit.inference.at_estimate import AtEstimate
from sem_toolkit.inference.distributions import compute_normal_quantile
from sem_toolkit.inference.options import InferenceOptions
from sem_toolkit.inference.residuals.categorical import compute_categorical_residuals
from sem_toolkit.inference.residuals.covariance import ResidualCovariance, build_residual_covariance
from sem_toolkit.inference.residuals.levels import LevelResiduals
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


@dataclass(frozen=True)
class ResidualSummary:
    """A root mean square residual, its tests, and the estimate of its population value (Maydeu-Olivares, 2017).

    rms, se, exact_z, exact_pvalue   of the sample value and the test that residuals are 0 in the population
    unbiased, unbiased_se, lower, upper, close_z, close_pvalue   of the population value, with the test of ≤ `close`
    """

    rms: float
    se: float
    exact_z: float
    exact_pvalue: float
    unbiased: float
    unbiased_se: float
    lower: float
    upper: float
    close: float
    close_z: float
    close_pvalue: float


def compute_group_residuals(
    evaluation: AtEstimate, options: InferenceOptions, kind: ResidualType = "cor.bollen"
) -> tuple[GroupResiduals, ...]:
    """Residuals of every group, in the metric of `kind`.

    raw          sample less implied moments
    cor.bollen   sample less implied correlations; means over sample standard deviations
    cor.bentler  raw residuals over sample standard deviations
    normalized   raw residuals over the standard errors of the sample moments
    standardized raw residuals over their own standard errors
    standardized.mplus   raw residuals over the root of the variance of the sample moment less that of the implied one,
                         NaN where that is negative (Muthén, 2007, Mplus technical note on standardized residuals)
    """
    evaluation.require_saturated("residuals")
    if kind not in get_args(ResidualType):
        hint = f"one of: {', '.join(get_args(ResidualType))}"
        raise OptionError(Diagnostic("error", "option-value", f'there are no residuals of type "{kind}"', hint=hint))
    if evaluation.kind.is_categorical:
        return tuple(_describe_categorical(evaluation, g, kind) for g in range(evaluation.model.n_groups))
    if evaluation.kind.has_levels:
        levels = LevelResiduals(evaluation, options)
        return tuple(_describe_level(levels, g, kind) for g in range(evaluation.model.n_groups))
    pieces = build_residual_covariance(evaluation, options)
    return tuple(_describe_group(evaluation, pieces, g, kind) for g in range(evaluation.model.n_groups))


def _describe_group(evaluation: AtEstimate, pieces: ResidualCovariance, g: int, kind: ResidualType) -> GroupResiduals:
    label, names = evaluation.sample.groups[g].label, evaluation.model.observed
    se = _compute_se(pieces, g, _choose_metric(kind), kind)
    return _describe(label, names, *_residuals(evaluation, g, kind), se, kind)


def _choose_metric(kind: ResidualType) -> str:
    return kind if kind.startswith("cor") else "raw"


def _describe(
    label: str,
    names: tuple[str, ...],
    cov: FloatArray,
    mean: FloatArray | None,
    se: FloatArray,
    kind: ResidualType,
) -> GroupResiduals:
    """Residuals with their standard errors (m)."""
    cov_se, mean_se = _unstack(len(names), se)
    if kind in SCALED_BY_SE:
        cov, mean = _ratio(cov, cov_se), None if mean is None or mean_se is None else _ratio(mean, mean_se)
        cov_se, mean_se = np.ones_like(cov), None if mean is None else np.ones_like(mean)
    mean_z = None if mean is None or mean_se is None else _ratio(mean, mean_se)
    return GroupResiduals(label, names, cov, cov_se, _ratio(cov, cov_se), mean, mean_se, mean_z)


def _describe_categorical(evaluation: AtEstimate, g: int, kind: ResidualType) -> GroupResiduals:
    """The same of ordered variables and what goes with them."""
    found = compute_categorical_residuals(evaluation, g, kind if kind.startswith("cor") else "raw")
    layout, model = found.layout, evaluation.model
    assert model.responses is not None  # noqa: S101
    spread, sample = np.diagonal(found.acov), np.diagonal(found.sample)
    variances = spread
    if kind == "normalized":
        variances = sample
    elif kind == "standardized.mplus":
        implied = sample - spread  # of the implied statistics, where weights are the inverse of Γ
        variances = np.where(sample - implied > 0, sample - implied, np.nan)
    se, values = np.sqrt(np.maximum(variances, 0.0)), found.values
    if kind in SCALED_BY_SE:
        values, se = _ratio(values, se), np.ones_like(values)
    z = _ratio(values, se)
    p, (first, slopes, variance, covariances) = len(layout.variables), layout.parts
    names = tuple(model.observed[at] for at in layout.variables)
    squares = [np.zeros((p, p)) for _ in range(3)]
    rows, columns = layout.pairs
    means = [np.zeros(p), np.zeros(p), np.full(p, np.nan)]
    squares[2][:] = np.nan
    variable, threshold = layout.first
    own = threshold < 0
    for square, mean, vector in zip(squares, means, (values, se, z), strict=True):
        square[rows, columns] = square[columns, rows] = vector[covariances]
        square[layout.numeric, layout.numeric] = vector[variance]
        mean[variable[own]] = vector[first][own]
    others = []
    for k in np.flatnonzero(~own):
        lhs, rhs = model.responses.names[threshold[k]].rsplit("|", 1)
        others.append(OtherResidual(lhs, "|", rhs, float(values[k]), float(se[k]), float(z[k])))
    for number in range(slopes.stop - slopes.start):
        at, covariate = slopes.start + number, model.observed[layout.covariates[number // p]]
        others.append(OtherResidual(names[number % p], "~", covariate, float(values[at]), float(se[at]), float(z[at])))
    label = evaluation.sample.groups[g].label
    cov, cov_se, cov_z = squares
    mean, mean_se, mean_z = means
    return GroupResiduals(label, names, cov, cov_se, cov_z, mean, mean_se, mean_z, tuple(others))


def _describe_level(pieces: LevelResiduals, g: int, kind: ResidualType) -> GroupResiduals:
    """The same of the variables that occur at a level."""
    evaluation, own = pieces.evaluation, pieces.list_variables(g)
    chosen = np.ix_(own, own)
    part = ResidualMoments(evaluation.sample_cov[g][chosen], evaluation.implied_cov[g][chosen], pieces.mean_gap(g))
    label, names = evaluation.sample.groups[g].label, tuple(evaluation.model.observed[i] for i in own)
    return _describe(label, names, *part.compute(kind), _compute_se(pieces, g, _choose_metric(kind), kind), kind)


def _compute_se(pieces: ResidualCovariance | LevelResiduals, g: int, metric: str, kind: ResidualType) -> FloatArray:
    """Standard errors of the residuals of a kind (m), before they are divided by these."""
    if kind == "normalized":
        variances = pieces.sample_variances(g, metric)
    elif kind == "standardized.mplus":
        variances = pieces.simple_variances(g, metric)
        return np.sqrt(np.where(variances > 0, variances, np.nan))
    else:
        variances = pieces.variances(g, metric)
    return np.asarray(np.sqrt(np.maximum(variances, 0.0)))


def _residuals(evaluation: AtEstimate, g: int, kind: ResidualType) -> tuple[FloatArray, FloatArray | None]:
    gap = evaluation.mean_gap
    moments = ResidualMoments(evaluation.sample_cov[g], evaluation.implied_cov[g], None if gap is None else gap[g])
    return moments.compute(kind)


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


def compute_residual_summaries(
    evaluation: AtEstimate,
    options: InferenceOptions,
    kind: Literal["raw", "cor.bollen", "cor.bentler"] = "cor.bollen",
    close: float = 0.05,
    level: float = 0.90,
) -> tuple[dict[str, ResidualSummary], ...]:
    """RMR (raw), CRMR (cor.bollen) or SRMR (cor.bentler) with tests, for "cov", and for "mean" and "total" with
    means.
    """
    if evaluation.kind.is_categorical:
        return tuple(
            _summarise_categorical(evaluation, g, kind, close, level) for g in range(evaluation.model.n_groups)
        )
    if evaluation.kind.has_levels:
        message = "summaries of residuals with tests are not there with two levels"
        raise ModelError(Diagnostic("error", "not-with-levels", message, hint="see srmr_within and srmr_between"))
    pieces = build_residual_covariance(evaluation, options)
    p, found = evaluation.model.n_observed, []
    for g in range(evaluation.model.n_groups):
        cov, mean = _residuals(evaluation, g, kind)
        rows, cols = vech_indices(p)
        second, acov = cov[rows, cols], pieces.matrix(g, kind)
        count = len(second) - (p if kind == "cor.bollen" else 0)
        first = len(acov) - len(second)
        summaries = {"cov": summarise_residuals(second, acov[first:, first:], count, close, level)}
        if mean is not None:
            summaries["mean"] = summarise_residuals(mean, acov[:first, :first], p, close, level)
            both = np.concatenate([mean, second])
            summaries["total"] = summarise_residuals(both, acov, count + p, close, level)
        found.append(summaries)
    return tuple(found)


def _summarise_categorical(
    evaluation: AtEstimate, g: int, kind: str, close: float, level: float
) -> dict[str, ResidualSummary]:
    """The same of ordered variables: of correlations, thresholds, slopes and all together."""
    found = compute_categorical_residuals(evaluation, g, kind)
    diagonal = 0 if kind == "cor.bollen" else len(found.layout.variables)
    summaries = {}
    for name, places in found.summary_places().items():
        if len(places):
            count = len(places) + (diagonal if name in ("cov", "total") else 0)
            acov = found.acov[np.ix_(places, places)]
            summaries[name] = summarise_residuals(found.values[places], acov, count, close, level)
    return summaries


def summarise_residuals(
    residuals: FloatArray, acov: FloatArray, count: int, close: float = 0.05, level: float = 0.90
) -> ResidualSummary:
    """Sample and population root mean square of residuals (m) with covariance matrix `acov` (m × m) over `count` of
    them.

    Source: Maydeu-Olivares (2017), Psychometrika 82, 533-558, equations 9, 14 and 15.
    """
    square = float(residuals @ residuals)
    if count == 0:
        return ResidualSummary(0.0, *(math.nan,) * 3, 0.0, *(math.nan,) * 3, close, *(math.nan,) * 2)
    rms = math.sqrt(square / count)
    trace, squared = float(np.trace(acov)), float(np.sum(acov**2))
    se = _root(squared / (2.0 * count * trace)) if trace > 0 else math.nan
    expected = math.sqrt(max(trace, 0.0) / count) * (4.0 * trace**2 - squared) / (4.0 * trace**2) if trace > 0 else 0.0
    exact_z = max(rms - expected, 0.0) / se if se and not math.isnan(se) else math.nan
    if square <= 0:
        return ResidualSummary(rms, se, exact_z, _upper_tail(exact_z), 0.0, *(math.nan,) * 3, close, *(math.nan,) * 2)
    spread = squared + 2.0 * float(residuals @ acov @ residuals)
    k = 1.0 - spread / (4.0 * square**2)
    unbiased = math.sqrt(max(square - trace, 0.0) / count) / k
    unbiased_se = _root(spread / (2.0 * count * square) / k**2)
    reach = compute_normal_quantile(0.5 * (1.0 + level)) * unbiased_se
    close_z = (unbiased - close) / unbiased_se if unbiased_se else math.nan
    return ResidualSummary(
        rms,
        se,
        exact_z,
        _upper_tail(exact_z),
        unbiased,
        unbiased_se,
        unbiased - reach,
        unbiased + reach,
        close,
        close_z,
        _upper_tail(close_z),
    )


def _root(variance: float) -> float:
    return math.sqrt(variance) if variance > np.finfo(float).eps else math.nan


def _upper_tail(z: float) -> float:
    return 0.5 * math.erfc(z / math.sqrt(2.0))


def _ratio(values: FloatArray, se: FloatArray) -> FloatArray:
    """values / se, NaN where a residual cannot vary."""
    return np.divide(values, se, out=np.full_like(values, np.nan), where=se > 1e-8)


def _unstack(p: int, vector: FloatArray) -> tuple[FloatArray, FloatArray | None]:
    """A vector of moments (m) to a symmetric matrix (p × p) and means (p, or None)."""
    rows, cols = vech_indices(p)
    first = len(vector) - len(rows)
    matrix = np.zeros((p, p))
    matrix[rows, cols] = matrix[cols, rows] = vector[first:]
    return matrix, vector[:first] if first else None
