"""Where the minima of samples near one that is fitted will be, by what that fit says of all of them.

An estimate follows the moments of its sample, to first order, by its influence; from there slopes lead on, and what the
fit says of second derivatives (see `together`). Both are straight lines in coordinates whose units are those of many
items.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.caching import cached_property
from sem_toolkit.discrepancy import Kind, MomentPair, StackedDiscrepancy
from sem_toolkit.discrepancy.stack import SlopeEvaluator
from sem_toolkit.discrepancy.targets import Targets
from sem_toolkit.estimation.coordinates import Coordinates, find_coordinates
from sem_toolkit.estimation.metric import Metric, build_metric
from sem_toolkit.estimation.nearby import Foretold
from sem_toolkit.estimation.together import Ends, descend_together
from sem_toolkit.model import ImpliedMoments, Model, compute_jacobian
from sem_toolkit.sample import Sample, SampleGroup

FloatArray = NDArray[np.float64]

_TOGETHER, _FEWEST, _MOST = 32768, 256, 1024
"""Parameters of the samples that are searched together, about, so that they stay near the processor, and how many these
are."""
_DEFINITE = 0.01
"""The smallest eigenvalue, in units of its diagonal, of a second derivative that foretells others."""


@dataclass(frozen=True, eq=False)
class Prediction:
    """What a fit says of samples near its own.

    near       the discrepancy of the sample that the others scatter about
    responses  of each group: how x follows its moments, to first order (q × moments)
    inverse    of the second derivative by x (q × q)
    """

    model: Model
    near: StackedDiscrepancy
    coordinates: Coordinates
    responses: tuple[FloatArray, ...]
    inverse: FloatArray

    def predict(self, changes: tuple[FloatArray, ...], discrepancy: object) -> tuple[FloatArray, Foretold]:
        """x (b × q) of samples whose moments differ from the fit's by so much (b × moments, of each group).

        And what is known of these; more than nothing where the discrepancy of these samples can be asked for slopes
        alone.
        """
        coordinates, turn = self.coordinates, self.coordinates.slopes
        z = np.tile(coordinates.origin[:, None], len(changes[0]))
        for change, response in zip(changes, self.responses, strict=True):
            z += (turn @ response) @ change.T
        if isinstance(discrepancy, SlopeEvaluator) and discrepancy.has_slopes(self.model):
            size = int(np.clip(_TOGETHER // max(1, len(z)), _FEWEST, _MOST))
            places = np.array_split(np.arange(z.shape[1]), max(1, round(z.shape[1] / size)))
            ends = [
                descend_together(coordinates, self._metric, discrepancy.hold(self.model, place), z.take(place, axis=1))
                for place in places
            ]
        else:
            ends = [_stay(z)]
        x = np.concatenate([coordinates.restore(end.z).x.T for end in ends])
        found, values, close = (
            np.concatenate([getattr(end, name) for end in ends]) for name in ("found", "values", "close")
        )
        return x, Foretold(found, values, close)

    @cached_property
    def _metric(self) -> Metric:
        return build_metric(self.model, self.near, self.coordinates, self.inverse)


def build_prediction(model: Model, kind: Kind, x: FloatArray, moments: ImpliedMoments, near: Targets) -> Prediction:
    """What an estimate x (q) says of samples that scatter about one.

    moments  of the model there; near: those of that sample, which may be these

    An estimate follows its sample by H⁻¹ΔᵀV in what is free, with the second derivative H that the sample itself gives:
    where the model does not hold that is not the expected one.
    Source: Shapiro (1986), Journal of the American Statistical Association 81, 142-149.
    """
    sizes, means = near.n.round().astype(int).tolist(), moments.mean
    groups = tuple(
        SampleGroup(label, sizes[g], moments.covariance[g], None if means is None else means[g])
        for g, label in enumerate(model.groups)
    )
    pair = MomentPair(model, Sample(model.observed, groups, sum(sizes)), x, kind)
    weight, slopes = kind.weigh(pair), compute_jacobian(model, x, moments)
    discrepancy = kind.build(near, None)
    assert isinstance(discrepancy, StackedDiscrepancy)  # noqa: S101 (asked about many samples, too)
    inverse = _invert_curvature(model, discrepancy, x, moments, weight.information(pair))
    responses = tuple(inverse @ weight.times(g, pair.shares[g] * slopes[g]).T for g in range(len(groups)))
    coordinates = find_coordinates(model, x, np.diagonal(moments.all_covariance, axis1=1, axis2=2))
    return Prediction(model, discrepancy, coordinates, responses, inverse)


def _invert_curvature(
    model: Model, discrepancy: StackedDiscrepancy, x: FloatArray, moments: ImpliedMoments, expected: FloatArray
) -> FloatArray:
    """Inverse of the second derivative in what is free (q × q), of the expected one where that is hardly definite."""
    basis, at = model.constraints.linear.basis, discrepancy.evaluate(moments)
    curvature = basis.T @ expected @ basis
    if at is not None:
        exact = basis.T @ at.hessian(model, x) @ basis
        scale = 1.0 / np.sqrt(np.maximum(exact.diagonal(), np.finfo(float).tiny))
        if np.linalg.eigvalsh(exact * scale[:, None] * scale)[:1].min(initial=1.0) > _DEFINITE:
            curvature = exact
    return np.asarray(basis @ np.linalg.pinv(curvature, hermitian=True) @ basis.T)


def _stay(z: FloatArray) -> Ends:
    b = z.shape[1]
    return Ends(z, np.full(b, np.inf), np.zeros(b, dtype=np.bool_), np.zeros(b, dtype=np.bool_))
