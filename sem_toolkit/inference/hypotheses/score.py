"""Score (Lagrange multiplier) tests of equality constraints, one at a time, cumulatively and all together.

With s the gradient of logl/N and I the information, N·sᵀK(KᵀIK)⁻¹Kᵀs, where K spans the directions that the remaining
constraints allow. Sources: Silvey (1959), Annals of Mathematical Statistics 30, 389-407; Bentler & Chou (1992),
Sociological Methods & Research 21, 259-282.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sem_toolkit.diagnostics import Diagnostic, ModelError
from sem_toolkit.estimation import compute_tangent
from sem_toolkit.inference.at_estimate import AtEstimate
from sem_toolkit.inference.distributions import compute_chisq_pvalue
from sem_toolkit.inference.errors.covariance import invert_information
from sem_toolkit.inference.hypotheses.restrictions import (
    IDENTIFIED,
    RobustForm,
    choose_restriction_meat,
    compute_robust_forms,
)
from sem_toolkit.inference.options import InferenceOptions
from sem_toolkit.inference.weights.score import compute_score_information, compute_score_vector
from sem_toolkit.sample.moments import FloatArray
from sem_toolkit.spec.table import Parameter

if TYPE_CHECKING:
    import pandas as pd


_INFORMED = 1e-9
"""Eigenvalue of a scaled information below which its direction is one in which the model is not identified."""


@dataclass(frozen=True, eq=False)
class ScoreTests:
    """Tests of releasing equality constraints.

    stat, df, pvalue   of all of them together
    univariate         one row a constraint: lhs op rhs X2 df pvalue, and which parameters equal labels are of
    cumulative         the same, released one after the other from the largest down
    changes            expected change of each parameter (q) when all are released; NaN where the model is then not
                       identified, so that there is no such change
    forms              the test of all together without normal theory: "scaled", "adjusted" and "robust"; none where
                       neither standard errors nor tests are of that kind. Then both tables also have X2.scaled and
                       pvalue.scaled

    df is what can be learnt: directions in which a released model is not identified are no degrees of freedom (equal
    loadings and intercepts of groups with free factor variances and means: as many as the likelihood ratio has).
    """

    stat: float
    df: int
    pvalue: float
    univariate: "pd.DataFrame"
    cumulative: "pd.DataFrame"
    changes: FloatArray
    forms: tuple[RobustForm, ...] = ()


@dataclass(frozen=True, eq=False)
class _Release:
    """The test of releasing some constraints.

    change   expected changes (q); inverse: of the information within the other constraints (q × q)
    unknown  directions (q × u) that these allow and of which the data know nothing
    """

    stat: float
    df: int
    change: FloatArray
    inverse: FloatArray
    unknown: FloatArray


def compute_score_tests(evaluation: AtEstimate, options: InferenceOptions) -> ScoreTests:
    """Test every equality constraint of the table. Raises ModelError where there is none.

    options  by their standard errors, or else their tests, it is known what the score varies by
    """
    import pandas as pd

    evaluation.require_minimum("score tests")
    evaluation.require_saturated("score tests")
    texts, slopes = _constraint_slopes(evaluation)
    if not texts:
        message = "the model has no equality constraints to release"
        raise ModelError(Diagnostic("error", "no-constraints", message, hint="see the modification indices"))
    information = compute_score_information(evaluation)
    score = compute_score_vector(evaluation)
    meat = choose_restriction_meat(evaluation, options)

    def release(chosen: list[int]) -> tuple[_Release, tuple[RobustForm, ...]]:
        found = _release(evaluation, information, score, slopes, chosen)
        return found, () if meat is None else _build_forms(evaluation, found, score, slopes[chosen], meat)

    single = [release([k]) for k in range(len(texts))]
    order = sorted(range(len(texts)), key=lambda k: -single[k][0].stat)
    steps = [release(order[: k + 1]) for k in range(len(order))]
    total, forms = release(list(range(len(texts))))
    univariate = pd.DataFrame(_rows(evaluation, texts, single))
    cumulative = pd.DataFrame(_rows(evaluation, [texts[k] for k in order], steps))
    pvalue = compute_chisq_pvalue(total.stat, total.df)
    return ScoreTests(total.stat, total.df, pvalue, univariate, cumulative, total.change, forms)


def _build_forms(
    evaluation: AtEstimate, found: _Release, score: FloatArray, slopes: FloatArray, meat: FloatArray
) -> tuple[RobustForm, ...]:
    """The forms without normal theory: with A the slopes released and J the inverse, M₁ = AJAᵀ and M₂ = AJBJAᵀ.

    Where the released model is not identified, A is those combinations of its rows that the data can test.
    """
    if found.unknown.size:
        slopes = compute_tangent((slopes @ found.unknown).T, len(slopes)).T @ slopes
    along = slopes @ found.inverse
    plain, robust = along @ slopes.T, along @ meat @ along.T
    return compute_robust_forms(found.stat, found.df, plain, robust, along @ score, evaluation.multiplier)


def compute_joint_releases(
    evaluation: AtEstimate, wanted: Sequence[Collection[str]]
) -> list[tuple[float, int, FloatArray]]:
    """Statistic, degrees of freedom and expected changes (q) of untying parameters that equalities hold together.

    wanted  for each test the plabels of the parameters that are to go their own ways: every equality between two of
            them is released, all others stay
    """
    texts, slopes = _constraint_slopes(evaluation)
    information, score = compute_score_information(evaluation), compute_score_vector(evaluation)
    sets = [[k for k, sides in enumerate(texts) if {*sides} <= {*names}] for names in wanted]
    found = _release_separately(evaluation, information, score, slopes, sets)
    whole = [
        _release(evaluation, information, score, slopes, released) if entry is None else entry
        for released, entry in zip(sets, found, strict=True)
    ]
    return [entry if isinstance(entry, tuple) else (entry.stat, entry.df, entry.change) for entry in whole]


def _release_separately(
    evaluation: AtEstimate, information: FloatArray, score: FloatArray, slopes: FloatArray, sets: list[list[int]]
) -> Sequence[tuple[float, int, FloatArray] | None]:
    """Many releases from one inverse; None where a released model is not identified or the constraints overlap.

    With J the slopes and D = Jᵀ(JJᵀ)⁻¹, the directions that open when constraints R go are the columns of D that
    belong to them. From the score and the information that the other directions K leave over,
    u = Dᵀs − DᵀIK(KᵀIK)⁻¹Kᵀs and V = DᵀID − DᵀIK(KᵀIK)⁻¹KᵀID, the statistic is N uᵀV⁻¹u.
    """
    linear = evaluation.model.constraints.linear
    is_linear = len(slopes) == len(linear.matrix)
    basis = linear.basis if is_linear else compute_tangent(np.nan_to_num(slopes), len(score))
    inverse = invert_information(information, basis)
    if basis.shape[1] != len(score) - len(slopes) or np.isnan(inverse).any():
        return [None] * len(sets)
    opened = np.linalg.solve(slopes @ slopes.T, slopes).T
    along = information @ opened
    pulled = inverse @ along
    left, remaining = opened.T @ score - pulled.T @ score, opened.T @ along - along.T @ pulled
    rest = inverse @ score
    size = np.maximum(np.einsum("ij,ij->j", opened, along), 1e-300)
    total, multiplier = float(score @ rest), evaluation.multiplier
    found: list[tuple[float, int, FloatArray] | None] = []
    for chosen in sets:
        part, own, scale = remaining[chosen][:, chosen], left[chosen], np.sqrt(size[chosen])
        if not chosen or _find_smallest(part / (scale[:, None] * scale)) < IDENTIFIED:
            found.append(None)
            continue
        step = np.linalg.solve(part, own) if len(chosen) > 1 else own / part[0]
        change = opened[:, chosen] @ step + rest - pulled[:, chosen] @ step
        found.append((float(multiplier * (own @ step + total)), len(chosen), change))
    return found


def _find_smallest(square: FloatArray) -> float:
    """Smallest eigenvalue of a symmetric matrix, which often has one row."""
    return float(square[0, 0] if len(square) == 1 else np.linalg.eigvalsh(square)[0])


def _release(
    evaluation: AtEstimate, information: FloatArray, score: FloatArray, slopes: FloatArray, released: list[int]
) -> _Release:
    """The test that the given constraints no longer hold.

    N sᵀK(KᵀIK)⁻Kᵀs over the directions K of the released model; where KᵀIK is singular, over those with information.
    """
    basis = compute_tangent(np.nan_to_num(np.delete(slopes, released, axis=0)), len(score))
    before = len(score) - int(np.linalg.matrix_rank(slopes))
    inverse = invert_information(information, basis)
    size, df = evaluation.multiplier, basis.shape[1] - before
    change = inverse @ score
    if not np.isnan(change).any():
        return _Release(float(size * score @ change), df, change, inverse, basis[:, :0])
    inner = basis.T @ information @ basis
    scale = np.sqrt(np.maximum(inner.diagonal(), 1e-300))
    values, vectors = np.linalg.eigh(inner / (scale[:, None] * scale))
    informed = values > _INFORMED
    turned = (basis / scale) @ vectors
    along, unknown = turned[:, informed], turned[:, ~informed]
    inverse = along / values[informed] @ along.T
    return _Release(float(size * score @ inverse @ score), int(informed.sum()) - before, change, inverse, unknown)


def _constraint_slopes(evaluation: AtEstimate) -> tuple[list[tuple[str, str]], FloatArray]:
    """Both sides and derivative by x of every equality: the linear ones first, in the order of the table within
    each; then the derivatives of equations that nobody can release, those of rotations.
    """
    constraints = evaluation.model.constraints
    others = [condition.row for condition in constraints.equalities]
    linear = [row for row in evaluation.model.table.rows if row.op == "==" and row not in others]
    slopes = constraints.curved_slopes(evaluation.x)
    rows = [(row.lhs, row.rhs) for row in (*linear, *others)]
    return rows, np.concatenate([constraints.linear.matrix, slopes])


def _rows(
    evaluation: AtEstimate, texts: list[tuple[str, str]], tests: list[tuple[_Release, tuple[RobustForm, ...]]]
) -> list[dict[str, object]]:
    names = {row.plabel: _describe_parameter(evaluation, row) for row in evaluation.model.table.parameters}
    rows: list[dict[str, object]] = []
    for (lhs, rhs), (test, forms) in zip(texts, tests, strict=True):
        row: dict[str, object] = {"lhs": lhs, "op": "==", "rhs": rhs, "X2": test.stat, "df": test.df}
        row["pvalue"] = compute_chisq_pvalue(test.stat, test.df)
        for form in forms[:1]:
            row |= {"X2.scaled": form.stat, "pvalue.scaled": form.pvalue}
        row["parameters"] = f"{names[lhs]}, {names[rhs]}" if lhs in names and rhs in names else ""
        rows.append(row)
    return rows


def _describe_parameter(evaluation: AtEstimate, row: Parameter) -> str:
    groups = evaluation.model.groups
    where = f" [{groups[row.group - 1]}]" if len(groups) > 1 else ""
    return f"{row.lhs} {row.op} {row.rhs}".strip() + where
