"""Rows of constraints, sorted into kinds: linear equalities, bounds on single parameters, and what is neither."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.diagnostics import Diagnostic, ModelError
from sem_toolkit.model.constraints import Condition, Constraints
from sem_toolkit.model.definitions import require_known
from sem_toolkit.model.forced import find_forced
from sem_toolkit.model.functions import Function, Name, label_positions, parse_side, restrict_to_names
from sem_toolkit.model.linear_equalities import LARGEST, LinearEqualities, solve_linear
from sem_toolkit.spec.table import Parameter, ParameterTable

FloatArray = NDArray[np.float64]

_CLOSED = 1e-12  # bounds nearer to each other than this, relative to their size, leave one value
_MOST_CURVED, _MOST_INEQUALITIES = 500, 1_000  # each is looked at in every step of a search
Linear = tuple[Condition, FloatArray, float]
"""A condition that is linear in x, its slope (q) and its constant."""


def build_constraints(table: ParameterTable, parameters: tuple[Parameter, ...]) -> Constraints:
    """Sort the constraints of a table into kinds; raises ModelError for unknown labels and contradictory equalities."""
    q = len(parameters)
    lower = np.array([row.lower for row in parameters], dtype=np.float64)
    upper = np.array([row.upper for row in parameters], dtype=np.float64)
    if len(table.parameters) == len(table.rows):
        closed = []
        if (lower > -np.inf).any() or (upper < np.inf).any():
            _require_room(lower, upper, parameters)
            closed = _take_closed_bounds(lower, upper, parameters)
        equalities = _solve(closed, q)
        return Constraints(equalities, (), (), lower, upper, (), {}, {})
    positions, constants = label_positions(table, parameters)
    defining = [row for row in table.rows if row.op == ":="] if ":=" in table.operators else []
    known = {*positions, *constants, *(row.lhs for row in defining)}
    conditions = [_build_condition(row, known) for row in table.rows if row.op in ("==", "<", ">")]
    definitions = _parse_used(defining, conditions)
    functions = [function for _, function in definitions]
    functions += [side for condition in conditions for side in (condition.left, condition.right)]
    used, fixed = restrict_to_names(functions, positions, constants)
    shell = Constraints(solve_linear(np.zeros((0, q)), np.zeros(0), []), (), (), lower, upper, definitions, used, fixed)
    linear, other = _split_linear([c for c in conditions if c.row.op == "=="], shell, q)
    bounding, inequalities = _split_linear([c for c in conditions if c.row.op != "=="], shell, q)
    bounding = [item for item in bounding if not _tighten_bound(*item[1:], lower, upper)]
    _require_few(other + inequalities, _MOST_CURVED, "constraints that are not linear")
    _require_few([condition for condition, _, _ in bounding], _MOST_INEQUALITIES, "inequalities")
    _require_room(lower, upper, parameters)
    opposed, inequalities = _split_opposed(inequalities, shell, q)
    forced, bounding = _split_forced(bounding, linear, lower, upper)
    equalities = _solve(linear + forced + _take_closed_bounds(lower, upper, parameters), q)
    inequalities += [condition for condition, _, _ in bounding]
    return Constraints(equalities, (*other, *opposed), tuple(inequalities), lower, upper, definitions, used, fixed)


def _solve(linear: list[Linear], q: int) -> LinearEqualities:
    return solve_linear(
        np.array([slope for _, slope, _ in linear]).reshape(len(linear), q),
        np.array([-constant for _, _, constant in linear]),
        [condition for condition, _, _ in linear],
    )


def _take_closed_bounds(lower: FloatArray, upper: FloatArray, parameters: tuple[Parameter, ...]) -> list[Linear]:
    """Bounds that leave one value are an equality: `lower(2)*upper(2)*x`. They are taken out of the bounds.

    A search along a boundary needs room on one side of it, and would find none.
    """
    closed = []
    for place in np.flatnonzero(np.isfinite(lower) & (upper - lower <= _CLOSED * (1.0 + np.abs(lower)))):
        row, value = parameters[place], float(lower[place])
        slope = np.zeros(len(lower))
        slope[place] = 1.0
        name = Name(row.label or row.plabel)
        condition = Condition(Parameter(name.name, "==", f"{value:g}", origin=row.origin), name, name, 1.0)
        closed.append((condition, slope, -value))
        lower[place], upper[place] = -np.inf, np.inf
    return closed


def _require_few(conditions: list[Condition], limit: int, called: str) -> None:
    if len(conditions) > limit:
        message = f"there are {len(conditions)} {called}; more than {limit} cannot be estimated with"
        span = conditions[limit].row.origin.span
        raise ModelError(Diagnostic("error", "too-many-constraints", message, span, "take out those that say the same"))


def _parse_used(rows: list[Parameter], conditions: list[Condition]) -> tuple[tuple[str, Function], ...]:
    """The definitions that conditions use, directly or through others; later ones may use earlier ones."""
    used = {name for condition in conditions for side in (condition.left, condition.right) for name in side.names}
    found = []
    for row in reversed(rows):
        if row.lhs in used:
            function = parse_side(row.rhs)
            used.update(function.names)
            found.append((row.lhs, function))
    return tuple(reversed(found))


def _build_condition(row: Parameter, known: set[str]) -> Condition:
    left, right = _parse_known(row.lhs, known, row), _parse_known(row.rhs, known, row)
    return Condition(row, left, right, -1.0 if row.op == "<" else 1.0)


def _parse_known(text: str, known: set[str], row: Parameter) -> Function:
    """One side of a constraint, whose names are to be known; most sides are a parameter's own label (`.p7.`)."""
    if text.startswith(".p") and text in known:
        return Name(text)
    side = parse_side(text)
    require_known(side, known, row)
    return side


def _split_linear(conditions: list[Condition], shell: Constraints, q: int) -> tuple[list[Linear], list[Condition]]:
    """Conditions that are linear in x, with slope and constant, and the others.

    A function is taken as linear where its gradient is the same at three points: a smooth expression that is not linear
    could only pass at points chosen for it. One that is made of pieces, such as abs(a), is not linear.
    """
    if not conditions:
        return [], []
    simple = [condition for condition in conditions if _is_plain(condition, shell)]
    linear = [_plain_slope(condition, shell, q) for condition in simple]
    if len(simple) == len(conditions):
        return linear, []
    bent = _list_bent(conditions, shell)
    rest = [condition for condition in conditions if not _is_plain(condition, shell) and id(condition) not in bent]
    points = np.random.default_rng(20).uniform(0.4, 1.6, size=(3, q))
    found = [shell.evaluate(tuple(rest), point) for point in points]
    exact = shell.evaluate(tuple(rest), np.zeros(q))[0]  # constants without rounding, where 0 is in the domain
    other = [condition for condition in conditions if id(condition) in bent]
    for number, condition in enumerate(rest):
        slopes = np.array([jacobian[number] for _, jacobian in found])
        values = np.array([value[number] for value, _ in found])
        constants = values - np.einsum("ij,ij->i", slopes, points)
        # A large constant must not hide a slope that changes: exp(a) == 1e12 is not linear.
        size = 1.0 + np.abs(slopes).max(initial=0.0)
        same_slope = np.ptp(slopes, axis=0).max(initial=0.0) <= 1e-10 * size
        if same_slope and np.ptp(constants) <= 1e-10 * (size + np.abs(constants).max()):
            constant = exact[number] if np.isfinite(exact[number]) else constants[0]
            linear.append((condition, slopes[0], float(constant)))
        else:
            other.append(condition)
    place = {id(condition): number for number, condition in enumerate(conditions)}
    linear.sort(key=lambda entry: place[id(entry[0])])  # in the order of the table, which score tests are named by
    return linear, sorted(other, key=lambda condition: place[id(condition)])


def _list_bent(conditions: list[Condition], shell: Constraints) -> set[int]:
    """Identities of the conditions that are made of pieces, by themselves or through definitions."""
    names: set[str] = set()
    for name, function in shell.definitions:
        if function.has_kink() or not names.isdisjoint(function.names):
            names.add(name)
    return {
        id(condition)
        for condition in conditions
        if any(side.has_kink() or not names.isdisjoint(side.names) for side in (condition.left, condition.right))
    }


def _split_opposed(conditions: list[Condition], shell: Constraints, q: int) -> tuple[list[Condition], list[Condition]]:
    """Non-linear inequalities of which one is another's opposite, as equalities, and the others.

    Opposites are told by values of the same size and opposite sign, with their slopes, at two points.
    """
    bent = _list_bent(conditions, shell)
    if len(conditions) - len(bent) < 2:
        return [], conditions
    points = np.random.default_rng(21).uniform(0.4, 1.6, size=(2, q))
    found = [shell.evaluate(tuple(conditions), point) for point in points]
    signs = np.concatenate([np.concatenate([values[:, None], slopes], axis=1) for values, slopes in found], axis=1)
    partners: dict[bytes, int] = {}
    opposed: list[Condition] = []
    taken: set[int] = set()
    for number, numbers in enumerate(signs):
        if id(conditions[number]) in bent or not np.isfinite(numbers).all() or not numbers.any():
            continue
        scaled = np.round(numbers / np.abs(numbers).max(), 9) + 0.0
        other = partners.get((-scaled + 0.0).tobytes())
        if other is None:
            partners[scaled.tobytes()] = number
        elif other not in taken:
            taken |= {other, number}
            opposed.append(replace(conditions[other], sign=1.0))
    return opposed, [condition for number, condition in enumerate(conditions) if number not in taken]


def _split_forced(
    inequalities: list[Linear], equalities: list[Linear], lower: FloatArray, upper: FloatArray
) -> tuple[list[Linear], list[Linear]]:
    """Linear inequalities that can only hold as equalities, and the others; raises ModelError where none can hold."""
    alone = not equalities and not (np.isfinite(lower) | np.isfinite(upper)).any()
    if not inequalities or (len(inequalities) == 1 and alone):
        return [], inequalities
    q = len(lower)
    forced = find_forced(
        np.array([slope for _, slope, _ in inequalities]),
        np.array([constant for _, _, constant in inequalities]),
        np.array([slope for _, slope, _ in equalities]).reshape(len(equalities), q),
        np.array([-constant for _, _, constant in equalities]),
        lower,
        upper,
    )
    if forced is None:
        _report_infeasible(inequalities)
    return (
        [item for number, item in enumerate(inequalities) if number in (forced or ())],
        [item for number, item in enumerate(inequalities) if number not in (forced or ())],
    )


def _report_infeasible(inequalities: list[Linear]) -> None:
    shown = ", ".join(f'"{condition.text}"' for condition, _, _ in inequalities[:4])
    more = " …" if len(inequalities) > 4 else ""
    message = f"no values of the parameters satisfy all constraints; the inequalities among them are {shown}{more}"
    raise ModelError(Diagnostic("error", "contradictory-constraints", message, span=inequalities[0][0].row.origin.span))


def _is_plain(condition: Condition, shell: Constraints) -> bool:
    """Two parameters by name, as made by equal labels: no need to look at points."""
    left, right, known = condition.left, condition.right, shell.positions
    return isinstance(left, Name) and isinstance(right, Name) and left.name in known and right.name in known


def _plain_slope(condition: Condition, shell: Constraints, q: int) -> Linear:
    slope = np.zeros(q)
    slope[shell.positions[condition.left.names[0]]] += condition.sign
    slope[shell.positions[condition.right.names[0]]] -= condition.sign
    return condition, slope, 0.0


def _tighten_bound(slope: FloatArray, constant: float, lower: FloatArray, upper: FloatArray) -> bool:
    """Turn slope · x + constant ≥ 0 into a bound where it is about one parameter; whether it was."""
    touched = np.flatnonzero(slope)
    if len(touched) != 1:
        return False
    place = touched[0]
    bound = -constant / slope[place]
    if slope[place] > 0:
        lower[place] = max(lower[place], bound)
    else:
        upper[place] = min(upper[place], bound)
    return True


def _require_room(lower: FloatArray, upper: FloatArray, parameters: tuple[Parameter, ...]) -> None:
    for place in np.flatnonzero((lower > LARGEST) | (upper < -LARGEST)):
        row = parameters[place]
        message = f'a bound of "{row.lhs} {row.op} {row.rhs}" leaves only numbers of more than 50 digits'
        raise ModelError(Diagnostic("error", "constraint-too-large", message, span=row.origin.span))
    for place in np.flatnonzero(lower > upper):
        row = parameters[place]
        message = f'"{row.lhs} {row.op} {row.rhs}" has to be at least {lower[place]:g} and at most {upper[place]:g}'
        raise ModelError(Diagnostic("error", "contradictory-constraints", message, span=row.origin.span))
