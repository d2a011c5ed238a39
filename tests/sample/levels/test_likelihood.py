"""The likelihood of two levels against that of clusters one by one, and its derivatives against differences."""

import numpy as np
import pytest

from sem_toolkit.sample.incomplete import list_vech
from sem_toolkit.sample.levels import (
    Clusters,
    LevelLikelihood,
    LevelMoments,
    build_clusters,
    compute_level_likelihood,
    compute_saturated_levels,
)
from sem_toolkit.sample.levels.incomplete import compute_incomplete_level_likelihood
from sem_toolkit.sample.levels.likelihood import compute_gradient, compute_logl
from sem_toolkit.sample.levels.saturated import list_free_moments

P = 4
WITHIN, BETWEEN = np.array([True, True, True, False]), np.array([True, True, False, True])


def draw_moments(rng: np.random.Generator) -> LevelMoments:
    def draw(own: np.ndarray) -> np.ndarray:
        root = rng.normal(size=(P, P))
        return np.where(np.outer(own, own), root @ root.T / P + 0.5 * np.eye(P), 0.0)

    return LevelMoments(rng.normal(size=P), draw(WITHIN), draw(BETWEEN))


def draw_clusters(rng: np.random.Generator, holes: float = 0.0, count: int = 12) -> Clusters:
    """Rows of two levels: two variables at both, one within clusters only, one between them only."""
    at = draw_moments(rng)
    codes = np.repeat(np.arange(count), rng.integers(1, 5, count))
    outer = rng.multivariate_normal(at.mean, at.between, count)
    rows = outer[codes] + rng.multivariate_normal(np.zeros(P), at.within, len(codes))
    empty = rng.random(rows.shape) < holes
    empty[:, 3] = (rng.random(count) < holes)[codes]
    rows[empty] = np.nan
    order = rng.permutation(len(codes))
    return build_clusters(rows[order], codes[order], WITHIN, BETWEEN)


def sum_one_by_one(clusters: Clusters, at: LevelMoments) -> float:
    """The log-likelihood by the covariance matrix of all cells of each cluster."""
    total = 0.0
    for rows in np.split(clusters.rows, clusters.starts[1:]):
        cells = [(i, j) for i in range(len(rows)) for j in np.flatnonzero(WITHIN) if not np.isnan(rows[i, j])]
        cells += [(-1, j) for j in np.flatnonzero(~WITHIN) if not np.isnan(rows[0, j])]
        gap = np.array([rows[max(i, 0), j] - at.mean[j] for i, j in cells])
        covariance = np.array(
            [[at.between[j, k] + (at.within[j, k] if i == h and i >= 0 else 0.0) for h, k in cells] for i, j in cells]
        )
        form = gap @ np.linalg.solve(covariance, gap)
        total -= 0.5 * (len(gap) * np.log(2.0 * np.pi) + np.linalg.slogdet(covariance)[1] + form)
    return total


def require_likelihood(clusters: Clusters, at: LevelMoments) -> LevelLikelihood:
    found = compute_level_likelihood(clusters, at)
    assert found is not None
    return found


def move(clusters: Clusters, at: LevelMoments, place: int, step: float) -> LevelLikelihood:
    """The likelihood with one moment changed, by its place in [μ; vech Σ_W; vech Σ_B]."""
    lower, upper = list_vech(P)
    parts = [at.mean.copy(), at.within.copy(), at.between.copy()]
    if place < P:
        parts[0][place] += step
    else:
        level, k = divmod(place - P, len(lower))
        matrix = parts[1 + level]
        matrix[lower[k], upper[k]] += step
        if lower[k] != upper[k]:
            matrix[upper[k], lower[k]] += step
    return require_likelihood(clusters, LevelMoments(*parts))


@pytest.fixture(params=[0.0, 0.25], ids=["complete", "incomplete"])
def drawn(request) -> tuple[Clusters, LevelMoments]:
    rng = np.random.default_rng(61)
    return draw_clusters(rng, request.param), draw_moments(rng)


def test_it_is_the_sum_over_clusters(drawn):
    clusters, at = drawn
    assert compute_logl(require_likelihood(clusters, at)) == pytest.approx(sum_one_by_one(clusters, at), rel=1e-12)


def test_gradient_and_observed_information_are_derivatives(drawn):
    clusters, at = drawn
    free, step = list_free_moments(clusters), 1e-5
    here = require_likelihood(clusters, at)
    sides = [[move(clusters, at, place, sign * step) for sign in (1.0, -1.0)] for place in free]
    slopes = np.array([(ahead.value - behind.value) / (2.0 * step) for ahead, behind in sides])
    np.testing.assert_allclose(compute_gradient(here)[free], slopes, atol=1e-8)
    bends = np.array([(compute_gradient(a) - compute_gradient(b))[free] / (2.0 * step) for a, b in sides])
    np.testing.assert_allclose(here.information(expected=False)[np.ix_(free, free)], bends, atol=1e-7)


def test_scores_of_clusters_add_up_to_the_gradient(drawn):
    clusters, at = drawn
    here, free = require_likelihood(clusters, at), list_free_moments(clusters)
    total = -here.cluster_scores().sum(axis=0) / clusters.n
    np.testing.assert_allclose(total[free], compute_gradient(here)[free], atol=1e-12)


@pytest.mark.slow
def test_expected_information_is_the_mean_of_the_observed_one():
    """Over samples of the same clusters and holes, within four standard errors of the mean."""
    rng = np.random.default_rng(7)
    at, pattern = draw_moments(rng), draw_clusters(rng, 0.2, 30)
    free = list_free_moments(pattern)
    chosen = np.ix_(free, free)
    expected = require_likelihood(pattern, at).information()[chosen]
    draws = []
    for _ in range(400):
        outer = rng.multivariate_normal(at.mean, at.between, pattern.count)
        rows = outer[pattern.cluster] + rng.multivariate_normal(np.zeros(P), at.within, pattern.n)
        rows[np.isnan(pattern.rows)] = np.nan
        clusters = Clusters(rows, pattern.cluster, WITHIN, BETWEEN)
        draws.append(require_likelihood(clusters, at).information(expected=False)[chosen])
    error = np.std(draws, axis=0) / np.sqrt(len(draws))
    assert (np.abs(np.mean(draws, axis=0) - expected) < 4.5 * error + 1e-12).all()


def test_both_ways_agree_on_complete_rows():
    rng = np.random.default_rng(3)
    clusters, at = draw_clusters(rng), draw_moments(rng)
    by_sizes, by_rows = require_likelihood(clusters, at), compute_incomplete_level_likelihood(clusters, at)
    assert by_rows is not None
    free = list_free_moments(clusters)
    for expected in (True, False):
        left, right = (way.information(expected=expected)[np.ix_(free, free)] for way in (by_sizes, by_rows))
        np.testing.assert_allclose(left, right, atol=1e-12)
    np.testing.assert_allclose(by_sizes.cluster_scores()[:, free], by_rows.cluster_scores()[:, free], atol=1e-10)


def test_there_is_none_where_a_cluster_has_no_covariance_matrix(drawn):
    clusters, at = drawn
    assert compute_level_likelihood(clusters, LevelMoments(at.mean, at.within, at.between - 40.0 * at.within)) is None


@pytest.mark.parametrize("holes", [0.0, 0.15])
def test_saturated_model_is_a_maximum(holes):
    clusters = draw_clusters(np.random.default_rng(5), holes, 60)
    found = compute_saturated_levels(clusters)
    assert found.converged
    assert found.gradient_max < 1e-9
    free = list_free_moments(clusters)
    information = found.likelihood.information(expected=False)[np.ix_(free, free)]
    assert np.linalg.eigvalsh(information)[0] > 0.0


def test_balanced_clusters_have_the_moments_of_an_analysis_of_variance():
    """With clusters of one size: Σ_W = S_W/(n − J), Σ_B = S_B/J − Σ_W/s (Searle, Casella & McCulloch, 1992)."""
    rng = np.random.default_rng(11)
    codes = np.repeat(np.arange(80), 5)
    rows = rng.normal(size=(80, 2))[codes] + rng.normal(size=(400, 2))
    both = np.ones(2, dtype=bool)
    found = compute_saturated_levels(build_clusters(rows, codes, both, both)).moments
    means = rows.reshape(80, 5, 2).mean(axis=1)
    inner = (rows - means[codes]).T @ (rows - means[codes]) / (400 - 80)
    np.testing.assert_allclose(found.within, inner, rtol=1e-8)
    np.testing.assert_allclose(found.between, np.cov(means.T, bias=True) - inner / 5, rtol=1e-7)
    np.testing.assert_allclose(found.mean, rows.mean(axis=0), atol=1e-9)
