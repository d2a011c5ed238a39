"""Effect coding: loadings average one and intercepts zero, in place of a marker.

Source: Little, Slegers & Card (2006), Structural Equation Modeling 13, 59-72.
"""

from collections.abc import Sequence

from sem_toolkit.spec.defaults import DraftRow
from sem_toolkit.spec.options import TableOptions


def build_effect_coding(rows: Sequence[DraftRow], options: TableOptions) -> list[tuple[str, str, str]]:
    """Left side, right side and rule of the constraints; frees the means of factors with constrained intercepts."""
    constraints: list[tuple[str, str, str]] = []
    for block in dict.fromkeys(row.block for row in rows):
        members = [row for row in rows if row.block == block]
        # What is equal across groups is coded in the first group only.
        coded = {name for name in options.effect_coding if name not in options.group_equal or members[0].group == 1}
        for factor in dict.fromkeys(row.lhs for row in members if row.op == "=~"):
            loadings = [row for row in members if row.op == "=~" and row.lhs == factor]
            if "loadings" in coded:
                constraints += _sum_to(loadings, len(loadings))
            if "intercepts" in coded:
                indicators = {row.rhs for row in loadings}
                zero_sum = _sum_to([row for row in members if row.op == "~1" and row.lhs in indicators], 0)
                if zero_sum:
                    constraints += zero_sum
                    _free_mean(members, factor)
    return constraints


def _sum_to(rows: Sequence[DraftRow], total: int) -> list[tuple[str, str, str]]:
    if not rows or not all(row.free for row in rows):
        return []
    others = "".join(f"-{row.plabel}" for row in rows[1:])
    return [(rows[0].plabel, f"{total}{others}", "effect coding")]


def _free_mean(rows: Sequence[DraftRow], factor: str) -> None:
    for row in rows:
        if row.op == "~1" and row.lhs == factor and not row.user:
            # lavaan leaves the value that the row was fixed to; it serves as the start.
            row.free = True
