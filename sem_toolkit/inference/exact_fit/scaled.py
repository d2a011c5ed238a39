"""Scaled tests of exact fit for data that are not normal."""

import math
from dataclasses import dataclass, replace

import numpy as np

from sem_toolkit.discrepancy import once
from sem_toolkit.discrepancy.weights import compute_delta
from sem_toolkit.inference.at_estimate import AtEstimate
from sem_toolkit.inference.distributions import compute_chisq_pvalue
from sem_toolkit.inference.errors.covariance import (
    compute_information_matrix,
    compute_weight_inverse,
    invert_any,
)
from sem_toolkit.inference.exact_fit.nuisance import compute_composite_trace
from sem_toolkit.inference.exact_fit.statistics import TestStatistic
from sem_toolkit.inference.exact_fit.ugamma import (
    compute_normal_ugamma_trace,
    compute_ugamma_squared_trace,
    compute_ugamma_trace,
    compute_ugamma_traces,
)
from sem_toolkit.inference.options import InferenceOptions
from sem_toolkit.inference.weights.information import compute_first_order_information
from sem_toolkit.inference.weights.robust import build_robust_weight
from sem_toolkit.sample.moments import FloatArray


@dataclass(frozen=True)
class ScaledTest:
    """Which scaled test, by lavaan's name, and what it is made of.

    information  what the Yuan-Bentler test takes for A₀: "expected" or "observed"
    normal       take Γ by normal theory, not free of distribution (not for the Yuan-Bentler tests)
    observed     what its observed information is made of: "hessian" or "h1", as in `InferenceOptions`
    """

    name: str
    information: str = "expected"
    normal: bool = False
    observed: str = "hessian"

    @property
    def information_of_model(self) -> str:
        """What `compute_information_matrix` is asked for."""
        by_h1 = self.information == "observed" and self.observed == "h1"
        return "observed.h1" if by_h1 else self.information


def build_scaled_test(evaluation: AtEstimate, options: InferenceOptions, name: str | None = None) -> ScaledTest:
    """The scaled test that the options stand for, or another one by the same choices."""
    normal = options.takes_normal_gamma(evaluation.kind)
    return ScaledTest(name or options.test, options.information_of_tests, normal, options.observed)


@once
def compute_scaled_test(evaluation: AtEstimate, standard: TestStatistic, chosen: ScaledTest) -> TestStatistic:
    """One scaled test; its statistic is NaN where there are no degrees of freedom."""
    if standard.df <= 0:
        return TestStatistic(chosen.name, standard.stat, standard.df, math.nan, standard.stat_group)
    return _SCALED[chosen.name](evaluation, standard, chosen)


def _compute_satorra_bentler(evaluation: AtEstimate, standard: TestStatistic, chosen: ScaledTest) -> TestStatistic:
    return scale_test(standard, chosen.name, standard.df, _compute_trace(evaluation, chosen))


def _compute_adjusted(evaluation: AtEstimate, standard: TestStatistic, chosen: ScaledTest) -> TestStatistic:
    trace = _compute_trace(evaluation, chosen)
    squared = compute_ugamma_squared_trace(evaluation, chosen.information, chosen.normal)
    return scale_test(standard, chosen.name, trace**2 / squared, trace, squared)


def _compute_shifted(evaluation: AtEstimate, standard: TestStatistic, chosen: ScaledTest) -> TestStatistic:
    trace = _compute_trace(evaluation, chosen)
    squared = compute_ugamma_squared_trace(evaluation, chosen.information, chosen.normal)
    return shift_test(standard, evaluation.shares, trace, squared)


def _compute_yuan_bentler_mplus(evaluation: AtEstimate, standard: TestStatistic, chosen: ScaledTest) -> TestStatistic:
    return compute_yuan_bentler(evaluation, standard, chosen)


def _compute_yuan_bentler(evaluation: AtEstimate, standard: TestStatistic, chosen: ScaledTest) -> TestStatistic:
    """The factor is that of UΓ; those of both models are reported as in the variant of Mplus."""
    if evaluation.data.has_corrected_test:
        return _compute_incomplete_yuan_bentler(evaluation, standard, chosen)
    saturated, model = compute_ugamma_traces(evaluation, chosen.information)
    mplus = compute_yuan_bentler(evaluation, standard, replace(chosen, observed="h1"))
    scaled = scale_test(standard, chosen.name, standard.df, saturated - model)
    return replace(scaled, scaling_factor_h1=mplus.scaling_factor_h1, scaling_factor_h0=mplus.scaling_factor_h0)


def _compute_incomplete_yuan_bentler(
    evaluation: AtEstimate, standard: TestStatistic, chosen: ScaledTest
) -> TestStatistic:
    """The same of incomplete rows: Γ is n times the sandwich of the saturated estimates, V the information of the
    moments that the model implies. The model's own factor has the cross-products of the scores at these moments. Scores
    of rows in clusters are summed within these, and weighted where rows have weights.

    Source: Yuan & Bentler (2000), Sociological Methodology 30, 165-200.
    """
    weight = build_robust_weight(evaluation, chosen.information)
    if evaluation.sample.has_design:
        gammas = evaluation.data.free_gammas(evaluation) or ()
    else:
        gammas = evaluation.data.residual_gammas(evaluation, chosen.information, robust=True) or ()
    inverse = compute_weight_inverse(evaluation, weight)
    trace = 0.0
    for g, (gamma, delta) in enumerate(zip(gammas, compute_delta(evaluation), strict=True)):
        columns = weight.times(g, delta)
        taken = evaluation.shares[g] * np.einsum("ij,ji->", inverse, columns.T @ gamma @ columns)
        trace += float(np.trace(weight.times(g, gamma)) - taken)
    saturated, count = evaluation.data.saturated_trace(evaluation, chosen.information)
    model = float(np.einsum("ij,ji->", inverse, compute_first_order_information(evaluation)))
    return replace(
        scale_test(standard, chosen.name, standard.df, trace),
        scaling_factor_h1=saturated / count,
        scaling_factor_h0=model / max(evaluation.model.n_searched, 1),
    )


def _compute_yuan_chan(evaluation: AtEstimate, standard: TestStatistic, chosen: ScaledTest) -> TestStatistic:
    """Scaled for both steps; of a model that was not estimated in steps, such as the baseline model, for its own."""
    stages = evaluation.stages
    if stages is None:
        return scale_test(standard, chosen.name, standard.df, _compute_trace(evaluation, chosen))
    from sem_toolkit.estimation.steps.search import Steps
    from sem_toolkit.inference.exact_fit.steps import compute_step_trace

    if isinstance(stages, Steps) and stages.model is evaluation.model:
        trace = compute_step_trace(evaluation, stages)
    else:
        trace = _compute_trace(evaluation, chosen)
    return scale_test(standard, chosen.name, standard.df, trace)


def _compute_trace(evaluation: AtEstimate, chosen: ScaledTest) -> float:
    if chosen.normal:
        return compute_normal_ugamma_trace(evaluation)
    return compute_ugamma_trace(evaluation, chosen.information)


_SCALED = {
    "satorra.bentler": _compute_satorra_bentler,
    "mean.var.adjusted": _compute_adjusted,
    "scaled.shifted": _compute_shifted,
    "yuan.bentler": _compute_yuan_bentler,
    "yuan.bentler.mplus": _compute_yuan_bentler_mplus,
    "yuan.chan": _compute_yuan_chan,
}


def scale_test(standard: TestStatistic, name: str, df: float, trace: float, squared: float = math.nan) -> TestStatistic:
    """T·df/tr(UΓ): mean scaled with the model's df, mean and variance adjusted with df = tr(UΓ)²/tr((UΓ)²).

    Source: Satorra & Bentler (1994), equations 16.13 and 16.20.
    """
    factor = trace / df
    if factor < 0:
        return TestStatistic(name, math.nan, df, math.nan)
    stat = standard.stat / factor
    return TestStatistic(
        name,
        stat,
        df,
        compute_chisq_pvalue(stat, df),
        tuple(value / factor for value in standard.stat_group),
        scaling_factor=factor,
        trace_ugamma=trace,
        trace_ugamma2=squared,
    )


def shift_test(standard: TestStatistic, shares: FloatArray, trace: float, squared: float) -> TestStatistic:
    """aT + b with a = √(df/tr((UΓ)²)) and b = df − a·tr(UΓ): mean and variance right with the model's df.

    Source: Asparouhov & Muthén (2010), Simple second order chi-square correction.
    """
    df = standard.df
    if not squared > 0.0:  # by an indefinite weight
        return TestStatistic("scaled.shifted", math.nan, df, math.nan)
    a = math.sqrt(df / squared)
    shift = df - a * trace
    stat = a * standard.stat + shift
    group = tuple(float(a * value + share * shift) for value, share in zip(standard.stat_group, shares, strict=True))
    return TestStatistic(
        "scaled.shifted",
        stat,
        df,
        compute_chisq_pvalue(stat, df),
        group,
        scaling_factor=1.0 / a,
        shift_parameter=shift,
        trace_ugamma=trace,
        trace_ugamma2=squared,
    )


def compute_yuan_bentler(evaluation: AtEstimate, standard: TestStatistic, chosen: ScaledTest) -> TestStatistic:
    """Yuan-Bentler statistic in the variant of Mplus: tr(A₁⁻¹B₁) − tr(A₀⁻¹B₀) in the place of tr(UΓ).

    A₁ and B₁ are information and outer products of the saturated model, A₀ and B₀ those of the model; the traces over
    the number of parameters are the scaling factors of both.
    Sources: Yuan & Bentler (2000), Sociological Methodology 30, 165-200; Asparouhov & Muthén (2005),
    Multivariate statistical modeling with survey data.
    """
    saturated, count = evaluation.data.saturated_trace(evaluation, chosen.information)
    inverse = invert_any(compute_information_matrix(evaluation, chosen.information_of_model), evaluation.free_basis)
    model = float(np.einsum("ij,ji->", inverse, compute_first_order_information(evaluation)))
    model += compute_composite_trace(evaluation)
    return replace(
        scale_test(standard, "yuan.bentler.mplus", standard.df, saturated - model),
        scaling_factor_h1=saturated / count,
        scaling_factor_h0=model / max(evaluation.model.n_searched, 1),
    )
