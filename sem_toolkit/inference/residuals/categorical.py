"""Residual thresholds, slopes and correlations of ordered variables, in lavaan's metrics, with standard errors.

The residuals are r = s − σ̂ of the stacked statistics, with covariance matrix Q Γ Qᵀ/n over all groups, Q = I − ΔA⁻¹ΔᵀW
and A = ΔᵀWΔ within the constraints (Maydeu-Olivares, 2017, Psychometrika 82, 533-558). In the metrics of correlations
numeric variables are divided by their standard deviations; thresholds are left as they are.
"""

from dataclasses import dataclass

import numpy as np

from sem_toolkit.discrepancy import once
from sem_toolkit.discrepancy.weights import compute_delta, compute_residual_moments
from sem_toolkit.inference.at_estimate import AtEstimate
from sem_toolkit.inference.errors.covariance import invert_any
from sem_toolkit.inference.errors.estimates import compute_estimate_covariance
from sem_toolkit.inference.options import InferenceOptions
from sem_toolkit.inference.residuals.groups import (
    SCALED_BY_SE,
    GroupResiduals,
    OtherResidual,
    ResidualType,
    choose_metric,
    divide_by_se,
)
from sem_toolkit.inference.residuals.summaries import ResidualSummary, SummaryType, summarise_residuals
from sem_toolkit.inference.weights.estimator import build_estimator_weight
from sem_toolkit.model.categorical_layout import CategoricalLayout
from sem_toolkit.sample.moments import FloatArray


@dataclass(frozen=True, eq=False)
class CategoricalResiduals:
    """Residual statistics of one group (m) in a metric, in the order of the layout.

    values    m
    acov      m × m: their covariance matrix
    sample    m × m: that of the sample statistics alone
    """

    layout: CategoricalLayout
    values: FloatArray
    acov: FloatArray
    sample: FloatArray

    def summary_places(self) -> dict[str, np.ndarray]:
        """Positions (of m) of what the summaries are made of: correlations, thresholds, slopes, and all of these."""
        first, slopes, _, covariances = (np.arange(part.start, part.stop) for part in self.layout.parts)
        thresholds = first[self.layout.first[1] >= 0]
        return {
            "cov": covariances,
            "thresholds": thresholds,
            "slopes": slopes,
            "total": np.concatenate([thresholds, slopes, covariances]),
        }


def compute_categorical_residuals(evaluation: AtEstimate, g: int, kind: str) -> CategoricalResiduals:
    """Residual statistics of a group in the metric "raw", "cor.bentler" or "cor.bollen"."""
    layout = evaluation.model.layout
    assert isinstance(layout, CategoricalLayout)  # noqa: S101
    jacobian, values = _change_metric(evaluation, layout, g, kind)
    acov, sample = _compute_covariances(evaluation)[g]
    return CategoricalResiduals(layout, values, jacobian @ acov @ jacobian.T, jacobian @ sample @ jacobian.T)


@once
def _compute_covariances(evaluation: AtEstimate) -> tuple[tuple[FloatArray, FloatArray], ...]:
    """Covariance matrix (m × m) of the raw residuals and of the sample statistics of each group."""
    weight, delta = build_estimator_weight(evaluation), compute_delta(evaluation)
    inverse = invert_any(weight.information(evaluation), evaluation.free_basis)
    sample = [own.gamma / n for own, n in zip(evaluation.statistics, evaluation.rows, strict=True)]
    pulls = [share * weight.times(g, delta[g]).T for g, share in enumerate(evaluation.shares)]
    meat = sum(pull @ own @ pull.T for pull, own in zip(pulls, sample, strict=True))
    found = []
    for g, own in enumerate(sample):
        along = delta[g] @ inverse
        cross = along @ pulls[g] @ own
        found.append((own - cross - cross.T + along @ meat @ along.T, own))
    return tuple(found)


def _change_metric(
    evaluation: AtEstimate, layout: CategoricalLayout, g: int, kind: str
) -> tuple[FloatArray, FloatArray]:
    """Derivative (m × m) of the statistics in a metric by the raw ones, and the residuals (m) in it."""
    raw = compute_residual_moments(evaluation)[g]
    if kind == "raw":
        return np.eye(layout.size), raw
    statistics, own = evaluation.statistics[g], evaluation.sample.groups[g]
    S = statistics.covariance
    deviation = np.sqrt(np.diag(S))
    scale = np.ones(layout.size)
    first, slopes, variances, covariances = layout.parts
    variable, threshold = layout.first
    scale[first] = np.where(threshold >= 0, 1.0, 1.0 / deviation[variable])
    if len(layout.covariates):
        given = own.covariance * (1.0 if own.design.weights is not None else own.n / (own.n - 1.0))  # as in lavaan
        spread = np.sqrt(np.diag(given)[layout.covariates])
        scale[slopes] = (spread[:, None] / deviation).ravel()
    rows, columns = layout.pairs
    both = deviation[rows] * deviation[columns]
    scale[variances] = 1.0 / deviation[layout.numeric] ** 2
    scale[covariances] = 1.0 / both
    jacobian, values = np.diag(scale), raw * scale
    if kind != "cor.bollen":
        return jacobian, values
    implied = evaluation.model.layout.stack(evaluation.moments)[g]
    fitted = np.ones(len(deviation))
    fitted[layout.numeric] = np.sqrt(np.maximum(implied[variances], 0.0))
    correlation = S[rows, columns] / both
    values[covariances] = correlation - implied[covariances] / (fitted[rows] * fitted[columns])
    values[variances] = 0.0
    jacobian[variances] = 0.0
    at = np.arange(covariances.start, covariances.stop)
    for number, numeric in enumerate(layout.numeric):
        touched = (rows == numeric) | (columns == numeric)
        jacobian[at[touched], variances.start + number] -= 0.5 * correlation[touched] / S[numeric, numeric]
    return jacobian, values


def compute_categorical_indices(evaluation: AtEstimate) -> dict[str, float]:
    """RMR, SRMR and CRMR of thresholds, slopes and correlations (all, and `_nomean` of correlations alone), groups
    averaged by their shares; SRMR is that of correlations, as in lavaan.
    """
    shares = evaluation.rows / evaluation.rows.sum()
    found: dict[str, float] = {}
    for name, kind in (("rmr", "raw"), ("srmr_bentler", "cor.bentler"), ("crmr", "cor.bollen")):
        whole, without = 0.0, 0.0
        for g, share in enumerate(shares):
            layout = evaluation.model.layout
            assert isinstance(layout, CategoricalLayout)  # noqa: S101
            _, values = _change_metric(evaluation, layout, g, kind)
            first, slopes, _, covariances = layout.parts
            thresholds = values[first][layout.first[1] >= 0]
            diagonal = 0 if kind == "cor.bollen" else len(layout.variables)
            pairs = float(np.sum(values[covariances] ** 2))
            others = float(np.sum(thresholds**2) + np.sum(values[slopes] ** 2))
            count = len(layout.pairs[0]) + diagonal
            without += share * np.sqrt(pairs / max(count, 1))
            beside = len(thresholds) + slopes.stop - slopes.start
            whole += share * np.sqrt((pairs + others) / max(count + beside, 1))
        found |= {name: float(whole), f"{name}_nomean": float(without)}
    return {"srmr": found["srmr_bentler_nomean"]} | found


class OrderedResiduals:
    """Of thresholds and correlations of responses (see `ResidualKind`)."""

    def describe(
        self, evaluation: AtEstimate, options: InferenceOptions, kind: ResidualType
    ) -> tuple[GroupResiduals, ...]:
        return tuple(_describe(evaluation, options, g, kind) for g in range(evaluation.model.n_groups))

    def summarise(
        self, evaluation: AtEstimate, options: InferenceOptions, kind: SummaryType, close: float, level: float
    ) -> tuple[dict[str, ResidualSummary], ...]:
        """Of correlations, thresholds, slopes and all together."""
        return tuple(_summarise(evaluation, g, kind, close, level) for g in range(evaluation.model.n_groups))


def _describe(evaluation: AtEstimate, options: InferenceOptions, g: int, kind: ResidualType) -> GroupResiduals:
    found = compute_categorical_residuals(evaluation, g, choose_metric(kind))
    layout, model = found.layout, evaluation.model
    assert model.responses is not None  # noqa: S101
    spread, sample = np.diagonal(found.acov), np.diagonal(found.sample)
    variances = spread
    if kind == "normalized":
        variances = sample
    elif kind == "standardized.mplus":
        along = compute_delta(evaluation)[g]
        implied = np.einsum("mi,ij,mj->m", along, compute_estimate_covariance(evaluation, options), along)
        variances = np.where(sample > implied, sample - implied, np.nan)
    se, values = np.sqrt(np.maximum(variances, 0.0)), found.values
    if kind in SCALED_BY_SE:
        values, se = divide_by_se(values, se), np.ones_like(values)
    z = divide_by_se(values, se)
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


def _summarise(evaluation: AtEstimate, g: int, kind: str, close: float, level: float) -> dict[str, ResidualSummary]:
    found = compute_categorical_residuals(evaluation, g, kind)
    diagonal = 0 if kind == "cor.bollen" else len(found.layout.variables)
    summaries = {}
    for name, places in found.summary_places().items():
        if len(places):
            count = len(places) + (diagonal if name in ("cov", "total") else 0)
            acov = found.acov[np.ix_(places, places)]
            summaries[name] = summarise_residuals(found.values[places], acov, count, close, level)
    return summaries
