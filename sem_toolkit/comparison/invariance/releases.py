"""Which equality of a step to release next: score tests of the equalities that the step adds, with expected changes."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from sem_toolkit.fit import Fit
from sem_toolkit.inference.distributions import compute_chisq_pvalue
from sem_toolkit.inference.frames import build_frame_of_rows
from sem_toolkit.inference.hypotheses.score import compute_joint_releases
from sem_toolkit.spec.table import Parameter, ParameterTable
from sem_toolkit.spec.written import find_ties

if TYPE_CHECKING:
    import pandas as pd

Key = tuple[str, str, str, int]
Release = dict[str, Any]
COLUMNS = ("parameter", "X2", "df", "pvalue", "est")


def build_release_table(rows: Sequence[Release]) -> "pd.DataFrame":
    """The releases as a table, each place of any of them in a column of its own."""
    import pandas as pd

    if not rows:
        return pd.DataFrame({name: [] for name in COLUMNS})
    names = [*dict.fromkeys(name for row in rows for name in row if name != "sepc"), "sepc"]
    return build_frame_of_rows([{name: row.get(name, np.nan) for name in names} for row in rows])


def build_releases(fit: Fit, new: Sequence[Sequence[Parameter]]) -> list[Release]:
    """One row for every parameter that this step makes equal and the step before does not, the largest X2 first.

    new            the rows of each of them in all groups or waves; a first one that is fixed stands for its value

    parameter      as `group_partial` has it: x3~1, visual=~x2; over time that of the first wave
    X2 df pvalue   score test of releasing it everywhere at once; of normal theory, never scaled
    est            its common value; epc.LABEL the expected change in each group (or wave, by the name of its item)
    sepc           difference between the largest and the smallest change, in standard deviations: of the item for
                   intercepts and loadings (these times that of the factor), and in variances for variances

    There is none where nothing new is equal. Source: Silvey (1959); see inference.hypotheses.score.
    """
    evaluation = fit.evaluated.evaluation
    if not new:
        return []
    tests = compute_joint_releases(evaluation, [_list_sides(members) for members in new])
    deviations = _compute_deviations(fit)
    order = sorted(range(len(new)), key=lambda k: -tests[k][0])
    rows: list[Release] = []
    for members, (stat, df, changes) in ((new[k], tests[k]) for k in order):
        first = members[0]
        epc = [float(changes[row.free - 1]) if row.free else 0.0 for row in members]
        row: Release = {"parameter": name_parameter(first), "X2": stat, "df": df}
        row |= {"pvalue": compute_chisq_pvalue(stat, df) if df else float("nan")}
        row |= {"est": float(evaluation.x[first.free - 1]) if first.free else first.ustart or 0.0}
        row |= {f"epc.{_name_place(fit, member)}": change for member, change in zip(members, epc, strict=True)}
        rows.append(row | {"sepc": (max(epc) - min(epc)) * _compute_scale(deviations, first)})
    return rows


def describe_release(rows: Sequence[Release]) -> str:
    """The first of them in words; empty where there is none."""
    best = next((row for row in rows if row["df"] > 0), None)
    if best is None:
        return ""
    p = best["pvalue"]
    shown = "p < .001" if p < 0.0005 else f"p = {p:.3f}".replace("0.", ".", 1)
    told = ", ".join(
        f"{name[4:]} {change:+.3f}" for name, change in best.items() if name[:4] == "epc." and change == change
    )
    return f"{best['parameter']} (X² = {best['X2']:.2f}, df = {best['df']:.0f}, {shown}; expected change: {told})"


def list_new_ties(table: ParameterTable, before: ParameterTable) -> list[list[Parameter]]:
    """Parameters that are equal here and were not so before, each with the rows of all its groups or waves."""
    earlier = {_find_key(row): root for row, root in _list_roots(before)}
    classes: dict[str, list[Parameter]] = {}
    for row, root in _list_roots(table):
        classes.setdefault(root, []).append(row)
    return [
        members
        for members in classes.values()
        if len(members) > 1 and len({earlier.get(_find_key(row), row.plabel) for row in members}) > 1
    ]


def name_parameter(row: Parameter) -> str:
    """A parameter as `group_partial` has it."""
    return f"{row.lhs}{row.op}{row.rhs}"


def _list_sides(members: Sequence[Parameter]) -> list[str]:
    """What the equalities among these are written with: their names, and the value that a fixed first one has."""
    first = members[0]
    names = [name for row in members for name in (row.plabel, row.label) if name]
    return [*names, *([] if first.free else [f"{first.ustart or 0.0:g}"])]


def _list_roots(table: ParameterTable) -> list[tuple[Parameter, str]]:
    ties = find_ties(table)
    return [(row, ties[row.plabel]) for row in table.parameters if row.free]


def _find_key(row: Parameter) -> Key:
    first, second = (row.lhs, row.rhs) if row.op != "~~" or row.lhs <= row.rhs else (row.rhs, row.lhs)
    return first, row.op, second, row.group


def _name_place(fit: Fit, row: Parameter) -> str:
    """The label of the group; over time, where there is one group, the parameter itself."""
    return fit.table.groups[row.group - 1] if len(fit.table.groups) > 1 else name_parameter(row)


def _compute_deviations(fit: Fit) -> dict[str, float]:
    """Standard deviations of all variables as implied, pooled over the groups; NaN where a variance is below 0."""
    evaluation = fit.evaluated.evaluation
    variances = np.diagonal(evaluation.moments.all_covariance, axis1=-2, axis2=-1)
    pooled = evaluation.rows @ variances / evaluation.rows.sum()
    with np.errstate(invalid="ignore"):
        deviations = np.sqrt(pooled)
    return dict(zip(evaluation.model.variables, deviations.tolist(), strict=True))


def _compute_scale(deviations: dict[str, float], row: Parameter) -> float:
    """What makes a difference of this parameter one in standard deviations of the (first) item."""
    own, other = deviations[row.lhs], deviations.get(row.rhs, np.nan)
    scales = {"=~": own / other, "~1": 1.0 / own, "~~": 1.0 / (own * other), "|": 1.0 / own, "~": other / own}
    return scales.get(row.op, np.nan)
