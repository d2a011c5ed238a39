"""What two specs mean differently: parameters, constraints and definitions added, removed, freed, fixed or relabelled.

Lines, order, spacing and comments do not matter. Whether one model is nested in the other takes numbers and is found
elsewhere; here are the tables and the change in degrees of freedom that follows from them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from sem_toolkit.spec.expression_parsing import parse_expression
from sem_toolkit.spec.linear import LinearForm, build_linear_form
from sem_toolkit.spec.names import observed_variables
from sem_toolkit.spec.table import CONSTRAINT_OPERATORS, PARAMETER_OPERATORS, Parameter, ParameterTable

ChangeKind = Literal[
    "added", "removed", "freed", "fixed", "value changed", "tied", "untied", "bound changed", "start changed"
]
Key = tuple[str, str, str, int, int]
"""lhs, op, rhs (covariances by the alphabet) and group."""


@dataclass(frozen=True, slots=True)
class Change:
    """One difference; `before` and `after` are the rows of either table, None where there is none."""

    kind: ChangeKind
    before: Parameter | None
    after: Parameter | None
    detail: str = ""

    @property
    def row(self) -> Parameter:
        """The row as it is now, or was."""
        row = self.after or self.before
        assert row is not None  # noqa: S101 - one of the two is always there
        return row


@dataclass(frozen=True)
class SpecDifference:
    """The differences from table A to table B.

    free_before, free_after    free parameters less independent equality constraints
    df_change                  change of the degrees of freedom; None where the observed variables differ
    variables_added, variables_removed  observed variables
    groups                     labels of B's groups, where they have any
    """

    changes: tuple[Change, ...]
    free_before: int
    free_after: int
    df_change: int | None
    variables_added: tuple[str, ...]
    variables_removed: tuple[str, ...]
    groups: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether both specs mean the same."""
        return not self.changes and not self.variables_added and not self.variables_removed


def compare_tables(before: ParameterTable, after: ParameterTable) -> SpecDifference:
    """The differences between two parameter tables built with the same options."""
    first, second = _index(before), _index(after)
    changes: list[Change] = []
    for key in {**first, **second}:
        old, new = first.get(key), second.get(key)
        changes += _compare_rows(old, new)
    changes += _compare_ties(before, after, first, second)
    changes += _compare_statements(before, after)
    observed = observed_variables(before), observed_variables(after)
    free = compute_free_count(before), compute_free_count(after)
    names = {*observed[0]}, {*observed[1]}
    same = names[0] == names[1] and len(before.groups) == len(after.groups)
    moments = len(before.groups) * len(observed[0]) if _has_means(before) != _has_means(after) else 0
    gained = (moments if _has_means(after) else -moments) + _count_exogenous(before) - _count_exogenous(after)
    return SpecDifference(
        tuple(changes),
        *free,
        gained - (free[1] - free[0]) if same else None,
        tuple(name for name in observed[1] if name not in names[0]),
        tuple(name for name in observed[0] if name not in names[1]),
        after.groups,
    )


def compute_free_count(table: ParameterTable) -> int:
    """Free parameters less independent equality constraints; one that is not linear counts as one."""
    names: dict[str, str] = {}
    values: dict[str, float] = {}
    for row in table.rows:
        if row.op in PARAMETER_OPERATORS:
            for name in (row.plabel, row.label):
                if name and row.free:
                    names.setdefault(name, row.plabel)
                elif name and row.ustart is not None:
                    values.setdefault(name, row.ustart)
    count = table.npar
    equations: dict[str, LinearForm] = {}
    for row in table.rows:
        if row.op == "==":
            count -= _adds_equation(row, names, values, equations)
    return count


def _adds_equation(
    row: Parameter, names: dict[str, str], values: dict[str, float], equations: dict[str, LinearForm]
) -> bool:
    """Whether an equality constrains anything that those before it leave open."""
    form = build_linear_form(parse_expression(row.lhs), parse_expression(row.rhs))
    if form is None:
        return True
    equation = LinearForm(constant=form.constant)
    for name, weight in form.coefficients.items():
        if name in names:
            equation.add(LinearForm({names[name]: 1.0}), weight)
        elif name in values:
            equation.constant += weight * values[name]
        else:
            return True  # a definition: its own equation is not looked into here
    waiting = list(equation.coefficients)
    while waiting:
        name = waiting.pop()
        weight_now = equation.coefficients.get(name)
        if weight_now is not None and name in equations:
            equation.add(equations[name], -weight_now)
            equation.coefficients.pop(name, None)
            waiting += [other for other in equations[name].coefficients if other in equations and other != name]
    if not equation.coefficients:
        return False
    pivot = max(equation.coefficients, key=lambda name: abs(equation.coefficients[name]))
    equation.scale(1.0 / equation.coefficients[pivot])
    equations[pivot] = equation
    return True


def _has_means(table: ParameterTable) -> bool:
    return any(row.op == "~1" for row in table.rows)


def _count_exogenous(table: ParameterTable) -> int:
    """Moments taken from the data: they count neither as data nor as parameters."""
    return sum(row.exo == 1 and row.op in {"~~", "~1"} for row in table.rows)


def _key(row: Parameter) -> Key:
    lhs, rhs = (row.rhs, row.lhs) if row.op == "~~" and row.rhs < row.lhs else (row.lhs, row.rhs)
    return lhs, row.op, rhs, row.group, row.level


def _index(table: ParameterTable) -> dict[Key, Parameter]:
    return {_key(row): row for row in table.rows if row.op in PARAMETER_OPERATORS}


def _compare_rows(old: Parameter | None, new: Parameter | None) -> list[Change]:
    if old is None or new is None:
        row = old or new
        if row is not None and not row.free and row.ustart == 0.0:
            return []  # fixed to zero is as good as not there
        return [Change("added" if old is None else "removed", old, new)]
    if bool(old.free) != bool(new.free) or old.exo != new.exo:
        return [Change("freed" if new.free else "fixed", old, new)]
    changes: list[Change] = []
    if old.ustart != new.ustart:
        changes.append(Change("start changed" if new.free else "value changed", old, new))
    if (old.lower, old.upper) != (new.lower, new.upper) and new.free:
        changes.append(Change("bound changed", old, new))
    return changes


def _compare_ties(
    before: ParameterTable, after: ParameterTable, first: dict[Key, Parameter], second: dict[Key, Parameter]
) -> list[Change]:
    """Parameters that are equal to others in one table only."""
    old, new = _list_ties(before), _list_ties(after)
    changes: list[Change] = []
    for key in {**old, **new}:
        if key in first and key in second and old.get(key, frozenset()) != new.get(key, frozenset()):
            lost = old.get(key, frozenset()) - new.get(key, frozenset())
            won = new.get(key, frozenset()) - old.get(key, frozenset())
            if won:
                changes.append(Change("tied", first[key], second[key], _format_keys(won, key, after.groups)))
            if lost:
                changes.append(Change("untied", first[key], second[key], _format_keys(lost, key, before.groups)))
    return changes


def _list_ties(table: ParameterTable) -> dict[Key, frozenset[Key]]:
    """For each parameter with simple equalities those that come before it among its equals."""
    by_label = {row.plabel: _key(row) for row in table.rows if row.plabel}
    sets: dict[str, list[Key]] = {}
    for row in table.rows:
        if row.op == "==" and row.user == 2 and row.lhs in by_label and row.rhs in by_label:
            sets.setdefault(row.lhs, [by_label[row.lhs]]).append(by_label[row.rhs])
    return {key: frozenset(keys[:1]) for keys in sets.values() for key in keys[1:]}


def name_group(number: int, groups: Sequence[str]) -> str:
    """A group in brackets: by its label where it has one that is more than its number (from 1)."""
    label = groups[number - 1] if number <= len(groups) else ""
    return f"[group {number}]" if label in ("", str(number)) else f"[{label}]"


def _format_keys(keys: Iterable[Key], own: Key, groups: Sequence[str]) -> str:
    return ", ".join(
        f"{lhs} {op} {rhs}".strip()
        + (f" {name_group(group, groups)}" if group != own[3] else "")
        + (f" [level {level}]" if level != own[4] else "")
        for lhs, op, rhs, group, level in sorted(keys)
    )


def _compare_statements(before: ParameterTable, after: ParameterTable) -> list[Change]:
    """Typed constraints and definitions, by their text."""
    old, new = _list_statements(before), _list_statements(after)
    removed = [Change("removed", row, None) for key, row in old.items() if key not in new]
    return removed + [Change("added", None, row) for key, row in new.items() if key not in old]


def _list_statements(table: ParameterTable) -> dict[tuple[str, str, str], Parameter]:
    rows = [row for row in table.rows if row.op == ":=" or (row.op in CONSTRAINT_OPERATORS and row.user == 1)]
    return {_turn(row): row for row in rows}


def _turn(row: Parameter) -> tuple[str, str, str]:
    """`b > a` is `a < b`, and `b == a` is `a == b`."""
    if row.op == ">" or (row.op == "==" and row.rhs < row.lhs):
        return row.rhs, "<" if row.op == ">" else row.op, row.lhs
    return row.lhs, row.op, row.rhs
