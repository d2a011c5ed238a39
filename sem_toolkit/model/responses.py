"""Ordered variables: the thresholds and scales of the normal responses behind them, as the parameters have them.

An ordered variable u falls into a category where its response u* lies between two thresholds. The statistics know u*
up to its scale. With the delta parameterization a scale δ is a parameter (1 unless it is freed), and the residual
variance of u* is what the rest of the model leaves of 1/δ²; with theta the residual variance is the parameter and δ
follows. Muthén & Asparouhov (2002), Latent variable analysis with categorical outcomes, Mplus Web Notes 4.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.caching import cached_property
from sem_toolkit.model.cells import SYMMETRIC
from sem_toolkit.model.derived_cells import differentiate_variances, pick_values, solve_residual_variances
from sem_toolkit.spec.table import Parameter, ParameterTable

if TYPE_CHECKING:
    from sem_toolkit.model.ram import Model

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Responses:
    """The responses behind k ordered variables of p observed ones, with T thresholds in all, in G groups.

    items           k positions among the observed variables, ascending
    owner           T: the position of the variable of each threshold, variable by variable
    names           T: such as "u1|t1"
    thresholds      G × T: fixed values, 0 where free; free_thresholds: positions in x, -1 where fixed
    scales          G × k: fixed scales δ; free_scales likewise
    is_delta        whether the scales are parameters; otherwise residual variances are
    is_conditional  whether moments are those given exogenous variables (conditional_x)
    """

    items: IntArray
    owner: IntArray
    names: tuple[str, ...]
    thresholds: FloatArray
    free_thresholds: IntArray
    scales: FloatArray
    free_scales: IntArray
    is_delta: bool
    is_conditional: bool

    def threshold_values(self, x: FloatArray) -> FloatArray:
        """The thresholds at x (... × q): ... × G × T."""
        return pick_values(self.thresholds, self.free_thresholds, x)

    def scale_values(self, x: FloatArray) -> FloatArray | None:
        """The scales at x, ... × G × k; None where they follow from the moments (theta)."""
        return pick_values(self.scales, self.free_scales, x) if self.is_delta else None


@dataclass(frozen=True, eq=False)
class ResponseVariances:
    """The cells of residual variances that follow from the scales (delta), k in each of G groups.

    exogenous  positions of variables whose own variance is no part of the response's (conditional_x)
    """

    responses: Responses
    exogenous: tuple[int, ...]

    @cached_property
    def n_derived(self) -> int:
        return int(self.responses.scales.size)

    def cells(self, q: int) -> tuple[IntArray, IntArray, IntArray, IntArray, IntArray]:
        """Position in the vector of cells, kind, group, row and column of every derived cell."""
        groups, k = self.responses.scales.shape
        items = np.tile(self.responses.items, groups)
        kind = np.full(groups * k, SYMMETRIC)
        return q + np.arange(groups * k), kind, np.repeat(np.arange(groups), k), items, items

    def values(self, model: "Model", x: FloatArray) -> FloatArray:
        """The derived cells at x (... × q)."""
        return self._solve(model, x, with_slopes=False)[0]

    def jacobian(self, model: "Model", x: FloatArray) -> FloatArray:
        """Derivatives of the derived cells by x (... × q): ... × derived × q."""
        return self._solve(model, np.asarray(x, dtype=np.float64), with_slopes=True)[1]

    def _solve(self, model: "Model", x: FloatArray, with_slopes: bool) -> tuple[FloatArray, FloatArray]:
        """Residual variances such that each response has variance 1/δ², and their derivatives by x."""
        from sem_toolkit.model.moments import compute_total_effects, fill_matrices

        q, at = x.shape[-1], self.responses.items
        values = np.zeros((*x.shape[:-1], self.n_derived))
        jacobian = np.zeros((*values.shape, q if with_slopes else 0))
        scales = pick_values(self.responses.scales, self.responses.free_scales, x)
        matrices = fill_matrices(model, np.concatenate([x, values], axis=-1))
        S = matrices.symmetric.copy()
        S[..., list(self.exogenous), :] = 0.0
        S[..., list(self.exogenous)] = 0.0
        B = compute_total_effects(matrices.directed, model.depth)
        found, S = solve_residual_variances(B, S, at, 1.0 / scales**2)
        values[:] = found.reshape(values.shape)
        for group, cells in enumerate(model.cells if with_slopes else ()):
            effects, delta = B[..., group, :, :], scales[..., group, :]
            by_cell = differentiate_variances(cells, effects, S[..., group, :, :], at, q + self.n_derived)
            s = cells.symmetric
            given = np.isin(cells.row[s], self.exogenous) | np.isin(cells.column[s], self.exogenous)
            by_cell[..., cells.position[s[given]]] = 0.0
            by_target = np.zeros((*x.shape[:-1], len(at), q))
            free = self.responses.free_scales[group]
            moved = np.flatnonzero(free >= 0)
            by_target[..., moved, free[moved]] = -2.0 / delta[..., moved] ** 3
            own = slice(group * len(at), (group + 1) * len(at))
            mixing = effects[..., at[:, None], at] ** 2
            jacobian[..., own, :] = np.linalg.solve(mixing, by_target - by_cell[..., :q])
        return values, jacobian


def build_responses(
    table: ParameterTable, observed: tuple[str, ...], parameters: tuple[Parameter, ...]
) -> Responses | None:
    """The thresholds and scales of a table; None where it has no ordered variables."""
    if "|" not in table.operators:
        return None
    rows = [row for row in table.parameters if row.op == "|"]
    position = {row.free: number for number, row in enumerate(parameters)}
    place = {name: number for number, name in enumerate(observed)}
    items = np.array(sorted({place[row.lhs] for row in rows}), dtype=np.intp)
    first = sorted(
        {(place[row.lhs], int(row.rhs[1:]), row.lhs, row.rhs) for row in rows},
    )
    column = {(lhs, rhs): number for number, (_, _, lhs, rhs) in enumerate(first)}
    groups = len(table.groups)
    thresholds, free_thresholds = np.zeros((groups, len(first))), np.full((groups, len(first)), -1, dtype=np.intp)
    for row in rows:
        at = row.group - 1, column[row.lhs, row.rhs]
        if row.free:
            free_thresholds[at] = position[row.free]
        else:
            thresholds[at] = row.ustart or 0.0
    scales, free_scales = np.ones((groups, len(items))), np.full((groups, len(items)), -1, dtype=np.intp)
    number = {name: place for place, name in enumerate(observed[item] for item in items)}
    for row in table.parameters:
        if row.op == "~*~" and row.lhs in number:
            at = row.group - 1, number[row.lhs]
            if row.free:
                free_scales[at] = position[row.free]
            elif row.ustart is not None:
                scales[at] = row.ustart
    return Responses(
        items=items,
        owner=np.array([place for place, _, _, _ in first], dtype=np.intp),
        names=tuple(f"{lhs}|{rhs}" for _, _, lhs, rhs in first),
        thresholds=thresholds,
        free_thresholds=free_thresholds,
        scales=scales,
        free_scales=free_scales,
        is_delta=table.parameterization == "delta",
        is_conditional=table.conditional_x,
    )
