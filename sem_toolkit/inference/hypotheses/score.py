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
from sem_toolkit.diagnostics.suggestions import find_nearest
from sem_toolkit.estimation import compute_tangent
from sem_toolkit.inference.at_estimate import AtEstimate
from sem_toolkit.inference.distributions import compute_chisq_pvalue
from sem_toolkit.inference.errors.covariance import invert_information
from sem_toolkit.inference.frames import build_place_columns
from sem_toolkit.inference.hypotheses.candidates import Candidates, locate_candidates
from sem_toolkit.inference.hypotheses.modification import compute_modification_indices
from sem_toolkit.inference.weights.information import compute_gradient_of_fit
from sem_toolkit.sample.moments import FloatArray
from sem_toolkit.spec.table import Operator, Parameter

if TYPE_CHECKING:
    import pandas as pd


_IDENTIFIED = 1e-6
"""Share of its information that a direction of additions must have left to be one that could be freed."""
_INFORMED = 1e-9
"""Eigenvalue of a scaled information below which its direction is one in which the model is not identified."""
_ADDED: tuple[Operator, ...] = ("=~", "~~", "~")


@dataclass(frozen=True, eq=False)
class ScoreTests:
    """Tests of releasing equality constraints.

    stat, df, pvalue   of all of them together
    univariate         one row a constraint: lhs op rhs X2 df pvalue, and which parameters equal labels are of
    cumulative         the same, released one after the other from the largest down
    changes            expected change of each parameter (q) when all are released; NaN where the model is then not
                       identified, so that there is no such change

    df is what can be learnt: directions in which a released model is not identified are no degrees of freedom (equal
    loadings and intercepts of groups with free factor variances and means: as many as the likelihood ratio has).
    """

    stat: float
    df: int
    pvalue: float
    univariate: "pd.DataFrame"
    cumulative: "pd.DataFrame"
    changes: FloatArray


def compute_score_tests(evaluation: AtEstimate) -> ScoreTests:
    """Test every equality constraint of the table. Raises ModelError where there is none."""
    import pandas as pd

    evaluation.require_minimum("score tests")
    evaluation.require_saturated("score tests")
    texts, slopes = _constraint_slopes(evaluation)
    if not texts:
        message = "the model has no equality constraints to release"
        raise ModelError(Diagnostic("error", "no-constraints", message, hint="see the modification indices"))
    information = evaluation.information
    score = _score(evaluation)
    single = [_release(evaluation, information, score, slopes, [k])[0] for k in range(len(texts))]
    order = sorted(range(len(texts)), key=lambda k: -single[k])
    steps = [_release(evaluation, information, score, slopes, order[: k + 1]) for k in range(len(order))]
    stat, df, changes = _release(evaluation, information, score, slopes, list(range(len(texts))))
    return ScoreTests(
        stat,
        df,
        compute_chisq_pvalue(stat, df),
        pd.DataFrame(_rows(evaluation, texts, single, [1] * len(texts))),
        pd.DataFrame(
            _rows(evaluation, [texts[k] for k in order], [step[0] for step in steps], [step[1] for step in steps])
        ),
        changes,
    )


def compute_joint_releases(
    evaluation: AtEstimate, wanted: Sequence[Collection[str]]
) -> list[tuple[float, int, FloatArray]]:
    """Statistic, degrees of freedom and expected changes (q) of untying parameters that equalities hold together.

    wanted  for each test the plabels of the parameters that are to go their own ways: every equality between two of
            them is released, all others stay
    """
    texts, slopes = _constraint_slopes(evaluation)
    information, score = evaluation.information, _score(evaluation)
    sets = [[k for k, sides in enumerate(texts) if {*sides} <= {*names}] for names in wanted]
    found = _release_separately(evaluation, information, score, slopes, sets)
    return [
        _release(evaluation, information, score, slopes, released) if entry is None else entry
        for released, entry in zip(sets, found, strict=True)
    ]


def _release_separately(
    evaluation: AtEstimate, information: FloatArray, score: FloatArray, slopes: FloatArray, sets: list[list[int]]
) -> Sequence[tuple[float, int, FloatArray] | None]:
    """Many releases from one inverse; None where a released model is not identified or the constraints overlap.

    With J the slopes and D = J⁺, the directions that open when constraints R go are the columns of D that belong to
    them. From the score and the information that the other directions K leave over,
    u = Dᵀs − DᵀIK(KᵀIK)⁻¹Kᵀs and V = DᵀID − DᵀIK(KᵀIK)⁻¹KᵀID, the statistic is N uᵀV⁻¹u.
    """
    basis = compute_tangent(np.nan_to_num(slopes), len(score))
    inverse = invert_information(information, basis)
    if basis.shape[1] != len(score) - len(slopes) or np.isnan(inverse).any():
        return [None] * len(sets)
    opened = np.linalg.pinv(slopes)
    along = information @ opened
    pulled = inverse @ along
    left, remaining = opened.T @ score - pulled.T @ score, opened.T @ along - along.T @ pulled
    rest = inverse @ score
    found: list[tuple[float, int, FloatArray] | None] = []
    for chosen in sets:
        part = remaining[np.ix_(chosen, chosen)]
        size = np.sqrt(np.maximum(np.diagonal(opened.T @ along)[chosen], 1e-300))
        if not chosen or np.linalg.eigvalsh(part / np.outer(size, size))[0] < _IDENTIFIED:
            found.append(None)
            continue
        step = np.linalg.solve(part, left[chosen])
        change = opened[:, chosen] @ step + rest - pulled[:, chosen] @ step
        found.append((float(evaluation.multiplier * (left[chosen] @ step + score @ rest)), len(chosen), change))
    return found


def compute_addition_test(evaluation: AtEstimate, additions: str) -> "pd.DataFrame":
    """Test parameters that are not in the model, such as "x1 ~~ x2; visual =~ x9": one row each, then one for all.

    Columns: lhs op rhs group X2 df pvalue epc. In several groups each addition is made in every group. The statistic of
    one addition is its modification index. Raises ModelError for what cannot be added.
    """
    import pandas as pd

    evaluation.require_minimum("score tests")
    evaluation.require_saturated("score tests")
    rows = [
        (*triple, g + 1)
        for triple in _parse_additions(evaluation, additions)
        for g in range(evaluation.model.n_groups)
        if _occurs(evaluation, triple, g)
    ]
    if not rows:
        message = f'the variables of "{additions}" do not occur at the same level'
        raise ModelError(Diagnostic("error", "no-addition", message, hint="name one of them at the other's level too"))
    candidates = locate_candidates(evaluation.model, rows)
    _require_absent(evaluation, candidates)
    mi, epc = compute_modification_indices(evaluation, candidates)
    stat, df = _joint_statistic(evaluation, candidates)
    frame = pd.DataFrame([row[:3] for row in rows], columns=["lhs", "op", "rhs"])
    frame = frame.assign(**build_place_columns(evaluation.model.table, candidates.group + 1))
    frame["X2"], frame["df"] = mi, 1
    frame["pvalue"], frame["epc"] = [compute_chisq_pvalue(value, 1) for value in mi], epc
    total = {"lhs": "all", "op": "", "rhs": "", "group": 0, "X2": stat, "df": df}
    total |= {"level": 0} if "level" in frame else {}
    total |= {"pvalue": compute_chisq_pvalue(stat, df), "epc": float("nan")}
    return pd.concat([frame, pd.DataFrame([total])], ignore_index=True)


def _joint_statistic(evaluation: AtEstimate, candidates: Candidates) -> tuple[float, int]:
    """N sᵀ(I_cc − I_cx I⁻¹ I_xc)⁻s of all candidates together, and how many of them can be freed at once (the rank)."""
    score, own, shared, inverse = evaluation.treatment.candidates.score_jointly(evaluation, candidates)
    left = own - shared @ inverse @ shared.T
    size = np.sqrt(np.maximum(np.diag(own), 1e-300))
    values, vectors = np.linalg.eigh(left / (size[:, None] * size))
    kept = values > _IDENTIFIED
    along = vectors[:, kept].T @ (score / size)
    return float(evaluation.rows.sum() * along @ (along / values[kept])), int(kept.sum())


def _parse_additions(evaluation: AtEstimate, additions: str) -> list[tuple[str, Operator, str]]:
    found: list[tuple[str, Operator, str]] = []
    for text in (text.strip() for text in additions.replace(";", "\n").splitlines()):
        if not text:
            continue
        operator: Operator | None = next((op for op in _ADDED if op in text), None)
        names = text.split(operator) if operator else []
        if operator is None or len(names) != 2:
            raise ModelError(Diagnostic("error", "no-addition", f'"{text}" is no parameter', hint='such as "x1 ~~ x2"'))
        lhs, rhs = names[0].strip(), names[1].strip()
        for name in (lhs, rhs):
            if name not in evaluation.model.variables:
                message = f'"{text}" is about {name!r}, which the model does not have'
                nearest = find_nearest(name, evaluation.model.variables)
                hint = f"did you mean {nearest!r}?" if nearest else None
                raise ModelError(Diagnostic("error", "unknown-variable", message, hint=hint))
        found.append((lhs, operator, rhs))
    if not found:
        raise ModelError(Diagnostic("error", "no-addition", "there is nothing to add", hint='such as "x1 ~~ x2"'))
    return found


def _occurs(evaluation: AtEstimate, triple: tuple[str, Operator, str], group: int) -> bool:
    """Whether the variables of an addition occur in a group: of levels each has its own."""
    table = evaluation.model.table
    if not table.separated:
        return True
    there = {name for row in table.parameters if row.group == group + 1 for name in (row.lhs, row.rhs)}
    return {triple[0], triple[2] or triple[0]} <= there


def _require_absent(evaluation: AtEstimate, candidates: Candidates) -> None:
    """Raise ModelError for additions that the model has as free parameters."""
    for k, (lhs, op, rhs, _) in enumerate(candidates.rows):
        cells = evaluation.model.cells[candidates.group[k]]
        same = (cells.kind == candidates.kind[k]) & (cells.row == candidates.row[k])
        same &= cells.right == candidates.right[k]
        if candidates.kind[k] == 1:  # a covariance stands for itself either way round
            i, j = candidates.row[k], candidates.column[k]
            here = (cells.kind == 1) & (np.minimum(cells.row, cells.column) == min(i, j))
            same = here & (np.maximum(cells.row, cells.column) == max(i, j))
        if same.any():
            message = f'"{lhs} {op} {rhs}" is a free parameter of the model already'
            raise ModelError(Diagnostic("error", "no-addition", message, hint="test it with --wald and its label"))


def _score(evaluation: AtEstimate) -> FloatArray:
    """Gradient of logl/N, or of half the discrepancy with its sign turned."""
    if evaluation.kind.is_likelihood:
        return -compute_gradient_of_fit(evaluation)
    sized = evaluation.sized  # groups weigh by n − 1, as in what was minimised
    return evaluation.weight.slope(sized) * (evaluation.total / float(evaluation.rows.sum()))


def _release(
    evaluation: AtEstimate, information: FloatArray, score: FloatArray, slopes: FloatArray, released: list[int]
) -> tuple[float, int, FloatArray]:
    """Statistic, degrees of freedom and expected parameter changes (q) when the given constraints no longer hold.

    N sᵀ(KᵀIK)⁻Ks over the directions K of the released model; where KᵀIK is singular, over those with information.
    """
    basis = compute_tangent(np.nan_to_num(np.delete(slopes, released, axis=0)), len(score))
    before = len(score) - int(np.linalg.matrix_rank(slopes))
    change = invert_information(information, basis) @ score
    if not np.isnan(change).any():
        return float(evaluation.multiplier * score @ change), basis.shape[1] - before, change
    inner = basis.T @ information @ basis
    size = np.sqrt(np.maximum(inner.diagonal(), 1e-300))
    values, vectors = np.linalg.eigh(inner / (size[:, None] * size))
    informed = values > _INFORMED
    along = vectors[:, informed].T @ (basis.T @ score / size)
    return float(evaluation.multiplier * along @ (along / values[informed])), int(informed.sum()) - before, change


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
    evaluation: AtEstimate, texts: list[tuple[str, str]], stats: list[float], dfs: list[int]
) -> list[dict[str, object]]:
    names = {row.plabel: _describe_parameter(evaluation, row) for row in evaluation.model.table.parameters}
    return [
        {
            "lhs": lhs,
            "op": "==",
            "rhs": rhs,
            "X2": stat,
            "df": df,
            "pvalue": compute_chisq_pvalue(stat, df),
            "parameters": f"{names[lhs]}, {names[rhs]}" if lhs in names and rhs in names else "",
        }
        for (lhs, rhs), stat, df in zip(texts, stats, dfs, strict=True)
    ]


def _describe_parameter(evaluation: AtEstimate, row: Parameter) -> str:
    groups = evaluation.model.groups
    where = f" [{groups[row.group - 1]}]" if len(groups) > 1 else ""
    return f"{row.lhs} {row.op} {row.rhs}".strip() + where
