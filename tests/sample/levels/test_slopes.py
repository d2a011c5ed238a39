"""The likelihood of random slopes against that of clusters one by one, and its derivatives against differences."""

from collections.abc import Callable

import numpy as np
import pytest

from sem_toolkit.sample.incomplete import list_vech
from sem_toolkit.sample.levels import LevelMoments, compute_level_likelihood
from sem_toolkit.sample.levels.likelihood import compute_gradient, compute_logl
from sem_toolkit.sample.levels.slope_clusters import SlopeClusters, SlopePath
from sem_toolkit.sample.levels.slopes import SlopeLevels

# two outcomes at both levels and one within clusters only, two causes, two variables and two slopes between, carriers
Y, X, OUTER, SLOPES, CARRIERS = [0, 1, 2], [3, 4], [5, 6], [7, 8], [9, 10, 11]
P, J = 12, 6
PATHS = (SlopePath(9, 3, 7, 1.3), SlopePath(10, 4, 8, 0.7), SlopePath(11, 3, 8))
INNER, UPPER = [*Y, *X, *CARRIERS], [0, 1, *OUTER, *SLOPES]


@pytest.fixture(scope="module")
def rng() -> np.random.Generator:
    return np.random.default_rng(4)


@pytest.fixture(scope="module")
def clusters(rng: np.random.Generator) -> SlopeClusters:
    codes = np.repeat(np.arange(J), rng.integers(2, 6, J))
    rows = rng.normal(size=(len(codes), P)) + 1.0
    rows[:, OUTER] = rng.normal(size=(J, 2))[codes]
    rows[:, [*SLOPES, *CARRIERS]] = 0.0
    rows[rng.random(len(codes)) < 0.2, 1] = np.nan
    rows[rng.random(len(codes)) < 0.2, 0] = np.nan
    rows[codes == 2, 6] = np.nan
    within, between, given = (np.isin(np.arange(P), chosen) for chosen in ([*Y, *X], UPPER, X))
    return SlopeClusters(rows, codes, within, between, paths=PATHS, given=given)


@pytest.fixture(scope="module")
def moments(rng: np.random.Generator) -> LevelMoments:
    def draw(own: list[int]) -> np.ndarray:
        root, found = rng.normal(size=(P, P)), np.zeros((P, P))
        found[np.ix_(own, own)] = (root @ root.T / P + 0.5 * np.eye(P))[np.ix_(own, own)]
        return found

    return LevelMoments(rng.normal(size=P), draw(INNER), draw(UPPER))


def stack_cluster(clusters: SlopeClusters, at: LevelMoments, j: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Values of a cluster less their means, their covariance matrix, and their covariances with the slopes."""
    inner = at.within
    project = inner[np.ix_(Y, X)] @ np.linalg.inv(inner[np.ix_(X, X)])
    residual = inner[np.ix_(Y, Y)] - project @ inner[np.ix_(X, Y)]
    rows, v = clusters.rows[clusters.cluster == j], [0, 1, *SLOPES, *OUTER]
    design, means = [], []
    for row in rows:
        own = np.eye(3, len(v))
        own[:, 2:] = 0.0
        own[2] = 0.0
        for path in PATHS:
            own[:, v.index(path.slope)] += path.factor * inner[Y, path.carrier] * row[path.cause]
        design.append(own)
        means.append(at.mean[Y] + project @ (row[X] - at.mean[X]) + own[:, 2:4] @ at.mean[SLOPES])
    design.append(np.hstack([np.zeros((2, 4)), np.eye(2)]))
    whole = np.vstack(design)
    spread = at.between[np.ix_(v, v)]
    covariance = whole @ spread @ whole.T
    size = 3 * len(rows)
    covariance[:size, :size] += np.kron(np.eye(len(rows)), residual)
    values = np.concatenate([rows[:, Y].ravel(), rows[0, OUTER]])
    there = ~np.isnan(values)
    gap = (values - np.concatenate([*means, at.mean[OUTER]]))[there]
    return gap, covariance[np.ix_(there, there)], (spread[2:4] @ whole.T)[:, there]


def require(clusters: SlopeClusters, at: LevelMoments) -> SlopeLevels:
    found = compute_level_likelihood(clusters, at)
    assert isinstance(found, SlopeLevels)
    return found


def test_the_likelihood_is_that_of_all_values_of_each_cluster(clusters, moments):
    total = 0.0
    for j in range(J):
        gap, covariance, _ = stack_cluster(clusters, moments, j)
        form = gap @ np.linalg.solve(covariance, gap)
        total -= 0.5 * (len(gap) * np.log(2.0 * np.pi) + np.linalg.slogdet(covariance)[1] + form)
    assert compute_logl(require(clusters, moments)) == pytest.approx(total, rel=1e-13)


def test_slopes_are_predicted_by_all_values_of_a_cluster(clusters, moments):
    found = require(clusters, moments)
    scores = moments.mean[SLOPES] + (found.between_pull @ moments.between)[:, SLOPES]
    left = moments.between - moments.between @ found.between_precision @ moments.between
    for j in range(J):
        gap, covariance, crossed = stack_cluster(clusters, moments, j)
        np.testing.assert_allclose(scores[j], moments.mean[SLOPES] + crossed @ np.linalg.solve(covariance, gap))
        own = moments.between[np.ix_(SLOPES, SLOPES)] - crossed @ np.linalg.solve(covariance, crossed.T)
        np.testing.assert_allclose(left[j][np.ix_(SLOPES, SLOPES)], own, atol=1e-12)


def test_derivatives_are_those_of_the_value(clusters, moments):
    lower, upper = list_vech(P)
    size = len(lower)

    def build(kappa: np.ndarray) -> LevelMoments:
        matrices = []
        for part in np.split(kappa[P:], 2):
            own = np.zeros((P, P))
            own[lower, upper] = own[upper, lower] = part
            matrices.append(own)
        return LevelMoments(kappa[:P], *matrices)

    def difference(value: Callable[[np.ndarray], float], at: np.ndarray) -> np.ndarray:
        steps = 1e-5 * np.eye(len(at))
        return np.array([(value(at + step) - value(at - step)) / 2e-5 for step in steps])

    kappa = np.concatenate([moments.mean, moments.within[lower, upper], moments.between[lower, upper]])
    found = require(clusters, moments)
    gradient = compute_gradient(found)
    seen = np.ones(P + 2 * size, dtype=bool)
    seen[P : P + size] = np.isin(lower, INNER) & np.isin(upper, INNER)
    seen[P + size :] = np.isin(lower, UPPER) & np.isin(upper, UPPER)
    seen[CARRIERS] = False
    numeric = difference(lambda at: require(clusters, build(at)).value, kappa)
    np.testing.assert_allclose(gradient[seen], numeric[seen], atol=3e-9)
    np.testing.assert_allclose(-found.cluster_scores().sum(axis=0) / clusters.n, gradient, atol=1e-13)


def test_units_change_the_value_by_those_of_what_is_observed(clusters, moments):
    units = np.random.default_rng(2).uniform(0.3, 3.0, P)
    scale = units[:, None] * units
    own = LevelMoments(moments.mean / units, moments.within / scale, moments.between / scale)
    change = clusters.count_values() @ np.log(units)
    found = compute_logl(require(clusters.divide(units), own))
    assert found == pytest.approx(compute_logl(require(clusters, moments)) + change, rel=1e-12)


def test_the_order_of_the_variables_means_nothing(clusters, moments):
    order = np.random.default_rng(3).permutation(P)
    block = np.ix_(order, order)
    own = LevelMoments(moments.mean[order], moments.within[block], moments.between[block])
    assert require(clusters.pick(order), own).value == pytest.approx(require(clusters, moments).value, rel=1e-13)
