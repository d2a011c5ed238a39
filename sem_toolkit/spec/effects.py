"""Effect coding: loadings average one and intercepts zero, in place of a marker.

Source: Little, Slegers & Card (2006), Structural Equation Modeling 13, 59-72. Where all variables are ordered, lavaan
also puts their thresholds on the scale of the categories' numbers ("integer coding").
"""

from collections import Counter
from collections.abc import Iterable, Sequence

from sem_toolkit.spec.draft_rows import DraftRow
from sem_toolkit.spec.options import TableOptions
from sem_toolkit.spec.roles import compute_roles

_CODED = 2
"""lavaan's mark (column user) of thresholds that the coding fixes."""


def build_effect_coding(rows: Sequence[DraftRow], options: TableOptions) -> list[tuple[str, str, str]]:
    """Left side, right side and rule of the constraints; frees and fixes what the coding frees and fixes."""
    wanted = {*options.effect_coding}
    if _are_all_ordered(rows):
        wanted.add("thresholds")
    constraints: list[tuple[str, str, str]] = []
    for block in dict.fromkeys(row.block for row in rows):
        members = _Members([row for row in rows if row.block == block])
        # What is equal across groups is coded in the first group only.
        coded = {name for name in wanted if name not in options.group_equal or members.group == 1}
        for factor, loadings in members.by_factor.items():
            indicators = list(dict.fromkeys(row.rhs for row in loadings))
            if "loadings" in coded and all(row.free for row in loadings):
                constraints.append(_sum_to(loadings, len(loadings)))
            if "thresholds" in coded:
                _code_thresholds(members, factor, indicators, options)
            intercepts = sorted(members.find("~1", indicators), key=lambda row: members.place[id(row)])
            codable = "thresholds" in coded or all(row.free for row in intercepts)
            if "intercepts" in coded and intercepts and codable:
                constraints.append(_sum_to(intercepts, 0))
                _free(members.find("~1", [factor]))
    return constraints


class _Members:
    """The rows of a block by operator and left side, and loadings by factor."""

    def __init__(self, rows: Sequence[DraftRow]) -> None:
        self.group = rows[0].group
        self.place = {id(row): number for number, row in enumerate(rows)}
        self.by_left: dict[tuple[str, str], list[DraftRow]] = {}
        self.by_factor: dict[str, list[DraftRow]] = {}
        for row in rows:
            self.by_left.setdefault((row.op, row.lhs), []).append(row)
            if row.op == "=~":
                self.by_factor.setdefault(row.lhs, []).append(row)

    def find(self, op: str, names: Iterable[str]) -> list[DraftRow]:
        """The rows with this operator and one of these names on the left."""
        return [row for name in names for row in self.by_left.get((op, name), ())]


def _are_all_ordered(rows: Sequence[DraftRow]) -> bool:
    roles = compute_roles(rows)
    return {*roles.ordered} == {*roles.observed}


def _sum_to(rows: Sequence[DraftRow], total: int) -> tuple[str, str, str]:
    others = "".join(f"-{row.plabel}" for row in rows[1:])
    return rows[0].plabel, f"{total}{others}", "effect coding"


def _free(rows: Iterable[DraftRow]) -> None:
    """Free automatic rows; the value that they were fixed to stays, as in lavaan, and serves as the start."""
    for row in rows:
        if not row.user:
            row.free = True


def _code_thresholds(members: _Members, factor: str, indicators: Sequence[str], options: TableOptions) -> None:
    """Fix the first and last threshold of each indicator between the numbers of their categories, free the rest."""
    thresholds = members.find("|", indicators)
    if not thresholds or not all(row.free for row in thresholds):
        return
    levels = {name: count + 1 for name, count in Counter(row.lhs for row in thresholds).items()}
    most = max(levels.values())
    for name, count in levels.items():
        own = members.find("|", [name])
        _fix_threshold(own[0], 0.5 + most / count)
        if count > 2:
            _fix_threshold(own[-1], 0.5 + most * (count - 1) / count)
            _free(members.find("~1", [name]))
        scale = "~*~" if options.parameterization == "delta" else "~~"
        _free(row for row in members.find(scale, [name]) if row.rhs == name)
    if set(levels.values()) == {2}:
        for row in members.find("~~", [factor]):
            if row.rhs == factor and not row.user:
                row.fix(1.0)


def _fix_threshold(row: DraftRow, value: float) -> None:
    row.fix(round(value, 3), "effect coding")
    row.user = _CODED
