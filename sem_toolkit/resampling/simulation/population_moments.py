"""Values of a population to its moments: the variances that follow are filled in on the way."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.diagnostics import Diagnostic, ModelError
from sem_toolkit.model import RamMatrices, build_model, compute_matrices
from sem_toolkit.model.derived_cells import solve_residual_variances
from sem_toolkit.model.moments import compute_total_effects
from sem_toolkit.resampling.simulation.population_checks import require_covariances, require_definite
from sem_toolkit.spec import ParameterTable

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class CompletedMoments:
    """The table with every value, and the moments of `Population` by the same names."""

    table: ParameterTable
    variables: tuple[str, ...]
    covariance: FloatArray
    mean: FloatArray
    thresholds: tuple[Mapping[str, FloatArray], ...]
    everything: FloatArray
    names: tuple[str, ...]


def complete_moments(table: ParameterTable, followed: Mapping[int, float]) -> CompletedMoments:
    """Fill in the variances that follow, and compute the moments; raises ModelError where that is impossible."""
    kept = [(place, row) for place, row in enumerate(table.rows) if row.op != "|"]
    model = build_model(ParameterTable(tuple(row for _, row in kept), table.groups))
    place = {name: position for position, name in enumerate(model.variables)}
    matrices = compute_matrices(model, np.zeros(0))
    try:
        effects = compute_total_effects(matrices.directed, model.depth)
    except np.linalg.LinAlgError:
        message = "the paths of the population run in a circle that has no equilibrium (I − A is singular)"
        raise ModelError(Diagnostic("error", "no-population", message, hint="weaken a path of the circle")) from None
    S = matrices.symmetric.copy()
    values: dict[int, float] = {}
    for g in range(model.n_groups):
        mine = [position for position in followed if table.rows[position].group == g + 1]
        at = np.array([place[table.rows[position].lhs] for position in mine], dtype=np.intp)
        if len(at):
            wanted = np.array([followed[position] for position in mine])
            psi, S[g] = _follow(effects[g], S[g], at, wanted, model.variables, table.groups[g])
            values |= dict(zip(mine, map(float, psi), strict=True))
        require_covariances(S[g], model.variables, table.groups[g])
    everything = effects @ S @ effects.swapaxes(-1, -2)
    everything = 0.5 * (everything + everything.swapaxes(-1, -2))
    p = model.n_observed
    covariance = everything[:, :p, :p]
    require_definite(covariance, model.observed, table.groups)
    mean = _compute_mean(effects, matrices)[:, :p]
    thresholds = tuple(_collect_thresholds(table, g + 1) for g in range(model.n_groups))
    filled = table.with_values(values)
    return CompletedMoments(filled, model.observed, covariance, mean, thresholds, everything, model.variables)


def _compute_mean(effects: FloatArray, matrices: RamMatrices) -> FloatArray:
    """B m of every group (G × t)."""
    return np.asarray((effects @ matrices.intercepts[..., None])[..., 0])


def _follow(
    effects: FloatArray,
    symmetric: FloatArray,
    at: NDArray[np.intp],
    wanted: FloatArray,
    names: tuple[str, ...],
    group: str,
) -> tuple[FloatArray, FloatArray]:
    """The variances that make those of the variables what is wanted (c), and S with them."""
    try:
        psi, S = solve_residual_variances(effects, symmetric, at, wanted)
    except np.linalg.LinAlgError:
        message = "no residual variances give all variables their variances: the paths run in a circle"
        raise ModelError(Diagnostic("error", "no-population", message, hint="type the variances")) from None
    worst = int(psi.argmin())
    if psi[worst] < 0.0:
        name, where = names[at[worst]], f" in group {group}" if group else ""
        message = (
            f"no residual variance gives {name} the variance {wanted[worst]:.4g}{where}: what explains it has "
            f"{wanted[worst] - psi[worst]:.4g} already"
        )
        hint = f"weaken the paths to {name}, or type its variance: {name} ~~ 0.5*{name}"
        raise ModelError(Diagnostic("error", "no-population", message, hint=hint))
    return psi, S


def _collect_thresholds(table: ParameterTable, group: int) -> dict[str, FloatArray]:
    """Ordered variable → thresholds of a group; raises ModelError where they do not ascend."""
    found: dict[str, list[float]] = {}
    for row in table.rows:
        if row.op == "|" and row.group == group:
            found.setdefault(row.lhs, []).append(float(row.ustart or 0.0))
    for name, values in found.items():
        if not (np.diff(values) > 0).all():
            message = f"the thresholds of {name} do not ascend: {', '.join(f'{value:g}' for value in values)}"
            raise ModelError(
                Diagnostic("error", "no-population", message, hint="type them from the lowest to the highest")
            )
    return {name: np.array(values) for name, values in found.items()}
