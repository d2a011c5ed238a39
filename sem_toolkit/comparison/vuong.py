"""Models that are not nested: can the data tell them apart, which is nearer, and how sure is the difference of BIC?

Sources: Vuong (1989), Econometrica 57, 307-333; Merkle, You & Preacher (2016), Psychological Methods 21, 151-163.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from sem_toolkit.comparison.casewise import compute_casewise_logl, compute_row_scores, find_casewise_obstacle
from sem_toolkit.comparison.likelihoods import explain_difference
from sem_toolkit.diagnostics import Diagnostic, ModelError
from sem_toolkit.fit import Fit
from sem_toolkit.inference import InferenceOptions, compute_parameter_covariance
from sem_toolkit.inference.distributions import compute_normal_quantile, compute_two_sided_pvalue
from sem_toolkit.inference.exact_fit.eigenvalues import compute_mixture_pvalue
from sem_toolkit.sample.moments import FloatArray

if TYPE_CHECKING:
    import pandas as pd

_SAME = 1e-12
"""ω² below this share of the variance of a row's log-likelihood is rounding: the models say the same of every row."""


@dataclass(frozen=True)
class VuongTest:
    """Two models of the same rows, the first against the second.

    omega2             variance of the log-likelihood ratio of a row, divisor n
    p_distinguishable  of H0: ω² = 0, the models cannot be told apart
    z                  (ll₁ − ll₂)/(ω√n); NaN where ω² is 0
    p_first_better     of H0 that both are equally near, against the first being nearer; p_second_better likewise
    aic_difference, bic_difference   first less second, with the limits of their intervals
    weights            of the chi-squares that n ω² is a sum of under H0 (squares of λ)
    """

    omega2: float
    p_distinguishable: float
    z: float
    p_first_better: float
    p_second_better: float
    aic_difference: float
    aic_interval: tuple[float, float]
    bic_difference: float
    bic_interval: tuple[float, float]
    weights: FloatArray


def compute_vuong(first: Fit, second: Fit, level: float = 0.95) -> VuongTest:
    """Vuong's tests of two fits, and intervals at `level` of the differences of their information criteria.

    Under H0 n ω² is distributed as Σ λ_j² χ²_1, λ the eigenvalues of
    [[−B₁V₁, −B₁₂V₂], [B₁₂ᵀV₁, B₂V₂]], B the cross-products of the scores over n, V the inverse informations within the
    constraints (times n). The difference of the criteria has the standard error 2ω√n.
    Raises ModelError or DataError where the likelihoods are not of the same rows of the same variables.
    """
    reason = find_vuong_obstacle(first, second)
    if reason:
        raise ModelError(Diagnostic("error", "not-comparable", f"Vuong's tests do not exist: {reason}"))
    logl = compute_casewise_logl(first), compute_casewise_logl(second)
    ratio = logl[0] - logl[1]
    n, omega2 = len(ratio), float(ratio.var())
    aic, bic = (first.fit_measures[name] - second.fit_measures[name] for name in ("aic", "bic"))
    if omega2 <= _SAME * float(logl[0].var()):
        return VuongTest(0.0, 1.0, math.nan, math.nan, math.nan, aic, (aic, aic), bic, (bic, bic), np.zeros(0))
    weights = _compute_eigenvalues(first, second) ** 2
    z = float(ratio.sum()) / math.sqrt(n * omega2)
    half = compute_normal_quantile(0.5 + 0.5 * level) * 2.0 * math.sqrt(n * omega2)
    tail = 0.5 * float(compute_two_sided_pvalue(np.array([z]))[0])
    better = (tail, 1.0 - tail) if z > 0 else (1.0 - tail, tail)
    p = compute_mixture_pvalue(n * omega2, weights)
    return VuongTest(omega2, p, z, *better, aic, (aic - half, aic + half), bic, (bic - half, bic + half), weights)


def build_vuong_table(
    fits: Mapping[str, Fit], pairs: Iterable[tuple[str, str]] | None = None, level: float = 0.95
) -> "pd.DataFrame":
    """One row a pair, of those named or of all.

    Columns: first, second, omega2, pvalue.distinguishable, z, pvalue.first, pvalue.second, bic.diff,
    bic.ci.lower, bic.ci.upper, reason.

    pvalue.first is small where the first model is nearer. The reason says why a pair has no test.
    """
    import pandas as pd

    columns = [
        "first", "second", "omega2", "pvalue.distinguishable", "z", "pvalue.first", "pvalue.second",
        "bic.diff", "bic.ci.lower", "bic.ci.upper", "reason",
    ]  # fmt: skip
    chosen = combinations(fits, 2) if pairs is None else pairs
    rows = [_build_row(first, fits[first], second, fits[second], level) for first, second in chosen]
    return pd.DataFrame(rows, columns=columns)


def find_vuong_obstacle(first: Fit, second: Fit) -> str:
    """Why two fits cannot be tested so; "" where they can."""
    if not (first.converged and second.converged):
        return "no certified optimum"
    reason = find_casewise_obstacle(first) or find_casewise_obstacle(second)
    if reason:
        return reason
    difference = explain_difference(first, second)
    return f"of the second model, {difference}" if difference else ""


def _build_row(name: str, first: Fit, other: str, second: Fit, level: float) -> dict[str, object]:
    row: dict[str, object] = {"first": name, "second": other}
    reason = find_vuong_obstacle(first, second)
    if reason:
        return row | {"reason": reason}
    test = compute_vuong(first, second, level)
    return row | {
        "omega2": test.omega2,
        "pvalue.distinguishable": test.p_distinguishable,
        "z": test.z,
        "pvalue.first": test.p_first_better,
        "pvalue.second": test.p_second_better,
        "bic.diff": test.bic_difference,
        "bic.ci.lower": test.bic_interval[0],
        "bic.ci.upper": test.bic_interval[1],
        "reason": "" if test.omega2 else "the models say the same of every row",
    }


def _compute_eigenvalues(first: Fit, second: Fit) -> FloatArray:
    """λ (q₁ + q₂): real, as the matrix is a product of symmetric ones."""
    scores = compute_row_scores(first), compute_row_scores(second)
    n = len(scores[0])
    V = _invert_information(first, n), _invert_information(second, n)
    cross = scores[0].T @ scores[1] / n
    B = [own.T @ own / n for own in scores]
    matrix = np.block([[-B[0] @ V[0], -cross @ V[1]], [cross.T @ V[0], B[1] @ V[1]]])
    return np.asarray(np.linalg.eigvals(matrix).real)


def _invert_information(fit: Fit, n: int) -> FloatArray:
    """n times the covariance matrix of the estimates by the information alone, whatever errors were asked for."""
    asked = fit.options.inference
    options = InferenceOptions(se="standard", information=asked.information, observed=asked.observed)
    return n * compute_parameter_covariance(fit.evaluated, options)
