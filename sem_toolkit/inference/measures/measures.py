"""All fit measures of a solution, by lavaan's names, from the pieces that compute each of them."""

import math

import numpy as np

from sem_toolkit.inference.at_estimate import AtEstimate
from sem_toolkit.inference.distributions import compute_chisq_pvalue
from sem_toolkit.inference.exact_fit.baseline import (
    BaselineTest,
    build_baseline_evaluation,
    compute_baseline,
)
from sem_toolkit.inference.exact_fit.likelihood import compute_logl, compute_unrestricted_logl
from sem_toolkit.inference.exact_fit.scaled import ROBUST, compute_scaled_test
from sem_toolkit.inference.exact_fit.statistics import (
    TestStatistic,
    build_test,
    compute_reference_test,
    compute_reweighted_least_squares,
    compute_standard_test,
)
from sem_toolkit.inference.measures import indices
from sem_toolkit.inference.measures.categorical import compute_categorical_robust
from sem_toolkit.inference.measures.incomplete import compute_corrected_measures
from sem_toolkit.inference.measures.residual_indices import compute_residual_indices
from sem_toolkit.inference.options import SCALED, InferenceOptions
from sem_toolkit.inference.residuals.categorical import compute_categorical_indices
from sem_toolkit.inference.weights.estimator import build_estimator_weight, compute_estimator_quadratic
from sem_toolkit.inference.weights.incomplete import build_information_weight, compute_available_quadratics
from sem_toolkit.inference.weights.two_stage import build_unstructured_weight
from sem_toolkit.sample.sample import PAIRWISE

Measures = dict[str, float]

CLOSE, NOT_CLOSE, LEVEL = 0.05, 0.08, 0.90


def compute_all_measures(evaluation: AtEstimate, options: InferenceOptions) -> Measures:
    """Every measure that exists for the estimator; a measure that does not exist here is absent or NaN.

    Without a test (test = none) only those remain that need none.
    """
    if options.test == "none":
        rest = compute_likelihood_measures(evaluation) if evaluation.kind.is_likelihood else {}
        return {"npar": evaluation.npar} | rest | compute_residual_measures(evaluation)
    scaled = options.test in SCALED
    standard, test = compute_standard_test(evaluation), compute_reference_test(evaluation, scaled)
    baseline = compute_baseline(evaluation, scaled)
    measures: Measures = {"npar": evaluation.npar, "fmin": compute_fmin(evaluation, standard)}
    measures |= {"chisq": test.stat, "df": test.df, "pvalue": test.pvalue}
    measures |= {
        "baseline.chisq": baseline.chisq,
        "baseline.df": baseline.df,
        "baseline.pvalue": math.nan
        if scaled and not evaluation.kind.has_distribution
        else compute_chisq_pvalue(baseline.chisq, baseline.df),
    }
    measures |= compute_incremental_measures(test.stat, test.df, baseline.chisq, baseline.df)
    if evaluation.kind.is_likelihood:
        measures |= compute_likelihood_measures(evaluation)
    measures |= compute_rmsea_measures(test.stat, test.df, evaluation)
    measures |= compute_residual_measures(evaluation)
    measures |= compute_gfi_measures(evaluation, test)
    measures |= compute_other_measures(evaluation, test)
    if scaled:
        measures |= compute_scaled_measures(evaluation, test, baseline, options)
    if evaluation.is_incomplete:
        measures |= compute_corrected_measures(evaluation, options.information, scaled, LEVEL, CLOSE, NOT_CLOSE)
    return measures


def compute_fmin(evaluation: AtEstimate, standard: TestStatistic) -> float:
    """The minimum of lavaan's objective: half the discrepancy, with (n - 1)/n for least squares."""
    least_squares = not evaluation.kind.is_likelihood
    return standard.stat / (2.0 * (float(evaluation.rows.sum()) if least_squares else evaluation.total))


def compute_incremental_measures(chisq: float, df: float, chisq_null: float, df_null: float) -> Measures:
    """CFI, TLI and the other comparisons with the baseline model."""
    four = (chisq, df, chisq_null, df_null)
    tli = indices.compute_tli(*four)
    return {
        "cfi": indices.compute_cfi(*four),
        "tli": tli,
        "nnfi": tli,
        "rfi": indices.compute_rfi(*four),
        "nfi": indices.compute_nfi(*four),
        "pnfi": indices.compute_pnfi(*four),
        "ifi": indices.compute_ifi(chisq, df, chisq_null),
        "rni": indices.compute_rni(*four),
    }


def compute_likelihood_measures(evaluation: AtEstimate) -> Measures:
    """Log-likelihoods (given the exogenous variables, where these are fixed) and information criteria."""
    logl, saturated = compute_logl(evaluation), compute_unrestricted_logl(evaluation)
    n, npar = float(evaluation.rows.sum()), evaluation.npar
    return {
        "logl": logl,
        "unrestricted.logl": saturated,
        "aic": indices.compute_aic(logl, npar),
        "bic": indices.compute_bic(logl, npar, n),
        "ntotal": n,
        "bic2": indices.compute_sabic(logl, npar, n),
    }


def compute_rmsea_measures(chisq: float, df: float, evaluation: AtEstimate) -> Measures:
    """RMSEA with its interval and the tests of close and not-close fit."""
    n, groups = evaluation.total, evaluation.model.n_groups
    lower, upper = indices.compute_rmsea_interval(chisq, df, n, groups, level=LEVEL)
    close, not_close = indices.compute_rmsea_pvalues(chisq, df, n, groups, close=CLOSE, not_close=NOT_CLOSE)
    return {
        "rmsea": indices.compute_rmsea(chisq, df, n, groups),
        "rmsea.ci.lower": lower,
        "rmsea.ci.upper": upper,
        "rmsea.ci.level": LEVEL,
        "rmsea.pvalue": close,
        "rmsea.close.h0": CLOSE,
        "rmsea.notclose.pvalue": not_close,
        "rmsea.notclose.h0": NOT_CLOSE,
    }


def compute_residual_measures(evaluation: AtEstimate) -> Measures:
    """RMR, SRMR and CRMR, groups averaged by their shares of the sample."""
    if evaluation.kind.is_categorical:
        return compute_categorical_indices(evaluation)
    shares = evaluation.rows / evaluation.rows.sum()
    found = compute_residual_indices(
        evaluation.sample_cov, evaluation.implied_cov, evaluation.sample_mean, evaluation.moments.mean
    )
    measures = {name: float(shares @ values) for name, values in found.items()}
    return measures | {"srmr_bentler": measures["srmr"], "srmr_bentler_nomean": measures.pop("srmr_nomean")}


def compute_gfi_measures(evaluation: AtEstimate, test: TestStatistic) -> Measures:
    """The GFI of the population with its interval, and LISREL's GFI, AGFI and PGFI."""
    n, p = evaluation.total, evaluation.model.n_observed
    if evaluation.kind.is_categorical and evaluation.model.table.conditional_x:
        p -= len(evaluation.exogenous)
    chisq = compute_gfi_chisq(evaluation, test)
    lower, upper = indices.compute_gfi_interval(chisq, test.df, n, p, level=LEVEL)
    lisrel = compute_gfi_lisrel(evaluation)
    count = evaluation.moments_per_group * evaluation.model.n_groups
    return {
        "gfi": indices.compute_gfi(chisq, test.df, n, p),
        "gfi.ci.lower": lower,
        "gfi.ci.upper": upper,
        "gfi.ci.level": LEVEL,
        "gfi_lisrel": lisrel,
        "agfi_lisrel": indices.compute_agfi_lisrel(lisrel, test.df, count),
        "pgfi": indices.compute_pgfi(lisrel, test.df, count),
    }


def compute_gfi_chisq(evaluation: AtEstimate, test: TestStatistic) -> float:
    """The statistic that the GFI is made of: reweighted least squares, or χ² with non-linear constraints,
    incomplete rows or moments of pairs, as in lavaan. NaN where Σ̂ is not positive definite and weights nothing.
    """
    pairwise = evaluation.sample.missing in PAIRWISE or evaluation.kind.is_categorical
    if evaluation.model.constraints.equalities or evaluation.is_incomplete or pairwise:
        return test.stat
    if np.linalg.eigvalsh(evaluation.implied_cov).min() <= 0.0:
        return math.nan
    return float(compute_reweighted_least_squares(evaluation).sum())


def compute_gfi_lisrel(evaluation: AtEstimate) -> float:
    """LISREL's GFI, 1 − eᵀVe/sᵀVs by the weight of the estimator, groups averaged by
    shares; of incomplete rows by their expected information and the moments of available cases, as in lavaan.

    Source: Tanaka & Huba (1985), British Journal of Mathematical and Statistical Psychology 38, 197-201.
    """
    if evaluation.is_incomplete:
        residual, whole = compute_available_quadratics(evaluation, build_information_weight(evaluation))
        return float((1.0 - residual / whole) @ evaluation.rows / evaluation.rows.sum())
    if evaluation.is_two_stage and evaluation.kind.is_likelihood:
        weight = build_unstructured_weight(evaluation)
        explained = 1.0 - weight.quadratic(evaluation) / weight.observed_quadratic(evaluation)
        return float(explained @ evaluation.rows / evaluation.rows.sum())
    whole = build_estimator_weight(evaluation).observed_quadratic(evaluation)
    explained = 1.0 - compute_estimator_quadratic(evaluation) / whole
    return float(explained @ evaluation.rows / evaluation.rows.sum())


def compute_other_measures(evaluation: AtEstimate, test: TestStatistic) -> Measures:
    """Hoelter's critical n, McDonald's index and the expected cross-validation index."""
    n = evaluation.total
    return {
        "cn_05": indices.compute_critical_n(test.stat, test.df, n, 0.05),
        "cn_01": indices.compute_critical_n(test.stat, test.df, n, 0.01),
        "mfi": indices.compute_mfi(test.stat, test.df, n),
        "ecvi": indices.compute_ecvi(test.stat, evaluation.npar, n),
    } | (
        {"wrmr": math.sqrt(max(test.stat, 0.0) / evaluation.moments_per_group)}
        if evaluation.kind.is_categorical
        else {}
    )


def compute_scaled_measures(
    evaluation: AtEstimate, test: TestStatistic, baseline: BaselineTest, options: InferenceOptions
) -> Measures:
    """What a scaled test adds: the test itself, scaled measures, and robust ones where they exist."""
    name, information = options.test, options.information
    normal = options.takes_normal_gamma(evaluation.kind)
    scaled = compute_scaled_test(evaluation, test, name, information, normal)
    null_evaluation = build_baseline_evaluation(evaluation)
    plain_null = build_test("standard", np.array(baseline.stat_group), baseline.df)
    null = compute_scaled_test(null_evaluation, plain_null, name, information, normal)
    measures = {
        "chisq.scaled": scaled.stat,
        "df.scaled": scaled.df,
        "pvalue.scaled": scaled.pvalue,
        "chisq.scaling.factor": scaled.scaling_factor,
        "baseline.chisq.scaled": null.stat,
        "baseline.df.scaled": null.df,
        "baseline.pvalue.scaled": null.pvalue,
        "baseline.chisq.scaling.factor": null.scaling_factor,
    }
    incremental = compute_incremental_measures(scaled.stat, scaled.df, null.stat, null.df)
    measures |= {f"{key}.scaled": value for key, value in incremental.items()}
    if name.startswith("yuan.bentler"):
        measures |= {"scaling.factor.h1": scaled.scaling_factor_h1, "scaling.factor.h0": scaled.scaling_factor_h0}
    measures |= _compute_scaled_rmsea(evaluation, test, scaled)
    if name in ROBUST and evaluation.kind.is_categorical:
        measures |= compute_categorical_robust(evaluation, LEVEL, CLOSE, NOT_CLOSE)
    elif name in ROBUST and not evaluation.is_incomplete:
        measures |= _compute_robust_incremental(test, scaled, baseline, null)
        measures |= _compute_robust_rmsea(evaluation, test, scaled)
        measures |= _compute_robust_gfi(evaluation, test, scaled)
    return measures


def _compute_scaled_rmsea(evaluation: AtEstimate, test: TestStatistic, scaled: TestStatistic) -> Measures:
    """RMSEA by the scaled statistic with the model's df, or, the same, the unscaled one with tr(UΓ) for df, as
    in lavaan.
    """
    shifted = scaled.test == "scaled.shifted"
    chisq, df = (scaled.stat, test.df) if shifted else (test.stat, scaled.trace_ugamma)
    if math.isnan(df):
        return {}
    found = compute_rmsea_measures(chisq, df, evaluation)
    return {f"{name}.scaled": value for name, value in found.items() if "level" not in name and "h0" not in name}


def _mean_factor(test: TestStatistic) -> float:
    """The factor c of a test by which χ² exceeds its df on average: tr(UΓ)/df."""
    return test.trace_ugamma / test.df if test.df > 0 else math.nan


def _compute_robust_incremental(
    test: TestStatistic, scaled: TestStatistic, baseline: BaselineTest, null: TestStatistic
) -> Measures:
    four = (test.stat, test.df, baseline.chisq, baseline.df)
    factors = (_mean_factor(scaled), _mean_factor(null))
    if test.df <= 0:
        factors = (1.0, 1.0)
    elif any(math.isnan(factor) for factor in factors):
        return dict.fromkeys(("cfi.robust", "tli.robust", "nnfi.robust", "rni.robust"), math.nan)
    tli = indices.compute_tli(*four, *factors)
    return {
        "cfi.robust": indices.compute_cfi(*four, *factors),
        "tli.robust": tli,
        "nnfi.robust": tli,
        "rni.robust": indices.compute_rni(*four, *factors),
    }


def _compute_robust_rmsea(evaluation: AtEstimate, test: TestStatistic, scaled: TestStatistic) -> Measures:
    n, groups, factor = evaluation.total, evaluation.model.n_groups, scaled.scaling_factor
    lower, upper = indices.compute_rmsea_interval(scaled.stat, test.df, n, groups, factor, LEVEL)
    close, not_close = indices.compute_rmsea_pvalues(scaled.stat, test.df, n, groups, factor, CLOSE, NOT_CLOSE)
    return {
        "rmsea.robust": indices.compute_rmsea(test.stat, test.df, n, groups, _mean_factor(scaled)),
        "rmsea.ci.lower.robust": lower,
        "rmsea.ci.upper.robust": upper,
        "rmsea.pvalue.robust": close,
        "rmsea.notclose.pvalue.robust": not_close,
    }


def _compute_robust_gfi(evaluation: AtEstimate, test: TestStatistic, scaled: TestStatistic) -> Measures:
    """The GFI with c·df in the place of df; its limits take the residual statistic scaled like χ² itself."""
    n, p = evaluation.total, evaluation.model.n_observed
    chisq = compute_gfi_chisq(evaluation, test)
    shift = 0.0 if math.isnan(scaled.shift_parameter) else scaled.shift_parameter
    lower, upper = indices.compute_gfi_interval(
        chisq / scaled.scaling_factor + shift, test.df, n, p, scaled.scaling_factor, LEVEL
    )
    return {
        "gfi.robust": indices.compute_gfi(chisq, test.df, n, p, _mean_factor(scaled)),
        "gfi.ci.lower.robust": lower,
        "gfi.ci.upper.robust": upper,
    }
