"""Second derivatives of samples near a fit, by what the fit says of them."""

from pathlib import Path
from typing import Any

import numpy as np

from sem_toolkit.discrepancy import ML
from sem_toolkit.estimation.coordinates import Coordinates
from sem_toolkit.estimation.minimand import evaluate_stack
from sem_toolkit.estimation.prediction import Prediction, build_prediction
from sem_toolkit.fit import fit
from sem_toolkit.model import compute_moments
from sem_toolkit.model.jacobian import vech_indices

from .test_batch import CFA, _draw_targets

DATA = Path(__file__).parents[1] / "oracles" / "data"


def _predict(**options: Any) -> tuple[Any, Prediction]:
    solution = fit(CFA, DATA / "hs.csv", engine="native", multistart=0, **options).solution
    moments = compute_moments(solution.model, solution.x)
    return solution, build_prediction(solution.model, ML, solution.x, moments, solution.targets)


def _compute_informations(solution: Any, prediction: Prediction, coordinates: Coordinates, z: Any) -> Any:
    there = coordinates.restore(z)
    jacobians = coordinates.compute_jacobians(there)
    found = evaluate_stack(solution.model, prediction.near, np.ascontiguousarray(there.x.T))
    return jacobians.swapaxes(1, 2) @ found.informations @ jacobians


def test_units_are_those_of_the_information_of_each_point_to_first_order() -> None:
    solution, prediction = _predict(meanstructure=True)
    coordinates, metric = prediction.coordinates, prediction._metric
    changes = 0.001 * np.random.default_rng(1).normal(size=(len(solution.x), 5)) / metric.scale[:, None]
    origin = coordinates.origin[:, None]
    there, here = (
        _compute_informations(solution, prediction, coordinates, z).diagonal(axis1=1, axis2=2).T
        for z in (origin + changes, origin)
    )
    wanted = -0.5 * np.log(there / here)
    units = metric.find_units(changes)
    assert units is not None
    np.testing.assert_allclose(np.log(units), wanted, atol=0.02 * np.abs(wanted).max())


def test_units_are_left_out_where_equalities_hold() -> None:
    _, prediction = _predict(group="school", group_equal=["loadings"])
    assert prediction._metric.find_units(np.zeros((len(prediction.inverse), 2))) is None


def test_estimates_follow_their_samples_by_the_second_derivative_of_the_one_they_scatter_about() -> None:
    solution, prediction = _predict()
    targets = _draw_targets(solution.sample, solution.targets, 1)
    small = 1e-5
    there = np.asarray(solution.targets.covariance)
    nearby = there + small * (np.asarray(targets.covariance)[0] - there)
    change = (nearby - compute_moments(solution.model, solution.x).covariance)[0][vech_indices(9)]
    found = prediction.predict((change[None],), None)[0][0]
    sample = solution.targets.with_moments(nearby, None)
    at = ML.build(sample, None).evaluate(compute_moments(solution.model, found))
    begin = ML.build(sample, None).evaluate(compute_moments(solution.model, solution.x))
    assert at is not None
    assert begin is not None
    left, before = (own.gradient(solution.model, x) for own, x in ((at, found), (begin, solution.x)))
    assert np.abs(left).max() < 1e-3 * np.abs(before).max()
