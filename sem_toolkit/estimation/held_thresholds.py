"""A model without the thresholds that the sample alone decides: searched from many starts, it has less to find.

What the rest of the model says, such a threshold makes its statistic whatever is best. The discrepancy at its lowest by
these thresholds is a quadratic form in the other statistics: that of the part of the weight matrix which is theirs, or,
where the matrix ties them to thresholds, of its Schur complement.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.discrepancy import Discrepancy
from sem_toolkit.discrepancy.categorical import CategoricalLeastSquares
from sem_toolkit.model import Model, build_model, compute_moments
from sem_toolkit.model.cells import THRESHOLD

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Held:
    """The model with fixed thresholds, and the discrepancy at its lowest by them.

    places  which of the parameters of the model (`whole`) are left
    whole   the model itself, of which `outer` is the discrepancy
    """

    model: Model
    discrepancy: Discrepancy
    places: NDArray[np.intp]
    whole: Model
    outer: Discrepancy

    def expand(self, x: FloatArray) -> FloatArray:
        """x of the model itself (q), from that of the rest of its parameters."""
        if self.whole is self.model:
            return x
        assert isinstance(self.outer, CategoricalLeastSquares)  # noqa: S101 (only such are left out)
        layout, responses = self.outer.layout, self.whole.responses
        assert responses is not None  # noqa: S101
        full = np.zeros(self.whole.n_parameters)
        full[self.places] = x
        moments = compute_moments(self.model, x)
        residuals = self.outer.values - layout.stack(moments)
        for g in range(self.model.n_groups):
            at, parameter = layout.find_free(responses, g)
            variable = layout.first[0][at]
            best = self.outer.values[g, at] + _tie(self.outer.weights[g], at) @ residuals[g]
            with np.errstate(all="ignore"):
                heights = best / layout.find_units(moments, g)[variable]
            full[parameter] = heights + layout.find_given(moments, g).intercepts[variable]
        return full


def find_left(model: Model, discrepancy: Discrepancy) -> NDArray[np.intp]:
    """The parameters but for free thresholds that nothing ties to anything; all of them where something does."""
    constraints, free = model.constraints, model.locations.kind == THRESHOLD
    everything = np.arange(model.n_parameters)
    if not isinstance(discrepancy, CategoricalLeastSquares) or not constraints.linear.is_trivial:
        return everything
    is_bounded = np.isfinite(constraints.lower).any() or np.isfinite(constraints.upper).any()
    return everything if is_bounded else np.flatnonzero(~free)


def hold_thresholds(model: Model, discrepancy: Discrepancy) -> Held:
    """The model of the parameters that are left (`find_left`); the model itself where these are all."""
    places = find_left(model, discrepancy)
    if len(places) == model.n_parameters:
        return Held(model, discrepancy, places, model, discrepancy)
    assert isinstance(discrepancy, CategoricalLeastSquares)  # noqa: S101 (only of such thresholds are left out)
    assert model.responses is not None  # noqa: S101 (there are thresholds)
    free = np.ones(model.n_parameters, dtype=np.bool_)
    free[places] = False
    number = np.cumsum(~free)
    rows = []
    for row in model.table.parameters:
        if row.free and free[row.free - 1]:
            row = row._replace(free=0, ustart=0.0)
        elif row.free:
            row = row._replace(free=int(number[row.free - 1]))
        rows.append(row)
    layout, responses = discrepancy.layout, model.responses
    weights = tuple(
        _leave_out(weight, layout.find_free(responses, g)[0]) for g, weight in enumerate(discrepancy.weights)
    )
    inner = replace(discrepancy, weights=weights)
    return Held(build_model(replace(model.table, rows=tuple(rows))), inner, places, model, discrepancy)


def _leave_out(weight: FloatArray, places: NDArray[np.intp]) -> FloatArray:
    """The weight (m × m, or its diagonal) of the other statistics when those at some places are at their best."""
    result = weight.copy()
    result[places] = 0.0
    if weight.ndim == 2:
        result[:, places] = 0.0
        result -= weight[:, places] @ _tie(weight, places)
        result[places] = 0.0
    return result


def _tie(weight: FloatArray, places: NDArray[np.intp]) -> FloatArray:
    """What residuals (m) elsewhere make the best residuals at some places, less their sign (places × m)."""
    if weight.ndim == 1:
        return np.zeros((len(places), len(weight)))
    tied = weight[places].copy()
    tied[:, places] = 0.0
    return np.asarray(np.linalg.solve(weight[np.ix_(places, places)], tied), dtype=np.float64)
