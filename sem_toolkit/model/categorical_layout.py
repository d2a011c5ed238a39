"""Statistics of ordered variables and what else is there, given covariates: how they follow from the moments.

The responses behind ordered variables are measured in units of their standard deviations (given covariates): what a
response is multiplied by is its scale δ where that is a parameter, and otherwise one over its standard deviation.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.model.categorical_changes import Change, Given, Inner, ParameterChanges, Pulled
from sem_toolkit.model.categorical_moments import CategoricalMoments
from sem_toolkit.model.jacobian import compute_jacobian, vech_indices
from sem_toolkit.model.moments import ImpliedMoments

if TYPE_CHECKING:
    from sem_toolkit.model.ram import Model
    from sem_toolkit.model.responses import Responses

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class CategoricalLayout(CategoricalMoments):
    """The statistics as a model implies them, with their derivatives (see `CategoricalMoments`)."""

    def count(self, group: int) -> int:
        """The same in every group."""
        return self.size

    def stack(self, moments: ImpliedMoments) -> FloatArray:
        """What a model implies for the statistics, G × m."""
        found = []
        for g in range(len(moments.covariance)):
            given, units = self._at(moments, g)
            thresholds = self._thresholds(moments, g)
            found.append(self.assemble(given, units, thresholds))
        return np.stack(found)

    def jacobian(self, model: "Model", x: FloatArray, moments: ImpliedMoments | None = None) -> FloatArray:
        """Derivative of the statistics by x, G × m × q."""
        if moments is None:
            from sem_toolkit.model.moments import compute_moments

            moments = compute_moments(model, x)
        changes = self.list_changes(model, x, moments)
        return np.stack([self.push_parameters(moments, g, change) for g, change in enumerate(changes)])

    def list_changes(self, model: "Model", x: FloatArray, moments: ImpliedMoments) -> list[ParameterChanges]:
        """How the moments given covariates, thresholds and units of each group change with each of the q parameters."""
        raw = compute_jacobian(model, x, moments)
        responses = model.responses
        assert responses is not None  # noqa: S101 (the layout of a model with ordered variables)
        result = []
        for g, block in enumerate(raw):
            free = responses.free_scales[g]
            at = np.flatnonzero(free >= 0)
            is_moving = block.any(axis=0)
            is_moving[free[at]] = True
            moving = np.flatnonzero(is_moving)
            scales = np.zeros((block.shape[1], len(self.ordered_places)))
            scales[free[at], at] = 1.0
            no_thresholds = np.zeros((len(moving), len(self.owner)))
            change = self.change(moments, g, block[:, moving], no_thresholds, scales[moving])
            result.append(ParameterChanges(block.shape[1], moving, change, *self.find_free(responses, g)))
        return result

    def find_free(self, responses: "Responses", g: int) -> tuple[IntArray, IntArray]:
        """Which of the first statistics are free thresholds of a group, and the parameter of each."""
        _, threshold = self.first
        parameter = np.where(threshold >= 0, responses.free_thresholds[g][threshold], -1)
        at = np.flatnonzero(parameter >= 0)
        return at, parameter[at]

    def change(
        self, moments: ImpliedMoments, g: int, raw: FloatArray, thresholds: FloatArray, scales: FloatArray
    ) -> Change:
        """What a group's statistics are made of, along k changes of [mean; vech(covariance)] (columns of `raw`), of
        the thresholds (k × T) and of the scales (k × ordered variables), which count where they are parameters.
        """
        p = moments.covariance.shape[-1]
        rows, columns = vech_indices(p)
        covariance = np.empty((raw.shape[1], p, p))
        covariance[:, rows, columns] = covariance[:, columns, rows] = raw[p:].T
        given, units = self._at(moments, g)
        found = self._condition_change(covariance, raw[:p].T, moments, g, given)
        bent = np.zeros((raw.shape[1], len(self.variables)))
        own = self.ordered_places
        bent[:, own] = scales if moments.scales is not None else -0.5 * units[own] ** 3 * found.covariance[:, own, own]
        return Change(found.covariance, found.slopes, found.intercepts, thresholds, bent)

    def _condition_change(
        self, covariance: FloatArray, mean: FloatArray, moments: ImpliedMoments, g: int, given: Given
    ) -> Given:
        """Changes (q × …) of the moments given covariates from those of all (q × p × p, q × p)."""
        y, x = self.variables, self.covariates
        V, nu = covariance[:, y[:, None], y], mean[:, y]
        if not len(x):
            return Given(V, np.zeros((len(V), len(y), 0)), nu)
        own = moments.covariance[g]
        slopes = np.linalg.solve(own[np.ix_(x, x)], covariance[:, y[:, None], x].swapaxes(1, 2)).swapaxes(1, 2)
        turn = slopes @ own[np.ix_(x, y)]
        assert moments.mean is not None  # noqa: S101
        return Given(V - turn - turn.swapaxes(1, 2), slopes, nu - slopes @ moments.mean[g][x])

    def _at(self, moments: ImpliedMoments, g: int) -> tuple[Given, FloatArray]:
        p = moments.covariance.shape[-1]
        mean = np.zeros(p) if moments.mean is None else moments.mean[g]
        given = self.condition(moments.covariance[g], mean)
        units = np.ones(len(self.variables))
        if moments.scales is not None:
            units[self.ordered_places] = moments.scales[g]
        else:
            with np.errstate(invalid="ignore", divide="ignore"):
                units[self.ordered_places] = 1.0 / np.sqrt(np.diagonal(given.covariance)[self.ordered_places])
        return given, units

    def find_given(self, moments: ImpliedMoments, g: int) -> Given:
        """The moments of a group given the covariates, of responses and numeric variables as they are."""
        return self._at(moments, g)[0]

    def find_units(self, moments: ImpliedMoments, g: int) -> FloatArray:
        """What each variable (p') of a group is multiplied by: one over the standard deviation of a response."""
        return self._at(moments, g)[1]

    def _thresholds(self, moments: ImpliedMoments, g: int) -> FloatArray:
        return np.zeros(0) if moments.thresholds is None else moments.thresholds[g]

    def push(self, moments: ImpliedMoments, g: int, change: Change) -> FloatArray:
        """Changes of the statistics, m × q."""
        given, units = self._at(moments, g)
        variable, threshold = self.first
        rows, columns = self.pairs
        heights = np.append(self._thresholds(moments, g), 0.0)[threshold]
        moved = np.concatenate([change.thresholds, np.zeros((len(change.units), 1))], axis=1)[:, threshold]
        shift = moved - change.intercepts[:, variable]
        stretch = change.units[:, variable] * (heights - given.intercepts[variable])
        first = np.where(threshold >= 0, units[variable] * shift + stretch, change.intercepts[:, variable])
        slopes = units[:, None] * change.slopes + change.units[:, :, None] * given.slopes
        V = given.covariance[rows, columns]
        covariances = units[rows] * units[columns] * change.covariance[:, rows, columns]
        covariances += (change.units[:, rows] * units[columns] + units[rows] * change.units[:, columns]) * V
        return np.concatenate(
            [
                first,
                slopes.swapaxes(1, 2).reshape(len(slopes), slopes.shape[1] * slopes.shape[2]),
                change.covariance[:, self.numeric, self.numeric],
                covariances,
            ],
            axis=1,
        ).T

    def push_parameters(self, moments: ImpliedMoments, g: int, changes: ParameterChanges) -> FloatArray:
        """Derivatives of the statistics by the parameters, m × q."""
        result = np.zeros((self.size, changes.size))
        result[:, changes.moving] = self.push(moments, g, changes.change)
        at, parameter = changes.first, changes.threshold
        np.add.at(result, (at, parameter), self.find_units(moments, g)[self.first[0][at]])
        return result

    def pull(self, moments: ImpliedMoments, weights: FloatArray) -> Pulled:
        """Derivatives of the weighted sum of the statistics, weights G × m, by the moments of all variables."""
        inner = [self._pull_given(moments, g, own) for g, own in enumerate(weights)]
        by_covariance, by_mean = zip(*(self._spread_pull(moments, g, own) for g, own in enumerate(inner)), strict=True)
        return Pulled(np.stack(by_covariance), np.stack(by_mean), tuple(inner))

    def _spread_pull(self, moments: ImpliedMoments, g: int, inner: Inner) -> tuple[FloatArray, FloatArray]:
        """Derivatives by the moments given covariates to those by the covariances (p × p) and means (p) of all."""
        p, y, x = moments.covariance.shape[-1], self.variables, self.covariates
        by_covariance, by_mean = np.zeros((p, p)), np.zeros(p)
        by_covariance[np.ix_(y, y)] = inner.by_covariance
        by_mean[y] = inner.by_intercepts
        if len(x):
            S = moments.covariance[g]
            assert moments.mean is not None  # noqa: S101
            by_slopes = inner.by_slopes - 2.0 * inner.by_covariance @ S[np.ix_(y, x)]
            by_slopes = by_slopes - np.outer(inner.by_intercepts, moments.mean[g][x])
            along = 0.5 * np.linalg.solve(S[np.ix_(x, x)], by_slopes.T)
            by_covariance[np.ix_(x, y)] = along
            by_covariance[np.ix_(y, x)] = along.T
        return by_covariance, by_mean

    def _pull_given(self, moments: ImpliedMoments, g: int, weights: FloatArray) -> Inner:
        given, units = self._at(moments, g)
        first, slopes, variances, covariances = (weights[part] for part in self.parts)
        variable, threshold = self.first
        rows, columns = self.pairs
        p = len(self.variables)
        U = np.zeros((p, p))
        U[rows, columns] = U[columns, rows] = 0.5 * covariances
        heights = np.append(self._thresholds(moments, g), 0.0)[threshold]
        ordered = threshold >= 0
        by_units = np.bincount(
            variable, weights=np.where(ordered, first * (heights - given.intercepts[variable]), 0.0), minlength=p
        )
        pull = slopes.reshape(-1, p).T
        by_units = by_units + (pull * given.slopes).sum(axis=1) + 2.0 * (U * given.covariance) @ units
        by_covariance = U * np.outer(units, units)
        by_covariance[self.numeric, self.numeric] += variances
        if moments.scales is None:  # theta: the units follow from the variances
            own = self.ordered_places
            by_covariance[own, own] += -0.5 * units[own] ** 3 * by_units[own]
        along = np.where(ordered, -units[variable] * first, first)
        by_intercepts = np.bincount(variable, weights=along, minlength=p).astype(np.float64)
        by_first = units[variable] * first
        return Inner(U, first, pull, by_covariance, by_units, by_intercepts, pull * units[:, None], by_first)

    def gather_direct(self, model: "Model", pulled: Pulled) -> FloatArray:
        """The part of a gradient by x (q) that comes through thresholds and scales themselves."""
        responses = model.responses
        assert responses is not None  # noqa: S101
        result = np.zeros(model.n_parameters)
        for g, inner in enumerate(pulled.inner):
            at, parameter = self.find_free(responses, g)
            np.add.at(result, parameter, inner.by_first[at])
            if responses.is_delta:
                free = responses.free_scales[g]
                np.add.at(result, free[free >= 0], inner.by_units[self.ordered_places][free >= 0])
        return result
