"""The sign of a factor that nothing decides on, as under std_lv: most of its loadings are positive."""

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.model import Model
from sem_toolkit.spec.table import ECHELON

FloatArray = NDArray[np.float64]


def orient_factors(model: Model, x: FloatArray) -> FloatArray:
    """x (q) with factors turned round, in all groups alike, whose loadings are negative for the most part.

    With as many loadings of either sign, the larger sum decides; the first free loading of each group does where the
    factors of an exploratory block are told apart by loadings of 0, as lavaan has them before any rotation. A factor
    stays as it is where a fixed value, an equality, a bound or a start value of the user would be broken by turning
    it; no moment changes.
    """
    constraints = model.constraints
    if not (constraints.is_linear and len(x)):
        return x
    loadings: dict[str, list[int]] = {}
    for number, row in enumerate(model.parameters):
        if row.op == "=~":
            loadings.setdefault(row.lhs, []).append(number)
    marked = model.table.parameters if model.table.exploratory else ()
    unrotated = {row.efa for row in marked if row.user == ECHELON} - {""}
    staggered = {row.lhs for row in model.parameters if row.efa in unrotated} if unrotated else set()
    for name in sorted(loadings, key=lambda name: any(model.parameters[i].rhs in loadings for i in loadings[name])):
        if name in staggered:
            for group in range(model.n_groups):
                first = next((i for i in loadings[name] if model.locations.group[i] == group), None)
                if first is not None and x[first] < 0.0:
                    alone = _turn(model, name, x, group)
                    x = _turn(model, name, x) if alone is x else alone
            continue
        own = x[loadings[name]].tolist()
        negative, positive = sum(value < 0.0 for value in own), sum(value > 0.0 for value in own)
        if negative > positive or (negative == positive and sum(own) < 0.0):
            x = _turn(model, name, x)
    return x


def _turn(model: Model, name: str, x: FloatArray, group: int | None = None) -> FloatArray:
    """x with this factor turned round, in one group or in all; x itself where that is not allowed."""
    scale = np.ones(model.n_variables)
    scale[model.variables.index(name)] = -1.0
    pairs = scale[:, None] * scale
    own = slice(None) if group is None else slice(group, group + 1)
    is_fixed = any((part[own] != part[own] * pairs).any() for part in (model.directed, model.symmetric))
    if is_fixed or (model.intercepts[own] != model.intercepts[own] * scale).any():
        return x
    units = model.compute_units(scale)
    units = units if group is None else np.where(model.locations.group == group, units, 1.0)
    if any(row.ustart is not None and unit < 0.0 for row, unit in zip(model.parameters, units, strict=True)):
        return x
    turned = x / units
    linear = model.constraints.linear
    keeps = linear.is_trivial or np.allclose(linear.expand(linear.reduce(turned)), turned, rtol=1e-9, atol=1e-12)
    return turned if keeps else x
