"""Constraints that contradict or repeat others, as far as they are linear."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from sem_toolkit.spec.flat import find_bound
from sem_toolkit.spec.linear import LinearForm, build_linear_form
from sem_toolkit.spec.reporting import Reporter
from sem_toolkit.spec.tree import Constraint, Definition, Statement

_SMALL = 1e-9
_BUDGET = 1_000_000  # steps of elimination; beyond it the rest goes unchecked, so that time stays linear


@dataclass(slots=True)
class _Bounds:
    """What inequalities say about one label, and where they stand."""

    lower: float = -math.inf
    upper: float = math.inf
    lower_place: Constraint | None = None
    upper_place: Constraint | None = None


@dataclass(slots=True)
class _Known:
    """Equations in echelon form, by the label that each one gives."""

    equations: dict[str, tuple[LinearForm, Constraint]] = field(default_factory=dict)
    bounds: dict[str, _Bounds] = field(default_factory=dict)
    budget: int = _BUDGET


def check_constraints(statements: Sequence[Statement], reporter: Reporter) -> None:
    """Report contradictory and redundant constraints: equalities first, then inequalities in their light."""
    constraints = [statement for statement in statements if isinstance(statement, Constraint)]
    if not constraints:
        return
    constraints = _drop_without_value(constraints, reporter)
    defined = {statement.name for statement in statements if isinstance(statement, Definition)}
    repeated = _check_repeated(constraints, reporter)
    known = _Known()
    for wanted in ("==", "<>"):
        for constraint in constraints:
            if constraint.operator in wanted and id(constraint) not in repeated and known.budget > 0:
                form = build_linear_form(constraint.left, constraint.right)
                if form is not None and not defined.intersection(form.coefficients):
                    used = _reduce(form, known)
                    _judge(constraint, form, used, known, reporter)


def _drop_without_value(constraints: Sequence[Constraint], reporter: Reporter) -> list[Constraint]:
    """Report constraints with a constant side that is no finite number, such as `a == 0/0`; the others."""
    kept = []
    for constraint in constraints:
        sides = [side for side in (constraint.left, constraint.right) if side.is_constant()]
        wild = next((side for side in sides if not math.isfinite(side.value({}))), None)
        if wild is None or find_bound(constraint) is not None:
            kept.append(constraint)
            continue
        message = f'"{wild.text}" has no finite value, so that the constraint cannot hold'
        if not math.isnan(wild.value({})) and constraint.operator != "==":
            message = f'"{wild.text}" is no number that a constraint could be about'
        reporter.error("contradictory-constraint", message, constraint.start, constraint.end)
    return kept


def _check_repeated(constraints: Sequence[Constraint], reporter: Reporter) -> set[int]:
    seen: dict[tuple[str, str, str], Constraint] = {}
    repeated: set[int] = set()
    for constraint in constraints:
        left, right = constraint.left.text, constraint.right.text
        if constraint.operator == ">" or (constraint.operator == "==" and right < left):
            left, right = right, left
        operator = "<" if constraint.operator == ">" else constraint.operator
        first = seen.setdefault((left, operator, right), constraint)
        if first is not constraint:
            repeated.add(id(constraint))
            _report_redundant(constraint, first, "this constraint has been given before", reporter)
    return repeated


def _reduce(form: LinearForm, known: _Known) -> Constraint | None:
    """Replace every label that an equation gives; the last constraint used in that."""
    used: Constraint | None = None
    waiting = [name for name in form.coefficients if name in known.equations]
    while waiting and known.budget > 0:
        name = waiting.pop()
        weight = form.coefficients.get(name)
        if weight is None:
            continue
        equation, used = known.equations[name]
        known.budget -= len(equation.coefficients) + 1
        form.add(equation, -weight)
        form.coefficients.pop(name, None)
        waiting += [other for other in equation.coefficients if other in known.equations and other != name]
    return used


def _judge(
    constraint: Constraint, form: LinearForm, used: Constraint | None, known: _Known, reporter: Reporter
) -> None:
    if not form.coefficients:
        _judge_constant(constraint, form.constant, used, reporter)
    elif constraint.operator == "==":
        name = max(form.coefficients, key=lambda label: abs(form.coefficients[label]))
        form.scale(1.0 / form.coefficients[name])
        form.coefficients[name] = 1.0
        known.equations[name] = (form, constraint)
    elif len(form.coefficients) == 1:
        _judge_bound(constraint, form, known, reporter)


def _judge_constant(constraint: Constraint, value: float, other: Constraint | None, reporter: Reporter) -> None:
    """Left minus right has become a number: the constraint always holds or never."""
    tolerance = _SMALL * max(1.0, abs(value))
    holds = {"==": abs(value) <= tolerance, "<": value < tolerance, ">": value > -tolerance}[constraint.operator]
    if not holds:
        _report_contradiction(constraint, other, "this constraint cannot hold", reporter)
    elif constraint.operator == "==":
        _report_redundant(constraint, other, "this constraint follows from others", reporter)


def _judge_bound(constraint: Constraint, form: LinearForm, known: _Known, reporter: Reporter) -> None:
    ((name, weight),) = form.coefficients.items()
    value = -form.constant / weight + 0.0
    bounds = known.bounds.setdefault(name, _Bounds())
    if (constraint.operator == ">") == (weight > 0):
        if value > bounds.lower:
            bounds.lower, bounds.lower_place = value, constraint
    elif value < bounds.upper:
        bounds.upper, bounds.upper_place = value, constraint
    if bounds.lower > bounds.upper + _SMALL:
        other = bounds.upper_place if bounds.lower_place is constraint else bounds.lower_place
        message = f'no number is above {bounds.lower:g} and below {bounds.upper:g}, as "{name}" would have to be'
        _report_contradiction(constraint, other, message, reporter)


def _report_contradiction(constraint: Constraint, other: Constraint | None, message: str, reporter: Reporter) -> None:
    related = ((other.start, other.end, "it contradicts this one"),) if other else ()
    reporter.error("contradictory-constraint", message, constraint.start, constraint.end, related=related)


def _report_redundant(constraint: Constraint, other: Constraint | None, message: str, reporter: Reporter) -> None:
    related = ((other.start, other.end, "see this one"),) if other else ()
    reporter.warning("redundant-constraint", message, constraint.start, constraint.end, "take it out", related=related)
