"""Direct, indirect and total effects between any two variables, raw and standardised, with delta-method standard
errors.

With A the directed effects, B = (I − A)⁻¹ holds the total effects of v on w at B_wv, and ∂B_wv/∂A_kl = B_wk B_lv.
Sources: Bollen (1987), Sociological Methodology 17, 37-69; Sobel (1987), Sociological Methods & Research 16, 155-176.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from sem_toolkit.diagnostics import Diagnostic, ModelError
from sem_toolkit.diagnostics.suggestions import find_nearest
from sem_toolkit.discrepancy.weights import spread_cells
from sem_toolkit.inference.at_estimate import AtEstimate
from sem_toolkit.inference.frames import build_frame, build_place_columns, build_text_columns
from sem_toolkit.inference.parameters.estimates import build_test_columns, compute_delta_se, compute_units
from sem_toolkit.inference.parameters.monte_carlo import draw_parameters
from sem_toolkit.inference.parameters.standardized import Standardization, standardize
from sem_toolkit.model import compute_matrices
from sem_toolkit.model.moments import compute_total_effects
from sem_toolkit.sample.moments import FloatArray
from sem_toolkit.spec.table import ParameterTable

if TYPE_CHECKING:
    import pandas as pd

_MOST_STEPS = 2_000
"""Steps of the search for paths; a structure with more is a lattice, in which each specific effect says little."""


@dataclass(frozen=True, eq=False)
class Effect:
    """One effect of `cause` on `outcome` in a group, as a function of x.

    kind    "total", "direct", "indirect" (all paths but the direct one) or "specific" (one path)
    path    the variables from cause to outcome, of a specific effect
    value, slope   and the derivative by x (q)
    """

    group: int
    cause: str
    outcome: str
    kind: str
    path: tuple[str, ...]
    value: float
    slope: FloatArray


def build_effects_table(
    evaluation: AtEstimate,
    covariance: FloatArray,
    cause: str | None = None,
    outcome: str | None = None,
    level: float = 0.95,
    draws: int = 0,
    seed: int = 1,
) -> "pd.DataFrame":
    """One row an effect: group cause outcome kind path est se z pvalue ci.lower ci.upper std.all std.se.

    cause, outcome  names, or None for all: then effects among latent variables and variables of regressions
    covariance      of x, q × q
    draws           of the Monte Carlo limits mc.lower and mc.upper; none with 0
    Raises ModelError for names that the model does not have.
    """
    standard = standardize(evaluation)
    effects = [
        effect
        for g in range(evaluation.model.n_groups)
        for first, second in _pairs(evaluation, g, cause, outcome)
        for effect in compute_effects(evaluation, g, first, second)
    ]
    size = len(evaluation.x)
    values = np.array([effect.value for effect in effects])
    slopes = np.array([effect.slope for effect in effects]).reshape(len(effects), size)
    columns = describe_effects(effects, evaluation.model.table) | {"est": values}
    units = np.abs(slopes) @ compute_units(evaluation)
    columns |= build_test_columns(values, compute_delta_se(slopes, covariance), level, units)
    if draws:
        points = draw_parameters(evaluation.x, covariance, draws, seed)
        limits = compute_monte_carlo_limits(evaluation, effects, points, level)
        columns |= {"mc.lower": limits[:, 0], "mc.upper": limits[:, 1]}
    scaled = [_standardize_effect(standard, effect) for effect in effects]
    scaled_slopes = np.array([slope for _, slope in scaled]).reshape(len(effects), size)
    columns["std.all"] = np.array([value for value, _ in scaled])
    return build_frame(columns | {"std.se": compute_delta_se(scaled_slopes, covariance)})


def describe_effects(effects: list[Effect], table: ParameterTable) -> dict[str, Any]:
    """The columns that say which effect is which."""
    texts = build_text_columns(
        {
            "cause": [effect.cause for effect in effects],
            "outcome": [effect.outcome for effect in effects],
            "kind": [effect.kind for effect in effects],
            "path": [" -> ".join(effect.path) for effect in effects],
        }
    )
    return build_place_columns(table, np.array([effect.group for effect in effects], dtype=np.int64)) | texts


def compute_effects(evaluation: AtEstimate, g: int, cause: str, outcome: str) -> list[Effect]:
    """Total, direct and indirect effect of one variable on another, and every specific indirect one; [] where there
    is none.

    In a model with feedback the specific effects are those of paths that pass no variable twice, so that they do not
    add up to the indirect effect.
    """
    names = evaluation.model.variables
    v, w = names.index(cause), names.index(outcome)
    A = compute_matrices(evaluation.model, evaluation.x).directed[g]
    B = evaluation.moments.total_effects[g]
    arrows = _arrows(evaluation, g)
    paths = _find_paths(arrows, v, w)
    if paths == []:
        return []
    total, by_total = B[w, v] - float(v == w), _slope_of_total(evaluation, g, v, w)
    direct, by_direct = A[w, v], _slope_of_path(evaluation, g, A, (v, w))
    found: list[tuple[str, tuple[str, ...], float, FloatArray]] = [
        ("total", (), total, by_total),
        ("direct", (), direct, by_direct),
        ("indirect", (), total - direct, by_total - by_direct),
    ]
    found += [
        ("specific", tuple(names[i] for i in path), _product(A, path), _slope_of_path(evaluation, g, A, path))
        for path in paths or ()
        if len(path) > 2
    ]
    return [Effect(g + 1, cause, outcome, kind, path, float(value), slope) for kind, path, value, slope in found]


def compute_monte_carlo_limits(
    evaluation: AtEstimate, effects: list[Effect], draws: FloatArray, level: float = 0.95
) -> FloatArray:
    """Limits of k effects from draws of x (draws × q), by quantiles: k × 2.

    Source: MacKinnon, Lockwood & Williams (2004), Multivariate Behavioral Research 39, 99-128.
    """
    values = np.concatenate(
        [_effect_values(evaluation, effects, block) for block in np.array_split(draws, len(draws) // 500 + 1)]
    )
    return np.asarray(np.quantile(values, [0.5 * (1.0 - level), 0.5 * (1.0 + level)], axis=0).T)


def _effect_values(evaluation: AtEstimate, effects: list[Effect], draws: FloatArray) -> FloatArray:
    """Each effect (k) at each of some draws: draws × k."""
    names = evaluation.model.variables
    A = compute_matrices(evaluation.model, draws).directed
    B = compute_total_effects(A)
    values = np.empty((len(draws), len(effects)))
    for k, effect in enumerate(effects):
        g, v, w = effect.group - 1, names.index(effect.cause), names.index(effect.outcome)
        if effect.kind == "specific":
            path = [names.index(name) for name in effect.path]
            values[:, k] = np.prod([A[:, g, target, source] for source, target in pairwise(path)], axis=0)
        else:
            total, direct = B[:, g, w, v] - float(v == w), A[:, g, w, v]
            values[:, k] = {"total": total, "direct": direct, "indirect": total - direct}[effect.kind]
    return values


def _pairs(evaluation: AtEstimate, g: int, cause: str | None, outcome: str | None) -> Iterator[tuple[str, str]]:
    model = evaluation.model
    for name in (cause, outcome):
        if name is not None and name not in model.variables:
            nearest = find_nearest(name, model.variables)
            message = f"the model has no variable {name!r}"
            hint = f"did you mean {nearest!r}?" if nearest else None
            raise ModelError(Diagnostic("error", "unknown-variable", message, hint=hint))
    rows = [row for row in model.table.parameters if row.group == g + 1]
    structural = [row.lhs for row in rows if row.op == "~"] + [row.rhs for row in rows if row.op == "~"]
    usual = [name for name in model.variables if name in set(structural) | set(model.variables[model.n_observed :])]
    for first in [cause] if cause else usual:
        for second in [outcome] if outcome else usual:
            if first != second:
                yield first, second


def _arrows(evaluation: AtEstimate, g: int) -> dict[int, list[int]]:
    """From each variable the variables that it affects directly in the model, whatever the estimate."""
    model = evaluation.model
    places = {name: i for i, name in enumerate(model.variables)}
    arrows: dict[int, list[int]] = {}
    for row in model.table.parameters:
        if row.group != g + 1 or row.op not in ("=~", "~", "<~") or (not row.free and not row.ustart):
            continue
        source, target = (row.lhs, row.rhs) if row.op == "=~" else (row.rhs, row.lhs)
        if source != target:
            arrows.setdefault(places[source], []).append(places[target])
    return arrows


def _find_paths(arrows: dict[int, list[int]], start: int, end: int) -> list[tuple[int, ...]] | None:
    """Simple paths from start to end, in the order of the table; None where there are too many to list."""
    useful = _find_sources(arrows, end)
    paths: list[tuple[int, ...]] = []
    stack: list[tuple[int, ...]] = [(start,)]
    for _ in range(_MOST_STEPS):
        if not stack:
            return paths
        path = stack.pop()
        if path[-1] == end and len(path) > 1:
            paths.append(path)
        else:
            targets = arrows.get(path[-1], [])
            stack += [(*path, target) for target in reversed(targets) if target in useful and target not in path]
    return None


def _find_sources(arrows: dict[int, list[int]], end: int) -> set[int]:
    """The variables from which `end` can be reached, and itself."""
    causes: dict[int, list[int]] = {}
    for source, targets in arrows.items():
        for target in targets:
            causes.setdefault(target, []).append(source)
    found, stack = set(), [end]
    while stack:
        name = stack.pop()
        if name not in found:
            found.add(name)
            stack += causes.get(name, [])
    return found


def _product(A: FloatArray, path: tuple[int, ...]) -> float:
    return float(np.prod([A[target, source] for source, target in pairwise(path)]))


def _slope_of_total(evaluation: AtEstimate, g: int, v: int, w: int) -> FloatArray:
    cells, B = evaluation.model.cells[g], evaluation.moments.total_effects[g]
    by_cells = np.where(cells.kind == 0, B[w, cells.row] * B[cells.column, v], 0.0)
    return spread_cells(evaluation, g, by_cells)


def _slope_of_path(evaluation: AtEstimate, g: int, A: FloatArray, path: tuple[int, ...]) -> FloatArray:
    """Derivative of the product along a path: each arrow's is the product of the others."""
    cells = evaluation.model.cells[g]
    by_cells = np.zeros(cells.size)
    steps = list(pairwise(path))
    for source, target in steps:
        rest = float(np.prod([A[b, a] for a, b in steps if (a, b) != (source, target)]))
        by_cells[(cells.kind == 0) & (cells.row == target) & (cells.column == source)] = rest
    return spread_cells(evaluation, g, by_cells)


def _standardize_effect(standard: Standardization, effect: Effect) -> tuple[float, FloatArray]:
    """The effect times sd(cause)/sd(outcome), and its derivative by x."""
    names, g = standard.model.variables, effect.group - 1
    v, w = names.index(effect.cause), names.index(effect.outcome)
    variances, slopes = standard.variances[g], standard.variances_by_x[g]
    with np.errstate(divide="ignore", invalid="ignore"):  # NaN where a variance is not positive
        factor = float(np.sqrt(variances[v] / variances[w]))
        log_slope = 0.5 * (slopes[v] / variances[v] - slopes[w] / variances[w])
        return effect.value * factor, factor * (effect.slope + effect.value * log_slope)
