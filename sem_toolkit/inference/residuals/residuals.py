"""Residual moments in all of lavaan's types, with standard errors, z values and the summaries made of them.

The residuals r = s − σ̂ have the covariance matrix Q Acov(s) Qᵀ with Q = I − ΔA₀⁻¹ΔᵀW and A₀ = ΔᵀWΔ within the
constraints (Bentler & Dijkstra, 1985, in Krishnaiah, Multivariate analysis VI, equation 1.7.4; Ogasawara, 2001,
Structural Equation Modeling 8, 100-128). Residual correlations are r transformed by the derivative of the correlations
at the sample (Maydeu-Olivares, 2017, Psychometrika 82, 533-558).
"""

from typing import get_args

from sem_toolkit.diagnostics import Diagnostic, OptionError
from sem_toolkit.inference.at_estimate import AtEstimate
from sem_toolkit.inference.options import InferenceOptions
from sem_toolkit.inference.residuals.categorical import OrderedResiduals
from sem_toolkit.inference.residuals.groups import GroupResiduals, ResidualKind, ResidualType
from sem_toolkit.inference.residuals.levels import LevelResiduals
from sem_toolkit.inference.residuals.numeric import NumericResiduals
from sem_toolkit.inference.residuals.summaries import ResidualSummary, SummaryType
from sem_toolkit.inference.weights.by_kind import ByKind

RESIDUALS: ByKind[ResidualKind] = ByKind(
    complete=NumericResiduals, incomplete=NumericResiduals, ordered=OrderedResiduals, levels=LevelResiduals
)


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
    return RESIDUALS.choose(evaluation).describe(evaluation, options, kind)


def compute_residual_summaries(
    evaluation: AtEstimate,
    options: InferenceOptions,
    kind: SummaryType = "cor.bollen",
    close: float = 0.05,
    level: float = 0.90,
) -> tuple[dict[str, ResidualSummary], ...]:
    """RMR (raw), CRMR (cor.bollen) or SRMR (cor.bentler) with tests, for "cov", and for "mean" and "total" with
    means.
    """
    return RESIDUALS.choose(evaluation).summarise(evaluation, options, kind, close, level)
