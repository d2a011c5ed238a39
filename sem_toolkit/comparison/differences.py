"""Tests of the difference between two nested models, from their evaluations.

The larger model (H1) has fewer degrees of freedom, the smaller one (H0) is nested in it. T₀ − T₁ has m = df₀ − df₁
degrees of freedom; for data that are not normal it is divided by a factor c, in one of several ways.
"""

import math
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from sem_toolkit.diagnostics import Diagnostic, ModelError
from sem_toolkit.discrepancy.weights import compute_delta
from sem_toolkit.inference.at_estimate import AtEstimate
from sem_toolkit.inference.distributions import compute_chisq_pvalue
from sem_toolkit.inference.errors.covariance import (
    compute_distribution_free_meat,
    compute_information_matrix,
    invert_information,
)
from sem_toolkit.inference.exact_fit.residual_tests import compute_reference_test
from sem_toolkit.inference.exact_fit.scaled import ScaledTest, compute_scaled_test
from sem_toolkit.inference.exact_fit.statistics import TestStatistic
from sem_toolkit.inference.options import InferenceOptions
from sem_toolkit.sample.moments import FloatArray
from sem_toolkit.spec.table import Parameter

Method = Literal["standard", "satorra.bentler.2001", "satorra.bentler.2010", "satorra.2000"]
Reference = Literal["delta", "exact"]
Key = tuple[str, str, str, int]


@dataclass(frozen=True)
class DifferenceTest:
    """The difference of two nested models.

    stat, df, pvalue   of the (scaled) difference
    scaling_factor     c, NaN where there is none; shift: of the scaled and shifted version, else NaN
    unscaled           T₀ − T₁
    """

    method: str
    stat: float
    df: float
    pvalue: float
    unscaled: float
    scaling_factor: float = math.nan
    shift: float = math.nan


def compute_plain_difference(larger: TestStatistic, smaller: TestStatistic) -> DifferenceTest:
    """T₀ − T₁, for normal data. Source: Steiger, Shapiro & Browne (1985), Psychometrika 50, 253-264."""
    stat, df = smaller.stat - larger.stat, smaller.df - larger.df
    return DifferenceTest("standard", stat, df, compute_chisq_pvalue(stat, df), stat)


def compute_satorra_bentler_2001(
    larger: TestStatistic, smaller: TestStatistic, factor_larger: float, factor_smaller: float
) -> DifferenceTest:
    """c = (df₀c₀ − df₁c₁)/m from the scaling factors of the two models; NaN where it comes out negative.

    Source: Satorra & Bentler (2001), Psychometrika 66, 507-514.
    """
    return _scale("satorra.bentler.2001", larger, smaller, factor_larger, factor_smaller)


def compute_satorra_bentler_2010(
    larger: TestStatistic, smaller: TestStatistic, factor_at_smaller: float, factor_smaller: float
) -> DifferenceTest:
    """The same with the factor of the larger model at the estimates of the smaller one, which keeps c positive.

    Source: Satorra & Bentler (2010), Psychometrika 75, 243-248.
    """
    return _scale("satorra.bentler.2010", larger, smaller, factor_at_smaller, factor_smaller)


def _scale(
    method: str, larger: TestStatistic, smaller: TestStatistic, factor_larger: float, factor_smaller: float
) -> DifferenceTest:
    unscaled, df = smaller.stat - larger.stat, smaller.df - larger.df
    first = 1.0 if larger.df == 0 else factor_larger
    factor = (smaller.df * factor_smaller - larger.df * first) / df if df else math.nan
    stat = unscaled / factor if factor > 0 else math.nan
    return DifferenceTest(method, stat, df, compute_chisq_pvalue(stat, df), unscaled, factor)


def compute_satorra_2000(
    larger: AtEstimate,
    smaller: AtEstimate,
    options: InferenceOptions,
    reference: Reference = "delta",
    shifted: bool = True,
) -> DifferenceTest:
    """Scaled (or scaled and shifted) difference from tr(UΓ) of the restriction A that makes H0 of H1.

    With P the information of H1 and M = ΔᵀVΓVΔ, tr(UΓ) = tr(MG) and tr((UΓ)²) = tr((MG)²) for G = P⁻¹Aᵀ(AP⁻¹Aᵀ)⁻¹AP⁻¹.
    shifted    mean and variance right with the restriction's df; otherwise by the test of the models: of those that
               adjust mean and variance so is the difference, with df = tr(UΓ)²/tr((UΓ)²), of the others the mean alone
    reference  "delta": A from the derivatives of the moments of both models; "exact": from the constraints themselves
    Source: Satorra (2000), in Heijmans, Pollock & Satorra, Innovations in multivariate statistical analysis, 233-247.
    """
    first, second = compute_reference_test(larger, True), compute_reference_test(smaller, True)
    m = second.df - first.df
    unscaled = second.stat - first.stat
    A = _restriction_by_delta(larger, smaller) if reference == "delta" else _restriction_by_constraints(larger, smaller)
    weight, other = larger.weight, larger.data.weight_of_changes(larger)
    information = compute_information_matrix(larger, options.information)
    if other is not None:
        weight, information = other, other.information(larger)
    inverse = invert_information(information, larger.basis)
    G = inverse @ A.T @ np.linalg.pinv(A @ inverse @ A.T, rcond=1e-10, hermitian=True) @ A @ inverse
    product = compute_distribution_free_meat(larger, weight) @ G
    trace, squared = float(np.trace(product)), float(np.sum(product * product.T))
    if not shifted and options.test in ("mean.var.adjusted", "scaled.shifted"):
        factor, adjusted = squared / trace, trace**2 / squared
        stat = unscaled / factor
        pvalue = compute_chisq_pvalue(stat, adjusted)
        return DifferenceTest("satorra.2000", stat, adjusted, pvalue, unscaled, factor)
    if not shifted:
        factor = trace / m
        stat = unscaled / factor
        return DifferenceTest("satorra.2000", stat, m, compute_chisq_pvalue(stat, m), unscaled, factor)
    a = math.sqrt(m / squared)
    stat = a * unscaled + m - a * trace
    return DifferenceTest("satorra.2000", stat, m, compute_chisq_pvalue(stat, m), unscaled, shift=m - a * trace)


def _restriction_by_delta(larger: AtEstimate, smaller: AtEstimate) -> FloatArray:
    """Orthogonal complement of what Δ₁⁺Δ₀ spans, in the free directions of H1."""
    delta1 = _stack(compute_delta(larger)) @ _orthonormal(larger.basis)
    delta0 = _stack(compute_delta(smaller)) @ _orthonormal(smaller.basis)
    H = np.linalg.pinv(delta1) @ delta0
    left, singular, _ = np.linalg.svd(H, full_matrices=True)
    rank = int(np.sum(singular > 1e-10 * singular[0]))
    return np.asarray(left[:, rank:].T @ _orthonormal(larger.basis).T)


def _restriction_by_constraints(larger: AtEstimate, smaller: AtEstimate) -> FloatArray:
    """Derivatives of the equalities of H0, and of "= value" for parameters that H0 fixes, at the estimates of H1."""
    if larger.model.constraints.surface is not None or smaller.model.constraints.surface is not None:
        message = "constraints of models with rotated factors are not about the same parameters"
        raise ModelError(Diagnostic("error", "different-parameters", message, hint='take a_method = "delta"'))
    places = {_key(row): i for i, row in enumerate(larger.model.parameters)}
    columns = [places.get(_key(row)) for row in smaller.model.parameters]
    constraints = smaller.model.constraints
    found = {_key(row): value for row, value in _values(larger)}
    there = np.array([found.get(_key(row), x) for row, x in zip(smaller.model.parameters, smaller.x, strict=True)])
    _, slopes = constraints.equality_values(there)
    rows = []
    for slope in (*constraints.linear.matrix, *slopes):
        row = np.zeros(len(larger.x))
        for column, value in zip(columns, slope, strict=True):
            if column is not None:
                row[column] += value
        rows.append(row)
    kept = {column for column in columns if column is not None}
    rows += [np.eye(len(larger.x))[i] for i in range(len(larger.x)) if i not in kept]
    return np.array(rows).reshape(-1, len(larger.x))


def compute_factor_at_smaller(larger: AtEstimate, smaller: AtEstimate, chosen: ScaledTest) -> float:
    """Scaling factor of a scaled test of H1 at the estimates of H0.

    Raises ModelError where H1 cannot take on the moments of H0 parameter by parameter, because it is scaled otherwise.
    """
    values = {_key(row): value for row, value in _values(smaller)}
    x = np.array([values.get(_key(row), 0.0) for row in larger.model.parameters])
    moved = replace(larger, x=x)
    gap = np.max(np.abs(moved.implied_cov - smaller.implied_cov)) / np.max(np.abs(smaller.implied_cov))
    if gap > 1e-5:
        message = "the models do not share their parameters, so that the larger one has no point like the smaller one"
        hint = 'use method "satorra.bentler.2001" or "satorra.2000", or identify the factors of both in the same way'
        raise ModelError(Diagnostic("error", "different-parameters", message, hint=hint))
    return compute_scaled_test(moved, compute_reference_test(moved, True), chosen).scaling_factor


def _values(evaluation: AtEstimate) -> list[tuple[Parameter, float]]:
    return [
        (row, float(evaluation.x[row.free - 1]) if row.free else (row.ustart or 0.0))
        for row in evaluation.model.table.parameters
    ]


def _key(row: Parameter) -> Key:
    first, second = (row.lhs, row.rhs) if row.op != "~~" or row.lhs <= row.rhs else (row.rhs, row.lhs)
    return first, row.op, second, row.group


def _stack(delta: FloatArray) -> FloatArray:
    return delta.reshape(-1, delta.shape[-1])


def _orthonormal(basis: FloatArray) -> FloatArray:
    return np.asarray(np.linalg.qr(basis)[0])
