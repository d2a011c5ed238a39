"""Equations solved by instruments: which they are, how strong, and whether those beyond need agree with the others.

Sargan's test takes n gᵀS_zz⁻¹g/σ̂² with g the covariances of instruments and residual; for ordered variables, and where
data are not normal, n gᵀ[W − WD(DᵀWD)⁻¹DᵀW]g with W the inverse covariance matrix of g and D = S_zx.
Sources: Sargan (1958), Econometrica 26, 393-415; Browne (1984), British Journal of Mathematical and Statistical
Psychology 37, 62-83; Kirby & Bollen (2009), Sociological Methodology 39, 327-355; Jin & Cao (2018), British Journal of
Mathematical and Statistical Psychology 71, 286-302.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.diagnostics import Diagnostic, ModelError
from sem_toolkit.discrepancy.moment_covariance import compute_gamma
from sem_toolkit.estimation.instruments.first_stage import NormalEquations
from sem_toolkit.estimation.instruments.search import Instrumental
from sem_toolkit.estimation.instruments.strength import compute_first_stage_f, compute_partial_r2
from sem_toolkit.inference.at_estimate import AtEstimate
from sem_toolkit.inference.distributions import compute_chisq_pvalue
from sem_toolkit.inference.errors.instruments import build_sensitivity
from sem_toolkit.inference.options import InferenceOptions
from sem_toolkit.sample.moments import FloatArray

if TYPE_CHECKING:
    import pandas as pd


def build_instruments_table(evaluation: AtEstimate) -> "pd.DataFrame":
    """One row an equation: lhs rhs lhs.new rhs.new type instruments first.stage.f partial.r2 (NaN without need of any).

    type  "miiv" implied by the model, "ols" no instruments needed, "user" given by hand. Raises ModelError for other
    estimates.
    """
    import pandas as pd

    first = _require(evaluation).first
    names = first.model.variables
    rows = []
    for own in first.normal:
        equation = own.equation
        S, n = first.covariance[equation.group], float(first.sizes[equation.group])
        new = {
            "lhs.new": names[equation.outcome],
            "rhs.new": " + ".join(names[v] for v in equation.regressors) or "1",
            "type": equation.kind,
            "instruments": ", ".join(names[v] for v in equation.instruments) or "1",
        }
        strong = {"first.stage.f": compute_first_stage_f(own, S, n), "partial.r2": compute_partial_r2(own, S)}
        rows.append(_describe(evaluation, own) | new | strong)
    return pd.DataFrame(rows)


def build_sargan_table(evaluation: AtEstimate, options: InferenceOptions) -> "pd.DataFrame":
    """One row an equation with more instruments than it needs: lhs rhs df and sargan.stat sargan.pval, or, of ordered
    variables and with test = browne.residual.adf, browne.stat browne.pval; with a correction, its .adj, group by group.
    """
    import pandas as pd

    stages = _require(evaluation)
    tests = {options.test, *options.more_tests}
    robust = "browne.residual.adf" in {evaluation.kind.reference, *tests}
    name = "browne" if robust else "sargan"
    rows = []
    for own in stages.first.normal:
        df = own.equation.surplus
        if df > 0:
            stat = _compute_browne(evaluation, stages, own) if robust else _compute_sargan(stages, own)
            tested = {"df": df, f"{name}.stat": stat, f"{name}.pval": compute_chisq_pvalue(stat, df)}
            rows.append(_describe(evaluation, own) | tested)
    method = stages.options.iv_sargan_adjust
    if method != "none":
        for g in {row.get("group", 1) for row in rows}:
            chosen = [row for row in rows if row.get("group", 1) == g]
            adjusted = adjust_pvalues(np.array([row[f"{name}.pval"] for row in chosen]), method)
            for row, value in zip(chosen, adjusted, strict=True):
                row[f"{name}.pval.adj"] = value
    return pd.DataFrame(rows, columns=list(rows[0]) if rows else ["lhs", "rhs", "df", f"{name}.stat", f"{name}.pval"])


def adjust_pvalues(pvalues: FloatArray, method: str) -> FloatArray:
    """P-values (k) corrected for there being k: holm, hochberg, bonferroni, BH or BY, as R's p.adjust has them.

    Sources: Holm (1979), Scandinavian Journal of Statistics 6, 65-70; Hochberg (1988), Biometrika 75, 800-802;
    Benjamini & Hochberg (1995), Journal of the Royal Statistical Society B 57, 289-300; Benjamini & Yekutieli (2001),
    Annals of Statistics 29, 1165-1188.
    """
    k = len(pvalues)
    if method == "bonferroni" or not k:
        return np.minimum(1.0, k * pvalues)
    order = np.argsort(pvalues)
    sorted_, rank = pvalues[order], np.arange(1, k + 1)
    if method == "holm":
        adjusted = np.maximum.accumulate((k + 1 - rank) * sorted_)
    else:
        harmonic = float(np.sum(1.0 / rank)) if method == "BY" else 1.0
        factor = (k + 1.0 - rank) if method == "hochberg" else harmonic * k / rank
        adjusted = np.minimum.accumulate((factor * sorted_)[::-1])[::-1]
    result = np.empty(k)
    result[order] = np.minimum(1.0, adjusted)
    return result


def _require(evaluation: AtEstimate) -> Instrumental:
    if not isinstance(evaluation.stages, Instrumental):
        message = "there are no instruments: the estimates do not come from equations"
        raise ModelError(Diagnostic("error", "no-instruments", message, hint="fit with estimator IV"))
    return evaluation.stages


def _describe(evaluation: AtEstimate, own: NormalEquations) -> dict[str, Any]:
    model, equation = _require(evaluation).first.model, own.equation
    several = {"group": equation.group + 1, "group.label": model.groups[equation.group]} if model.n_groups > 1 else {}
    right = " + ".join(model.variables[v] for v in equation.predictors) or "1"
    return several | {"lhs": model.variables[equation.variable], "rhs": right}


def _compute_sargan(stages: Instrumental, own: NormalEquations) -> float:
    first, equation = stages.first, own.equation
    S, n = first.covariance[equation.group], float(first.sizes[equation.group])
    z = equation.instruments
    g = S[z, equation.outcome] - S[np.ix_(z, equation.regressors)] @ own.coefficients
    variance = first.residual_variance(own) * n / (n - len(equation.free) - 1.0)
    return float(n * g @ np.linalg.solve(S[np.ix_(z, z)], g) / variance)


def _compute_browne(evaluation: AtEstimate, stages: Instrumental, own: NormalEquations) -> float:
    equation, g = own.equation, own.equation.group
    sensitivity = build_sensitivity(evaluation, stages)
    evaluation, (rows, columns, start) = sensitivity.evaluation, sensitivity.places
    statistics = evaluation.data.gammas(evaluation)
    gamma = compute_gamma(evaluation, g) if statistics is None else statistics[g]
    # Γ is that of moments with divisor n
    S = evaluation.sample.groups[g].covariance
    z, x, y = equation.instruments, equation.regressors, equation.outcome
    place = np.zeros(S.shape, dtype=np.intp)
    place[rows, columns] = place[columns, rows] = start + np.arange(len(rows))
    slopes = np.zeros((len(z), len(gamma)))
    _add(slopes, place[z, y], 1.0)
    for regressor, value in zip(x, own.coefficients, strict=True):
        _add(slopes, place[z, regressor], -float(value))
    gap = S[z, y] - S[np.ix_(z, x)] @ own.coefficients
    W = np.linalg.inv(slopes @ gamma @ slopes.T)
    D = S[np.ix_(z, x[equation.free])]
    along = D.T @ W @ gap
    return float(evaluation.rows[g] * (gap @ W @ gap - along @ np.linalg.solve(D.T @ W @ D, along)))


def _add(slopes: FloatArray, places: NDArray[np.intp], value: float) -> None:
    np.add.at(slopes, (np.arange(len(places)), places), value)
