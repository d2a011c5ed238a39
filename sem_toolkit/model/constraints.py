"""Constraints of a table: linear equalities as a basis; other equalities, inequalities and bounds with derivatives."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.diagnostics import Diagnostic, ModelError
from sem_toolkit.model.definitions import require_known
from sem_toolkit.model.forced import find_forced
from sem_toolkit.model.functions import (
    Environment,
    Function,
    Name,
    compute_environment,
    label_positions,
    parse_side,
    restrict_to_names,
)
from sem_toolkit.spec.domains import Domain, list_domains
from sem_toolkit.spec.expressions import Expression
from sem_toolkit.spec.table import Parameter, ParameterTable

FloatArray = NDArray[np.float64]

_CLOSED = 1e-12  # bounds nearer to each other than this, relative to their size, leave one value
_MOST_CURVED, _MOST_INEQUALITIES = 500, 1_000  # each is looked at in every step of a search
_LARGEST = 1e50
"""Sizes beyond it overflow when a covariance matrix and its information are made of them."""


@dataclass(frozen=True, eq=False)
class LinearEqualities:
    """matrix @ x = target (k × q), solved exactly: x = offset + basis @ θ, with a q × r basis.

    Each θ is one of the x, `kept` (r positions); the others follow from these.
    """

    matrix: FloatArray
    target: FloatArray
    offset: FloatArray
    basis: FloatArray
    kept: NDArray[np.intp]

    @property
    def is_trivial(self) -> bool:
        return len(self.target) == 0

    def expand(self, theta: FloatArray) -> FloatArray:
        """θ (r) to x (q)."""
        return theta if self.is_trivial else self.offset + self.basis @ theta

    def reduce(self, x: FloatArray) -> FloatArray:
        """The θ of x; with `expand`, the point that satisfies the equalities and agrees with x in what is kept."""
        return x if self.is_trivial else x[self.kept]

    def average(self, x: FloatArray) -> FloatArray:
        """The point nearest to x that satisfies the equalities (least squares)."""
        if self.is_trivial:
            return x
        theta = np.linalg.lstsq(self.basis, x - self.offset, rcond=None)[0]
        return self.expand(np.asarray(theta))


@dataclass(frozen=True, eq=False)
class Condition:
    """One constraint as a function c of x: c = 0 for equalities, c ≥ 0 for inequalities."""

    row: Parameter
    left: Function
    right: Function
    sign: float

    @property
    def text(self) -> str:
        return f"{self.row.lhs} {self.row.op} {self.row.rhs}"

    def evaluate(self, environment: Environment) -> tuple[float, FloatArray]:
        """c and its gradient (q)."""
        left, by_left = environment.evaluate(self.left)
        right, by_right = environment.evaluate(self.right)
        return self.sign * (left - right), self.sign * (by_left - by_right)


class Surface(Protocol):
    """Equations that choose one of many parameter vectors with the same moments, such as those of a rotation."""

    def evaluate(self, x: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Values (k), 0 or near it on the surface, and derivatives (k × q) at x (q)."""
        ...


@dataclass(frozen=True, eq=False)
class Constraints:
    """All constraints of a model on x (q).

    linear         linear equalities, those made by equal labels included
    equalities     non-linear equalities; inequalities: all that are not bounds on single parameters
    lower, upper   bounds on single parameters (q), infinite where none
    units          q: where given, the x of this object times its units is the x of the table; `measure_in` sets it
    surface        where estimates were moved along directions that no moment knows; no search is made on it
    """

    linear: LinearEqualities
    equalities: tuple[Condition, ...]
    inequalities: tuple[Condition, ...]
    lower: FloatArray
    upper: FloatArray
    definitions: tuple[tuple[str, Function], ...]
    positions: Mapping[str, int]
    constants: Mapping[str, float]
    units: FloatArray | None = None
    surface: Surface | None = None

    @property
    def has_bounds(self) -> bool:
        return bool(np.isfinite(self.lower).any() or np.isfinite(self.upper).any())

    @property
    def is_linear(self) -> bool:
        """Nothing but linear equalities."""
        return not (self.equalities or self.inequalities or self.has_bounds)

    def equality_values(self, x: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Values (k) and Jacobian (k × q) of the non-linear equalities."""
        return self._evaluate(self.equalities, x)

    def curved_slopes(self, x: FloatArray) -> FloatArray:
        """Derivatives (k × q) of what holds beside linear equalities: non-linear ones, and the surface."""
        slopes = self.equality_values(x)[1]
        return slopes if self.surface is None else np.concatenate([slopes, self.surface.evaluate(x)[1]])

    def inequality_values(self, x: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Values (k) and Jacobian (k × q) of the inequalities, then of the finite lower and upper bounds."""
        values, slopes = self._evaluate(self.inequalities, x)
        low, high = np.flatnonzero(np.isfinite(self.lower)), np.flatnonzero(np.isfinite(self.upper))
        identity = np.eye(len(x))
        return (
            np.concatenate([values, x[low] - self.lower[low], self.upper[high] - x[high]]),
            np.concatenate([slopes, identity[low], -identity[high]]),
        )

    def inequality_texts(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """What to call each of them, in the order of `inequality_values`; names are those of the parameters."""
        low, high = np.flatnonzero(np.isfinite(self.lower)), np.flatnonzero(np.isfinite(self.upper))
        units = np.ones(len(self.lower)) if self.units is None else self.units
        return (
            *(condition.text for condition in self.inequalities),
            *(f"{names[i]} >= {self.lower[i] * units[i]:g}" for i in low),
            *(f"{names[i]} <= {self.upper[i] * units[i]:g}" for i in high),
        )

    def domain_values(self, x: FloatArray) -> tuple[FloatArray, FloatArray]:
        """How far inside of the domains of their functions the constraints are at x (q): values (k), slopes (k × q).

        Each is 0 at an end of a domain and negative outside of it; NaN where an inner function has no value.
        """
        if not self._domains:
            return np.zeros(0), np.zeros((0, len(x)))
        environment, units = self._compute_environment(x)
        values, slopes = [], []
        for domain in self._domains:
            value, slope = environment.evaluate(domain.argument)
            for end, sign in ((domain.lower, 1.0), (domain.upper, -1.0)):
                if end is not None:
                    values.append(sign * (value - end))
                    slopes.append(sign * slope * units)
        return np.array(values), np.array(slopes)

    @cached_property
    def _domains(self) -> tuple[Domain, ...]:
        functions = [function for _, function in self.definitions]
        functions += [side for c in (*self.equalities, *self.inequalities) for side in (c.left, c.right)]
        return tuple(
            domain for function in functions if isinstance(function, Expression) for domain in list_domains(function)
        )

    def _evaluate(self, conditions: tuple[Condition, ...], x: FloatArray) -> tuple[FloatArray, FloatArray]:
        if not conditions:
            return np.zeros(0), np.zeros((0, len(x)))
        environment, units = self._compute_environment(x)
        found = [condition.evaluate(environment) for condition in conditions]
        return np.array([value for value, _ in found]), np.array([slope * units for _, slope in found])

    def _compute_environment(self, x: FloatArray) -> tuple[Environment, FloatArray]:
        """All names at x (q), those of definitions included, and the units that slopes are to be multiplied by."""
        units = np.ones(len(x)) if self.units is None else self.units
        environment = compute_environment(self.positions, self.constants, units * x)
        for name, function in self.definitions:
            environment.define(name, function)
        return environment, units

    def count_free(self, x: FloatArray) -> int:
        """Free parameters at x (q), equality constraints taken off: what fit measures and people call npar."""
        kept = int(self.linear.basis.shape[1])
        if not self.equalities and self.surface is None:
            return kept
        along = np.nan_to_num(self.curved_slopes(x)) @ self.linear.basis
        return kept - int(np.linalg.matrix_rank(along, tol=1e-9 * max(float(np.abs(along).max(initial=0.0)), 1e-300)))

    def measure_in(self, units: FloatArray) -> "Constraints":
        """The same constraints on z, where x = units × z (q)."""
        linear = LinearEqualities(
            matrix=self.linear.matrix * units,
            target=self.linear.target,
            offset=self.linear.offset / units,
            basis=self.linear.basis * units[self.linear.kept] / units[:, None],
            kept=self.linear.kept,
        )
        return replace(self, linear=linear, lower=self.lower / units, upper=self.upper / units, units=units)


Linear = tuple[Condition, FloatArray, float]
"""A condition that is linear in x, its slope (q) and its constant."""


def build_constraints(table: ParameterTable, parameters: tuple[Parameter, ...]) -> Constraints:
    """Sort the constraints of a table into kinds; raises ModelError for unknown labels and contradictory equalities."""
    q = len(parameters)
    lower = np.array([row.lower for row in parameters], dtype=np.float64)
    upper = np.array([row.upper for row in parameters], dtype=np.float64)
    if len(table.parameters) == len(table.rows):
        _require_room(lower, upper, parameters)
        equalities = _solve(_take_closed_bounds(lower, upper, parameters), q)
        return Constraints(equalities, (), (), lower, upper, (), {}, {})
    positions, constants = label_positions(table, parameters)
    defining = [row for row in table.rows if row.op == ":="]
    known = {*positions, *constants, *(row.lhs for row in defining)}
    conditions = [_build_condition(row, known) for row in table.rows if row.op in ("==", "<", ">")]
    definitions = _parse_used(defining, conditions)
    functions = [function for _, function in definitions]
    functions += [side for condition in conditions for side in (condition.left, condition.right)]
    used, fixed = restrict_to_names(functions, positions, constants)
    shell = Constraints(
        _solve_linear(np.zeros((0, q)), np.zeros(0), []), (), (), lower, upper, definitions, used, fixed
    )
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
    return _solve_linear(
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
    left, right = parse_side(row.lhs), parse_side(row.rhs)
    require_known(left, known, row)
    require_known(right, known, row)
    return Condition(row, left, right, -1.0 if row.op == "<" else 1.0)


def _split_linear(conditions: list[Condition], shell: Constraints, q: int) -> tuple[list[Linear], list[Condition]]:
    """Conditions that are linear in x, with slope and constant, and the others.

    A function is taken as linear where its gradient is the same at three points: constraints are smooth expressions,
    so that a non-linear one could only pass at points chosen for it.
    """
    if not conditions:
        return [], []
    simple = [condition for condition in conditions if _is_plain(condition, shell)]
    linear = [_plain_slope(condition, shell, q) for condition in simple]
    rest = [condition for condition in conditions if not _is_plain(condition, shell)]
    points = np.random.default_rng(20).uniform(0.4, 1.6, size=(3, q))
    found = [shell._evaluate(tuple(rest), point) for point in points]
    exact = shell._evaluate(tuple(rest), np.zeros(q))[0]  # constants without rounding, where 0 is in the domain
    other = []
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
    return linear, other


def _split_opposed(conditions: list[Condition], shell: Constraints, q: int) -> tuple[list[Condition], list[Condition]]:
    """Non-linear inequalities of which one is another's opposite, as equalities, and the others.

    Opposites are told by values of the same size and opposite sign, with their slopes, at two points.
    """
    if len(conditions) < 2:
        return [], conditions
    points = np.random.default_rng(21).uniform(0.4, 1.6, size=(2, q))
    found = [shell._evaluate(tuple(conditions), point) for point in points]
    signs = np.concatenate([np.concatenate([values[:, None], slopes], axis=1) for values, slopes in found], axis=1)
    partners: dict[bytes, int] = {}
    opposed: list[Condition] = []
    taken: set[int] = set()
    for number, numbers in enumerate(signs):
        if not np.isfinite(numbers).all() or not numbers.any():
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
    return all(isinstance(side, Name) and side.name in shell.positions for side in (condition.left, condition.right))


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


def _solve_linear(matrix: FloatArray, target: FloatArray, conditions: list[Condition]) -> LinearEqualities:
    """Gauss-Jordan elimination; of two equal parameters the earlier is kept."""
    q = matrix.shape[1]
    if not len(target):
        return LinearEqualities(matrix, target, np.zeros(q), np.eye(q), np.arange(q))
    work = np.concatenate([matrix, target[:, None]], axis=1)
    size = np.abs(matrix).max(axis=1, initial=0.0) + 1e-300
    pivots: list[int] = []
    rows: list[int] = []
    for row in range(len(work)):
        head = np.abs(work[row, :q])
        top = head.max(initial=0.0)
        if top <= 1e-10 * size[row]:
            _require_consistent(work[row, q], size[row], conditions[row])
            continue
        pivot = int(np.flatnonzero(head >= 0.999 * top)[-1])
        work[row] /= work[row, pivot]
        others = np.flatnonzero(work[:, pivot])
        others = others[others != row]
        work[others] -= work[others, pivot][:, None] * work[row]
        work[others, pivot] = 0.0
        pivots.append(pivot)
        rows.append(row)
    kept = np.setdiff1d(np.arange(q), pivots)
    offset, basis = np.zeros(q), np.zeros((q, len(kept)))
    offset[pivots] = work[rows, q]
    for place in rows:
        if not np.isfinite(work[place]).all() or np.abs(work[place]).max(initial=0.0) > _LARGEST:
            _report_size(conditions[place])
    basis[kept, np.arange(len(kept))] = 1.0
    basis[pivots] = -work[rows][:, kept]
    return LinearEqualities(matrix, target, offset, basis + 0.0, kept)


def _report_size(condition: Condition) -> None:
    message = f'the constraint "{condition.text}" asks for numbers of more than 50 digits'
    raise ModelError(Diagnostic("error", "constraint-too-large", message, span=condition.row.origin.span))


def _require_room(lower: FloatArray, upper: FloatArray, parameters: tuple[Parameter, ...]) -> None:
    for place in np.flatnonzero((lower > _LARGEST) | (upper < -_LARGEST)):
        row = parameters[place]
        message = f'a bound of "{row.lhs} {row.op} {row.rhs}" leaves only numbers of more than 50 digits'
        raise ModelError(Diagnostic("error", "constraint-too-large", message, span=row.origin.span))
    for place in np.flatnonzero(lower > upper):
        row = parameters[place]
        message = f'"{row.lhs} {row.op} {row.rhs}" has to be at least {lower[place]:g} and at most {upper[place]:g}'
        raise ModelError(Diagnostic("error", "contradictory-constraints", message, span=row.origin.span))


def _require_consistent(left_over: float, size: float, condition: Condition) -> None:
    if abs(left_over) > 1e-8 * max(size, 1.0):
        message = f'the constraint "{condition.text}" contradicts the others'
        raise ModelError(Diagnostic("error", "contradictory-constraints", message, span=condition.row.origin.span))
