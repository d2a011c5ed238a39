"""Tests of restrictions where rows are not normal, are weighted or come in clusters: scaled, adjusted and generalised.

A test of k restrictions by normal theory is a mixture of chi-squares with the eigenvalues of M₂M₁⁻¹ for weights: M₁ is
the covariance matrix of the k values by normal theory, M₂ that by the sandwich. Divided by the mean weight it is
scaled; with the degrees of freedom that its variance has it is adjusted; with M₂ in the place of M₁ it is a chi-square.
Source: Satorra (2000), in Heijmans, Pollock & Satorra, Innovations in multivariate statistical analysis, 233-247.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from sem_toolkit.inference.at_estimate import AtEstimate
from sem_toolkit.inference.distributions import compute_chisq_pvalue
from sem_toolkit.inference.errors.covariance import (
    compute_inverse_information,
    compute_meat,
    compute_parameter_covariance_matrix,
    compute_robust_meat,
    compute_weight_inverse,
)
from sem_toolkit.inference.options import InferenceOptions
from sem_toolkit.inference.weights.information import compute_first_order_information
from sem_toolkit.inference.weights.robust import build_robust_weight
from sem_toolkit.sample.moments import FloatArray
from sem_toolkit.sample.sample import TWO_STAGE

SANDWICHES = frozenset({"robust.sem", "robust.sem.nt", "robust.huber.white", "robust.cluster", "robust.cluster.sem"})
"""Standard errors that are sandwiches, of which such tests are made."""
IDENTIFIED = 1e-6
"""Share of its information that a direction must have left, beside those that are free, to be one that can be freed."""
_NONE = 1e-10
"""Eigenvalue, of the largest, that is none."""


@dataclass(frozen=True)
class RobustForm:
    """One of the three forms of a test: "scaled", "adjusted" or "robust", the generalised one."""

    form: str
    stat: float
    df: float
    pvalue: float


def compute_robust_forms(
    stat: float, df: int, plain: FloatArray, robust: FloatArray, values: FloatArray, n: float = 1.0
) -> tuple[RobustForm, ...]:
    """The three forms of a test of k restrictions by normal theory.

    stat, df  the test by normal theory
    plain     M₁ (k × k), robust M₂ (k × k)
    values    v (k) of which the generalised test is n vᵀM₂⁻¹v
    """
    mixed = robust @ np.linalg.pinv(plain, rcond=_NONE, hermitian=True)
    trace, square = float(np.trace(mixed)), float(np.sum(mixed * mixed.T))
    if not trace > 0.0 or not square > 0.0:
        return ()
    reduced = trace**2 / square
    general = float(n * values @ np.linalg.pinv(robust, rcond=_NONE, hermitian=True) @ values)
    found = (("scaled", stat * df / trace, float(df)), ("adjusted", stat * reduced / trace, reduced))
    return tuple(
        RobustForm(form, value, own, compute_chisq_pvalue(value, own))
        for form, value, own in (*found, ("robust", general, float(df)))
    )


def choose_restriction_meat(evaluation: AtEstimate, options: InferenceOptions) -> FloatArray | None:
    """Covariance matrix (q × q) of the score over √N, whatever the distribution of the rows.

    That of the standard errors where they are a sandwich, else that of the first scaled test; None where there is
    neither.
    """
    if options.se in SANDWICHES or options.se in TWO_STAGE:
        return compute_meat(evaluation, options)
    tests: Sequence[str] = (options.test, *options.more_tests)
    if options.needs_gamma:
        return compute_robust_meat(evaluation, options.information)
    return compute_first_order_information(evaluation) if any(name.startswith("yuan") for name in tests) else None


def compute_both_covariances(evaluation: AtEstimate, options: InferenceOptions) -> tuple[FloatArray, FloatArray] | None:
    """Covariance matrices of x (q × q) by normal theory and by the sandwich of `choose_restriction_meat`, or None."""
    if options.se in TWO_STAGE:
        plain = compute_weight_inverse(evaluation, build_robust_weight(evaluation, options.information))
        return plain / evaluation.total, compute_parameter_covariance_matrix(evaluation, options)
    if options.se in SANDWICHES:
        plain = compute_parameter_covariance_matrix(evaluation, replace(options, se="standard"))
        return plain, compute_parameter_covariance_matrix(evaluation, options)
    meat = choose_restriction_meat(evaluation, options) if options.se == "standard" else None
    if meat is None:
        return None
    bread = compute_inverse_information(evaluation, options.information)
    return bread / evaluation.total, bread @ meat @ bread / evaluation.total
