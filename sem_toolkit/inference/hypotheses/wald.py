"""Wald test of hypotheses about labelled parameters."""

from dataclasses import dataclass, replace

import numpy as np

from sem_toolkit.diagnostics import Diagnostic, ModelError, SpecError
from sem_toolkit.inference.at_estimate import AtEstimate
from sem_toolkit.inference.distributions import compute_chisq_pvalue
from sem_toolkit.inference.hypotheses.restrictions import RobustForm, compute_robust_forms
from sem_toolkit.model.functions import Function, compute_environment, label_positions, parse_side
from sem_toolkit.sample.moments import FloatArray


@dataclass(frozen=True)
class WaldTest:
    """A Wald test: its hypotheses as typed, statistic, degrees of freedom and p-value.

    stat      by the standard errors of the fit
    standard  by normal theory, where standard errors are sandwiches or the test of fit is scaled; else None
    forms     that one scaled, adjusted and generalised (Satorra, 2000)
    """

    hypotheses: tuple[str, ...]
    stat: float
    df: int
    pvalue: float
    standard: float | None = None
    forms: tuple[RobustForm, ...] = ()


def compute_wald_test(
    evaluation: AtEstimate, covariance: FloatArray, hypotheses: str, pair: tuple[FloatArray, FloatArray] | None = None
) -> WaldTest:
    """Test equalities such as "a == b; c*d == 1" (separated by semicolons or lines) between labels.

    covariance  of x, q × q; pair: the same by normal theory and by a sandwich, where there is one
    Raises SpecError for text that is no equality, ModelError for labels that do not exist or hypotheses that follow
    from each other or from the model's constraints.
    Source: Wald (1943), Transactions of the American Mathematical Society 54, 426-482.
    """
    texts = tuple(text.strip() for text in hypotheses.replace(";", "\n").splitlines() if text.strip())
    if np.isnan(covariance).any():
        message = "a Wald test needs standard errors, and this fit has none"
        hint = 'fit with another "se"; if it was not "none", see what is not identified'
        raise ModelError(Diagnostic("error", "no-standard-errors", message, hint=hint))
    values, slopes = _evaluate(evaluation, texts)
    test = compute_wald_statistic(values, slopes @ covariance @ slopes.T, texts)
    if pair is None or np.isnan(pair).any():
        return test
    plain, robust = (slopes @ matrix @ slopes.T for matrix in pair)
    standard = compute_wald_statistic(values, plain, texts).stat
    return replace(test, standard=standard, forms=compute_robust_forms(standard, test.df, plain, robust, values))


def compute_wald_statistic(values: FloatArray, covariance: FloatArray, texts: tuple[str, ...] = ()) -> WaldTest:
    """hᵀC⁻¹h of k values h that should be 0, with covariance matrix C (k × k)."""
    if np.linalg.matrix_rank(covariance) < len(values):
        message = "the hypotheses follow from each other or from the model's constraints"
        raise ModelError(Diagnostic("error", "redundant-hypotheses", message, hint="leave one of them out"))
    stat = float(values @ np.linalg.solve(covariance, values))
    return WaldTest(texts, stat, len(values), compute_chisq_pvalue(stat, len(values)))


def _evaluate(evaluation: AtEstimate, texts: tuple[str, ...]) -> tuple[FloatArray, FloatArray]:
    """Left less right side of each equality (k), and derivatives by x (k × q)."""
    model = evaluation.model
    positions, constants = label_positions(model.table, model.parameters)
    environment = compute_environment(positions, constants, evaluation.x)
    for row, function in zip(model.definitions.rows, model.definitions.functions, strict=True):
        environment.define(row.lhs, function)
    values, slopes = [], []
    for text in texts:
        left, right = _parse_equality(text)
        _require_known((*left.names, *right.names), environment.values)
        (one, by_one), (other, by_other) = environment.evaluate(left), environment.evaluate(right)
        if not (np.isfinite(one - other) and np.isfinite(by_one - by_other).all()):
            message = f'"{text}" has no finite value at the estimates'
            raise ModelError(Diagnostic("error", "no-value", message, hint="look for divisions by 0, logs and roots"))
        values.append(one - other)
        slopes.append(by_one - by_other)
    if not values:
        raise SpecError(Diagnostic("error", "no-hypothesis", "there is no hypothesis to test", hint='such as "a == b"'))
    return np.array(values), np.array(slopes)


def _parse_equality(text: str) -> tuple[Function, Function]:
    sides = text.split("==")
    if len(sides) != 2 or not all(side.strip() for side in sides):
        raise SpecError(Diagnostic("error", "no-hypothesis", f'"{text}" is not an equality', hint='such as "a == b"'))
    return parse_side(sides[0]), parse_side(sides[1])


def _require_known(names: tuple[str, ...], known: dict[str, float]) -> None:
    for name in names:
        if name not in known:
            labels = ", ".join(sorted(label for label in known if not label.startswith("."))) or "none"
            message = f'"{name}" is not the label of a parameter'
            raise ModelError(Diagnostic("error", "unknown-label", message, hint=f"labels: {labels}"))
