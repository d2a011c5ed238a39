"""Score (Lagrange multiplier) tests of parameters that are not in the model.

With s the gradient of logl/N by them and V what their information has left beside that of the parameters, N·sᵀV⁻s.
Source: Silvey (1959), Annals of Mathematical Statistics 30, 389-407.
"""

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from sem_toolkit.diagnostics import Diagnostic, ModelError
from sem_toolkit.diagnostics.suggestions import find_nearest
from sem_toolkit.inference.at_estimate import AtEstimate
from sem_toolkit.inference.distributions import compute_chisq_pvalue
from sem_toolkit.inference.errors.covariance import invert_information
from sem_toolkit.inference.frames import build_place_columns
from sem_toolkit.inference.hypotheses.candidate_kinds import CANDIDATES
from sem_toolkit.inference.hypotheses.candidates import Candidates, free_candidates, locate_candidates
from sem_toolkit.inference.hypotheses.modification import compute_modification_indices
from sem_toolkit.inference.hypotheses.restrictions import (
    IDENTIFIED,
    RobustForm,
    choose_restriction_meat,
    compute_robust_forms,
)
from sem_toolkit.inference.options import InferenceOptions
from sem_toolkit.inference.weights.score import compute_score_information, compute_score_vector
from sem_toolkit.spec.table import Operator

if TYPE_CHECKING:
    import pandas as pd


_ADDED: tuple[Operator, ...] = ("=~", "~~", "~")


def compute_addition_test(evaluation: AtEstimate, additions: str, options: InferenceOptions) -> "pd.DataFrame":
    """Test parameters that are not in the model, such as "x1 ~~ x2; visual =~ x9": one row each, then one for all.

    Columns: lhs op rhs group X2 df pvalue epc, and X2.scaled and pvalue.scaled where standard errors or tests are not
    of normal theory; then the rows "all.scaled", "all.adjusted" and "all.robust" have the forms of the test of all. In
    several groups each addition is made in every group. The statistic of one addition is its modification index.
    Raises ModelError for what cannot be added.
    """
    import pandas as pd

    evaluation.require_minimum("score tests")
    evaluation.require_saturated("score tests")
    if evaluation.model.composites is not None:
        message = "there are no score tests of additions to a model with composites"
        raise ModelError(Diagnostic("error", "no-addition", message, hint="compare it with a model that has them"))
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
    single, forms = _compute_forms(evaluation, candidates, options)
    if forms:
        frame["X2.scaled"] = [form.stat for form in single]
        frame["pvalue.scaled"] = [form.pvalue for form in single]
        total |= {"X2.scaled": forms[0].stat, "pvalue.scaled": forms[0].pvalue}
    others = [
        total | {"lhs": f"all.{form.form}", "X2": form.stat, "df": form.df, "pvalue": form.pvalue} for form in forms
    ]
    return pd.concat([frame, pd.DataFrame([total, *others])], ignore_index=True)


def _compute_forms(
    evaluation: AtEstimate, candidates: Candidates, options: InferenceOptions
) -> tuple[list[RobustForm], tuple[RobustForm, ...]]:
    """The scaled test of each addition, and the forms of the test of all; none where everything is of normal theory,
    with levels, and where not all can be freed at once.

    They are taken from the model in which the additions are free, at the point where they have their fixed values.
    """
    freed, values = free_candidates(evaluation.model, candidates)
    there = replace(evaluation, model=freed, x=np.concatenate([evaluation.x, values]), tangent=None)
    meat = None if evaluation.data.levels > 1 else choose_restriction_meat(there, options)
    if meat is None:
        return [], ()
    k, basis = candidates.size, evaluation.free_basis
    information, score, n = compute_score_information(there), compute_score_vector(there), there.multiplier
    q, r = basis.shape
    found = []
    for chosen in [*([i] for i in range(k)), list(range(k))]:
        places = [q + i for i in chosen]
        wide = np.zeros((q + k, r + len(chosen)))
        wide[:q, :r] = basis
        wide[places, range(r, r + len(chosen))] = 1.0
        inverse = invert_information(information, wide)
        along = inverse[places]
        plain = along[:, places]
        if np.isnan(plain).any():
            return [], ()
        stat = float(n * score @ inverse @ score)
        found.append(compute_robust_forms(stat, len(chosen), plain, along @ meat @ along.T, along @ score, n))
    return [forms[0] for forms in found[:-1]], found[-1]


def _joint_statistic(evaluation: AtEstimate, candidates: Candidates) -> tuple[float, int]:
    """N sᵀ(I_cc − I_cx I⁻¹ I_xc)⁻s of all candidates together, and how many of them can be freed at once (the rank)."""
    score, own, shared, inverse = CANDIDATES.choose(evaluation).score_jointly(evaluation, candidates)
    left = own - shared @ inverse @ shared.T
    size = np.sqrt(np.maximum(np.diag(own), 1e-300))
    values, vectors = np.linalg.eigh(left / (size[:, None] * size))
    kept = values > IDENTIFIED
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
