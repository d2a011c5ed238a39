"""Residuals of means and covariances."""

import numpy as np

from sem_toolkit.inference.at_estimate import AtEstimate
from sem_toolkit.inference.options import InferenceOptions
from sem_toolkit.inference.residuals.covariance import build_residual_covariance
from sem_toolkit.inference.residuals.groups import (
    GroupResiduals,
    ResidualMoments,
    ResidualType,
    compute_residual_se,
    describe_group,
)
from sem_toolkit.inference.residuals.summaries import ResidualSummary, SummaryType, summarise_residuals
from sem_toolkit.model.jacobian import vech_indices
from sem_toolkit.sample.moments import FloatArray


class NumericResiduals:
    """Of moments of rows (see `ResidualKind`)."""

    def describe(
        self, evaluation: AtEstimate, options: InferenceOptions, kind: ResidualType
    ) -> tuple[GroupResiduals, ...]:
        pieces, names, found = build_residual_covariance(evaluation, options), evaluation.model.observed, []
        for g, group in enumerate(evaluation.sample.groups):
            se = compute_residual_se(pieces, g, kind)
            found.append(describe_group(group.label, names, *_compute(evaluation, g, kind), se, kind))
        return tuple(found)

    def summarise(
        self, evaluation: AtEstimate, options: InferenceOptions, kind: SummaryType, close: float, level: float
    ) -> tuple[dict[str, ResidualSummary], ...]:
        pieces = build_residual_covariance(evaluation, options)
        p, found = evaluation.model.n_observed, []
        for g in range(evaluation.model.n_groups):
            cov, mean = _compute(evaluation, g, kind)
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


def _compute(evaluation: AtEstimate, g: int, kind: ResidualType) -> tuple[FloatArray, FloatArray | None]:
    gap = evaluation.mean_gap
    moments = ResidualMoments(evaluation.sample_cov[g], evaluation.implied_cov[g], None if gap is None else gap[g])
    return moments.compute(kind)
