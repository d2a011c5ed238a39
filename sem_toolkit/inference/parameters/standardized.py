"""Standardised estimates and their exact derivatives by the free parameters.

std.lv divides by the standard deviations of latent variables, std.all by those of all variables, std.nox by those of
all but exogenous observed ones. Covariances become correlations of the residuals concerned. Standard deviations are
the model's own (Bollen, 1989, Structural equations with latent variables, 123-126).
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.caching import cached_property
from sem_toolkit.discrepancy import once
from sem_toolkit.inference.at_estimate import AtEstimate
from sem_toolkit.inference.parameters.derived import list_derived_values
from sem_toolkit.model import ImpliedMoments, Model
from sem_toolkit.model.kernels import pull_back
from sem_toolkit.sample.moments import FloatArray
from sem_toolkit.spec.slopes import list_slopes
from sem_toolkit.spec.table import Parameter

Scale = Literal["std.lv", "std.all", "std.nox"]
IntArray = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Layout:
    """Which standard deviations each of k rows is multiplied by or divided by: at most two, in k × 2 arrays.

    power   1 or -1; 0 for none
    source  where its variance stands among those of all variables (G·t), then those of the k rows themselves (of
            residuals, for covariances), then NaN
    place   the variable's position
    free    k: number of the free parameter, from 1; 0 where fixed
    fixed   k: the fixed value
    """

    power: IntArray
    source: IntArray
    place: IntArray
    free: IntArray
    fixed: FloatArray


@dataclass(frozen=True, eq=False)
class Standardization:
    """Everything about standardising the rows of a table at one x.

    The rows are those of `table.parameters` (k of them), then the definitions (d).
    moments are those that the model implies at x (q).
    """

    model: Model
    x: FloatArray
    moments: ImpliedMoments

    @cached_property
    def rows(self) -> tuple[Parameter, ...]:
        return self.model.table.parameters

    @cached_property
    def layout(self) -> Layout:
        """Where each row finds what it needs."""
        model, rows = self.model, self.rows
        places = {name: place for place, name in enumerate(model.variables)}
        t, end = model.n_variables, model.n_groups * model.n_variables
        sides: list[int] = []  # power, source and place of each side, one behind the other
        free, fixed = [], []
        for row in rows:
            residual = row.op == "~~" and row.lhs != row.rhs
            for name, exponent in _powers(row):
                where = places.get(name, -1)
                if residual:
                    k = self._variance_rows.get((row.group, name))
                    at = end + (len(rows) if k is None else k)
                else:
                    at = (row.group - 1) * t + where
                sides += (exponent, at, where) if where >= 0 else (0, 0, 0)
            free.append(row.free)
            fixed.append(row.ustart or 0.0)
        columns = np.array(sides, dtype=np.intp).reshape(-1, 2, 3)
        power, source, place = columns[..., 0], columns[..., 1], columns[..., 2]
        return Layout(power, source, place, np.array(free, dtype=np.intp), np.array(fixed))

    @cached_property
    def estimates(self) -> FloatArray:
        """Values of the rows (k): free from x, fixed as they stand; a composite's moments follow from its weights."""
        free, values = self.layout.free, self.layout.fixed.copy()
        chosen = np.flatnonzero(free)
        values[chosen] = self.x[free[chosen] - 1]
        for k, (value, _) in self._derived_values.items():
            values[k] = value
        return values

    @cached_property
    def free_by_x(self) -> FloatArray:
        """1 where a row (k) is a parameter (q), else 0."""
        free = self.layout.free
        slopes = np.zeros((len(free), len(self.x)))
        chosen = np.flatnonzero(free)
        slopes[chosen, free[chosen] - 1] = 1.0
        return slopes

    @cached_property
    def estimates_by_x(self) -> FloatArray:
        """Derivatives of the values by x, k × q."""
        if not self._derived_values:
            return self.free_by_x
        slopes = self.free_by_x.copy()
        for k, (_, slope) in self._derived_values.items():
            slopes[k] = slope
        return slopes

    @cached_property
    def _derived_values(self) -> dict[int, tuple[float, FloatArray]]:
        """Value and derivative by x (q) of what is fixed in the table and follows from parameters, by row."""
        return list_derived_values(
            self.model, self.x, self.moments, self.rows, self._variance_rows, self._intercept_rows
        )

    @cached_property
    def _is_scale(self) -> NDArray[np.bool_]:
        """Which rows (k) are scales of responses, which are 1 where responses are standardised."""
        return np.array([row.op == "~*~" for row in self.rows], dtype=np.bool_)

    @cached_property
    def variances(self) -> FloatArray:
        """Variances of all variables as implied, G × t; of a product of latent variables those of its parts multiplied.

        So it is a product of standardised variables (Wen, Marsh & Hau, 2010, Structural Equation Modeling 17, 1-22).
        """
        variances = np.diagonal(self.moments.all_covariance, axis1=-2, axis2=-1)
        if not self._products:
            return variances
        variances = variances.copy()
        for product, left, right in self._products:
            variances[:, product] = variances[:, left] * variances[:, right]
        return variances

    @cached_property
    def _products(self) -> list[tuple[int, int, int]]:
        """Places of products of latent variables, such as f:g, and of their two parts."""
        model = self.model
        place = {name: number for number, name in enumerate(model.variables)}
        parts = [(place[name], name.split(":")) for name in model.variables[model.n_observed :] if ":" in name]
        return [
            (at, place[names[0]], place[names[1]]) for at, names in parts if len(names) == 2 and {*names} <= {*place}
        ]

    @cached_property
    def variances_by_x(self) -> FloatArray:
        """Derivatives of these by x, G × t × q.

        V = BSBᵀ gives ∂V_kk/∂A_ij = 2 B_ki V_jk and ∂V_kk/∂S_ij = 2 B_ki B_kj (half of it for i = j).
        """
        model, moments = self.model, self.moments
        width = max([model.n_parameters, *(int(cells.position.max(initial=-1)) + 1 for cells in model.cells)])
        by_cells = np.zeros((model.n_groups, model.n_variables, width))
        for g, cells in enumerate(model.cells):
            both = np.concatenate([moments.total_effects[g], moments.all_covariance[g]], axis=1)
            by_cells[g][:, cells.position] = 2.0 * cells.weight * both[:, cells.row] * both[:, cells.right]
        slopes = pull_back(model, self.x, by_cells)
        variances = self.variances
        for product, left, right in self._products:
            one, other = slopes[:, left] * variances[:, right, None], slopes[:, right] * variances[:, left, None]
            slopes[:, product] = one + other
        return slopes

    def values(self, scale: Scale) -> FloatArray:
        """Standardised values of the rows, then of the definitions (k + d)."""
        inner = self._everywhere if self._scales_everything(scale) else self._inner_values(scale)
        if not self.model.definitions.rows:
            return inner
        return np.concatenate([inner, self.model.definitions.values(self._vector(inner))])

    def jacobian(self, scale: Scale) -> FloatArray:
        """Derivatives of these by x, (k + d) × q."""
        slopes = self._inner_slopes(scale)
        if not self.model.definitions.rows:
            return slopes
        free = np.flatnonzero(self.layout.free)
        of_vector = slopes[free[np.argsort(self.layout.free[free])]]
        by_vector = self.model.definitions.jacobian(self._vector(self._inner_values(scale)))
        return np.concatenate([slopes, by_vector @ of_vector])

    def _vector(self, values: FloatArray) -> FloatArray:
        """The values of the free rows in the order of x (q)."""
        vector, free = np.zeros(len(self.x)), self.layout.free
        chosen = np.flatnonzero(free)
        vector[free[chosen] - 1] = values[chosen]
        return vector

    @cached_property
    def _everywhere(self) -> FloatArray:
        """Values of the rows where all variables are scaled."""
        return self._inner_values("std.all")

    def _scales_everything(self, scale: Scale) -> bool:
        return scale == "std.all" or (scale == "std.nox" and not self.model.exogenous)

    def _inner_values(self, scale: Scale) -> FloatArray:
        """Values of the rows (k): est · Π sd ** power, by the rule of each operator."""
        with np.errstate(invalid="ignore"):  # by a variance of 0: there is no standardised value
            values = self.estimates * self._factors(scale)
        return np.asarray(values if scale == "std.lv" else np.where(self._is_scale, 1.0, values))

    def _inner_slopes(self, scale: Scale) -> FloatArray:
        """Derivatives of these by x (k × q)."""
        power = np.where(self._scaled(scale), self.layout.power, 0)
        slopes = self.estimates_by_x.copy()
        with np.errstate(divide="ignore", invalid="ignore"):
            for side in (0, 1):
                rows = np.flatnonzero(power[:, side])
                along = power[rows, side] * self.estimates[rows]
                slopes[rows] += along[:, None] * self._log_slopes(self.layout.source[rows, side])
            slopes = self._factors(scale)[:, None] * slopes
        if scale != "std.lv":
            slopes[self._is_scale] = 0.0
        return np.asarray(slopes)

    def _factors(self, scale: Scale) -> FloatArray:
        """What each row (k) is multiplied by."""
        left, right = (
            self._powered if self._scales_everything(scale) else np.where(self._scaled(scale), self._powered, 1.0)
        ).T
        return np.asarray(left * right)

    @cached_property
    def _powered(self) -> FloatArray:
        """sd ** power of each side (k × 2); 1 where there is none."""
        with np.errstate(divide="ignore", invalid="ignore"):
            spread = self._spreads[self.layout.source]
            return np.where(self.layout.power == 0, 1.0, np.where(self.layout.power > 0, spread, 1.0 / spread))

    @cached_property
    def _spreads(self) -> FloatArray:
        """Standard deviations by `Layout.source`; in covariances they are of residuals, taken from their variances
        without the sign, as in lavaan.
        """
        whole = self.variances.ravel()
        with np.errstate(invalid="ignore"):
            total = np.sqrt(np.where(whole > 0, whole, np.nan))
        return np.concatenate([total, np.sqrt(np.abs(self.estimates)), [np.nan]])

    def _log_slopes(self, sources: IntArray) -> FloatArray:
        """Derivatives by x of the logarithms of some of these standard deviations (len(sources) × q)."""
        end, q = self.variances.size, len(self.x)
        result = np.zeros((len(sources), q))
        whole, own = sources < end, (sources >= end) & (sources < end + len(self.rows))
        result[whole] = (
            self.variances_by_x.reshape(end, q)[sources[whole]] / self.variances.ravel()[sources[whole], None]
        )
        at = sources[own] - end
        result[own] = self.estimates_by_x[at] / self.estimates[at, None]
        result[~(whole | own)] = np.nan
        return 0.5 * result

    def _scaled(self, scale: Scale) -> NDArray[np.bool_]:
        """Which standard deviations (k × 2) count in a scale."""
        if self._scales_everything(scale):
            return np.ones(self.layout.place.shape, dtype=np.bool_)
        if scale == "std.lv":
            return self._is_latent[self.layout.place]
        counts = np.ones(self.model.n_variables, dtype=np.bool_)
        counts[list(self.model.exogenous)] = False
        return np.asarray(counts[self.layout.place])

    @cached_property
    def _is_latent(self) -> NDArray[np.bool_]:
        """Which variables (t) nobody observed; random slopes are none of the model's latent variables, and count."""
        model = self.model
        latent = np.arange(model.n_variables) >= model.n_observed
        latent[[model.variables.index(slope.name) for slope in list_slopes(model.table)]] = True
        return latent

    @cached_property
    def _variance_rows(self) -> dict[tuple[int, str], int]:
        return {(row.group, row.lhs): k for k, row in enumerate(self.rows) if row.op == "~~" and row.lhs == row.rhs}

    @cached_property
    def _intercept_rows(self) -> dict[tuple[int, str], int]:
        return {(row.group, row.lhs): k for k, row in enumerate(self.rows) if row.op == "~1"}


def _powers(row: Parameter) -> tuple[tuple[str, int], tuple[str, int]]:
    """Which standard deviations a row is multiplied by (1) or divided by (−1)."""
    if row.op == "=~":
        return (row.lhs, 1), (row.rhs, -1)
    if row.op in ("~", "<~"):
        return (row.rhs, 1), (row.lhs, -1)
    if row.op == "~~":
        return (row.lhs, -1), (row.rhs, -1)
    return (row.lhs, -1 if row.op in ("~1", "|") else 0), ("", 0)


@once
def standardize(evaluation: AtEstimate) -> Standardization:
    """The standardisation at the estimate."""
    return Standardization(evaluation.model, evaluation.x, evaluation.moments)
