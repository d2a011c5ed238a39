"""Which equality of a step to release next: score tests of the equalities that the step adds, with expected changes."""

from typing import TYPE_CHECKING

import numpy as np

from sem_toolkit.fit import Fit
from sem_toolkit.inference.distributions import compute_chisq_pvalue
from sem_toolkit.inference.hypotheses.score import compute_joint_releases
from sem_toolkit.spec.table import Parameter, ParameterTable
from sem_toolkit.spec.written import find_ties

if TYPE_CHECKING:
    import pandas as pd

Key = tuple[str, str, str, int]
COLUMNS = ("parameter", "X2", "df", "pvalue", "est")


def build_releases(fit: Fit, before: Fit | None) -> "pd.DataFrame":
    """One row for every parameter that this step makes equal and the step before does not, the largest X2 first.

    What a step makes equal by fixing it (intercepts and residual variances of ordered items) is tested by the
    modification index of the place where it is largest.


    parameter      as `group_partial` has it: x3~1, visual=~x2; over time that of the first wave
    X2 df pvalue   score test of releasing it everywhere at once; of normal theory, never scaled
    est            its common value; epc.LABEL the expected change in each group (or wave, by the name of its item)
    sepc           difference between the largest and the smallest change, in standard deviations: of the item for
                   intercepts and loadings (these times that of the factor), and in variances for variances

    The table is empty without a step before. Source: score tests after Silvey (1959); see inference.hypotheses.score.
    """
    import pandas as pd

    evaluation = fit.evaluated.evaluation
    new = [] if before is None else list_new_ties(fit.table, before.table)
    deviations = _compute_deviations(fit)
    rows = [] if before is None else _build_fixed_rows(fit, list_newly_fixed(fit.table, before.table), deviations)
    if not new and not rows:
        return pd.DataFrame({name: [] for name in COLUMNS})
    tests = compute_joint_releases(evaluation, [[row.plabel for row in members] for members in new]) if new else []
    for members, (stat, df, changes) in zip(new, tests, strict=True):
        first = members[0]
        epc = [float(changes[row.free - 1]) for row in members]
        row: dict[str, object] = {"parameter": name_parameter(first), "X2": stat, "df": df}
        row |= {"pvalue": compute_chisq_pvalue(stat, df) if df else float("nan")}
        row |= {"est": float(evaluation.x[first.free - 1])}
        row |= {f"epc.{_name_place(fit, member)}": change for member, change in zip(members, epc, strict=True)}
        rows.append(row | {"sepc": (max(epc) - min(epc)) * _compute_scale(deviations, first)})
    rows.sort(key=lambda row: -float(str(row["X2"])))
    names = [*dict.fromkeys(name for row in rows for name in row if name != "sepc"), "sepc"]
    return pd.DataFrame({name: [row.get(name, np.nan) for row in rows] for name in names})


def list_newly_fixed(table: ParameterTable, before: ParameterTable) -> list[list[Parameter]]:
    """Parameters that are fixed here and were free before, each with its rows of all groups or waves."""
    free = {_find_key(row) for row in before.parameters if row.free}
    found: dict[str, list[Parameter]] = {}
    for row in table.parameters:
        if not row.free and not row.exo and _find_key(row) in free:
            found.setdefault(name_parameter(row), []).append(row)
    return list(found.values())


def _build_fixed_rows(fit: Fit, fixed: list[list[Parameter]], deviations: dict[str, float]) -> list[dict[str, object]]:
    if not fixed:
        return []
    indices = {
        (str(lhs), str(op), str(rhs), int(group)): (float(mi), float(epc))
        for lhs, op, rhs, group, mi, epc in fit.modification_indices[
            ["lhs", "op", "rhs", "group", "mi", "epc"]
        ].itertuples(index=False, name=None)
    }
    rows: list[dict[str, object]] = []
    for members in fixed:
        known = [(row, *indices[key]) for row in members if (key := (row.lhs, row.op, row.rhs, row.group)) in indices]
        if not known:
            continue
        _, stat, change = max(known, key=lambda entry: entry[1])
        row: dict[str, object] = {"parameter": name_parameter(members[0]), "X2": stat, "df": 1}
        row |= {"pvalue": compute_chisq_pvalue(stat, 1), "est": float(members[0].ustart or 0.0)}
        row |= {f"epc.{_name_place(fit, member)}": epc for member, _, epc in known}
        rows.append(row | {"sepc": abs(change) * _compute_scale(deviations, members[0])})
    return rows


def describe_release(releases: "pd.DataFrame") -> str:
    """The first of them in words; empty where there is none."""
    informed = releases[releases["df"] > 0] if len(releases) else releases
    if not len(informed):
        return ""
    best = informed.iloc[0]
    p = best["pvalue"]
    shown = "p < .001" if p < 0.0005 else f"p = {p:.3f}"
    changes = {name[4:]: best[name] for name in releases if name.startswith("epc.")}
    told = ", ".join(f"{label} {change:+.3f}" for label, change in changes.items() if not np.isnan(change))
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
    """Standard deviations of all variables as implied, pooled over the groups."""
    evaluation = fit.evaluated.evaluation
    variances = np.diagonal(evaluation.moments.all_covariance, axis1=-2, axis2=-1)
    pooled = evaluation.rows @ variances / evaluation.rows.sum()
    return dict(zip(evaluation.model.variables, np.sqrt(pooled).tolist(), strict=True))


def _compute_scale(deviations: dict[str, float], row: Parameter) -> float:
    """What makes a difference of this parameter one in standard deviations of the (first) item."""
    own, other = deviations[row.lhs], deviations.get(row.rhs, np.nan)
    scales = {"=~": own / other, "~1": 1.0 / own, "~~": 1.0 / (own * other), "~": other / own}
    return scales.get(row.op, np.nan)
