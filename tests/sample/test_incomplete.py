"""Incomplete rows: patterns, the likelihood by means and covariances with its derivatives, and its maximum."""

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from sem_toolkit.diagnostics import DataError
from sem_toolkit.sample.incomplete import IncompleteLikelihood, compute_incomplete_likelihood
from sem_toolkit.sample.missing import build_incomplete_group
from sem_toolkit.sample.patterns import Patterns, build_patterns
from sem_toolkit.sample.saturated import compute_saturated_model

FloatArray = np.ndarray


def make_rows(n: int = 90, p: int = 5, share: float = 0.25, seed: int = 3) -> FloatArray:
    rng = np.random.default_rng(seed)
    root = 0.5 * rng.normal(size=(p, p)) + 2.0 * np.eye(p)
    rows = rng.normal(size=(n, p)) @ root + np.arange(p)
    rows[rng.random((n, p)) < share] = np.nan
    rows[4] = np.nan
    rows[7:17, 0] = np.nan
    return rows


def make_point(patterns: Patterns, seed: int = 5) -> tuple[FloatArray, FloatArray]:
    rng = np.random.default_rng(seed)
    p = patterns.rows.shape[1]
    root = 0.4 * rng.normal(size=(p, p))
    return np.nanmean(patterns.rows, axis=0) + 0.3, np.cov(rng.normal(size=(p, 40))) + 4.0 * np.eye(p) + root @ root.T


def locate(patterns: Patterns, vector: FloatArray) -> IncompleteLikelihood:
    p = patterns.rows.shape[1]
    columns, rows = np.triu_indices(p)
    covariance = np.zeros((p, p))
    covariance[rows, columns] = covariance[columns, rows] = vector[p:]
    found = compute_incomplete_likelihood(patterns, vector[:p], covariance)
    assert found is not None
    return found


def stack(mean: FloatArray, covariance: FloatArray) -> FloatArray:
    columns, rows = np.triu_indices(len(mean))
    return np.concatenate([mean, covariance[rows, columns]])


def get_gradient(likelihood: IncompleteLikelihood) -> FloatArray:
    columns, rows = np.triu_indices(len(likelihood.mean))
    return stack(likelihood.by_mean, likelihood.by_covariance * 2.0) * np.concatenate(
        [np.ones(len(likelihood.mean)), np.where(rows == columns, 0.5, 1.0)]
    )


def difference(function: object, vector: FloatArray, step: float = 1e-5) -> FloatArray:
    sides = []
    for k in range(len(vector)):
        ahead, behind = vector.copy(), vector.copy()
        ahead[k] += step
        behind[k] -= step
        sides.append((np.asarray(function(ahead)) - np.asarray(function(behind))) / (2.0 * step))  # type: ignore[operator]
    return np.array(sides)


def test_patterns_hold_the_moments_of_their_rows() -> None:
    rows = make_rows()
    patterns = build_patterns(rows)
    assert patterns.row[4] == -1
    assert patterns.total == 89
    for number in range(len(patterns.counts)):
        own = rows[patterns.row == number]
        there = patterns.observed[number]
        assert len(own) == patterns.counts[number]
        assert (~np.isnan(own) == there).all()
        np.testing.assert_allclose(patterns.mean[number, there], own[:, there].mean(axis=0))
    for number, scatter in zip(patterns.several, patterns.scatter, strict=True):
        there = patterns.observed[number]
        own = rows[patterns.row == number][:, there]
        np.testing.assert_allclose(scatter[np.ix_(there, there)], np.cov(own.T, bias=True), atol=1e-12)
        assert not scatter[~there].any()
    there = ~np.isnan(np.delete(rows, 4, axis=0))
    np.testing.assert_allclose(patterns.coverage, there.T.astype(float) @ there / 89)


def test_weights_count_as_repeated_rows() -> None:
    rows = make_rows(40)
    weights = np.random.default_rng(1).integers(1, 4, size=40)
    weighted, repeated = build_patterns(rows, weights.astype(float)), build_patterns(np.repeat(rows, weights, axis=0))
    mean, covariance = make_point(weighted)
    first = compute_incomplete_likelihood(weighted, mean, covariance)
    second = compute_incomplete_likelihood(repeated, mean, covariance)
    assert first is not None
    assert second is not None
    assert first.logl == pytest.approx(second.logl, rel=1e-12)
    np.testing.assert_allclose(first.information(expected=False), second.information(expected=False), atol=1e-12)


def test_value_is_that_of_the_rows_one_by_one() -> None:
    rows = make_rows()
    patterns = build_patterns(rows)
    mean, covariance = make_point(patterns)
    found = compute_incomplete_likelihood(patterns, mean, covariance)
    assert found is not None
    logl = []
    for row in rows:
        there = ~np.isnan(row)
        if there.any():
            density = multivariate_normal(mean[there], covariance[np.ix_(there, there)])
            logl.append(density.logpdf(row[there]))
    casewise = found.casewise_logl()
    assert np.isnan(casewise[4])
    np.testing.assert_allclose(np.delete(casewise, 4), logl, rtol=1e-11)
    assert found.logl == pytest.approx(np.sum(logl), rel=1e-12)


def test_derivatives_are_those_of_differences() -> None:
    patterns = build_patterns(make_rows())
    vector = stack(*make_point(patterns))
    found = locate(patterns, vector)
    np.testing.assert_allclose(
        get_gradient(found), difference(lambda at: locate(patterns, at).value, vector), atol=1e-8
    )
    np.testing.assert_allclose(
        found.information(expected=False),
        difference(lambda at: get_gradient(locate(patterns, at)), vector),
        atol=1e-8,
    )


def test_casewise_scores_are_those_of_differences() -> None:
    patterns = build_patterns(make_rows())
    vector = stack(*make_point(patterns))
    scores = locate(patterns, vector).casewise_scores()
    expected = difference(lambda at: np.nan_to_num(locate(patterns, at).casewise_logl()), vector).T
    np.testing.assert_allclose(scores, expected, atol=1e-6)
    np.testing.assert_allclose(scores.mean(axis=0) * 90 / 89, -get_gradient(locate(patterns, vector)), atol=1e-12)
    columns = np.random.default_rng(0).normal(size=(len(vector), 3))
    np.testing.assert_allclose(locate(patterns, vector).casewise_scores(columns), scores @ columns, atol=1e-12)


def test_expected_information_is_the_mean_of_the_scores_products() -> None:
    """Over rows drawn from the model itself, with their patterns fixed."""
    rng = np.random.default_rng(8)
    patterns = build_patterns(make_rows(60, 3))
    mean, covariance = make_point(patterns)
    drawn = rng.multivariate_normal(mean, covariance, size=400_000)
    holes = ~patterns.observed[patterns.row[patterns.row >= 0]]
    drawn[holes[np.arange(len(drawn)) % len(holes)]] = np.nan
    many = build_patterns(drawn)
    found = compute_incomplete_likelihood(many, mean, covariance)
    assert found is not None
    scores = found.casewise_scores()
    unit = 1.0 / np.sqrt(found.information().diagonal())
    apart = (scores.T @ scores / len(drawn) - found.information()) * unit[:, None] * unit
    assert np.abs(apart).max() < 0.02
    apart = (found.information(expected=False) - found.information()) * unit[:, None] * unit
    assert np.abs(apart).max() < 0.02


def test_complete_rows_have_the_sample_moments() -> None:
    rows = np.random.default_rng(2).normal(size=(50, 4)) * [1.0, 10.0, 100.0, 0.01] + 1000.0
    found = compute_saturated_model(build_patterns(rows))
    np.testing.assert_allclose(found.mean, rows.mean(axis=0), rtol=1e-13)
    np.testing.assert_allclose(found.covariance, np.cov(rows.T, bias=True), rtol=1e-9, atol=1e-12)
    assert found.converged
    assert found.definite


def test_monotone_missing_values_have_a_closed_form() -> None:
    """With y missing in some rows and x in none, y is regressed on x: Anderson (1957)."""
    rng = np.random.default_rng(4)
    rows = rng.multivariate_normal([1.0, 2.0], [[2.0, 1.2], [1.2, 3.0]], size=80)
    rows[50:, 1] = np.nan
    found = compute_saturated_model(build_patterns(rows))
    x, y = rows[:, 0], rows[:50, 1]
    slope = np.cov(x[:50], y, bias=True)[0, 1] / x[:50].var()
    residual = (y - y.mean() - slope * (x[:50] - x[:50].mean())).var()
    mean = y.mean() + slope * (x.mean() - x[:50].mean())
    np.testing.assert_allclose(found.mean, [x.mean(), mean], rtol=1e-10)
    variance = residual + slope**2 * x.var()
    np.testing.assert_allclose(found.covariance, [[x.var(), slope * x.var()], [slope * x.var(), variance]], rtol=1e-10)


@pytest.mark.parametrize("seed", range(4))
def test_saturated_estimates_are_stationary(seed: int) -> None:
    patterns = build_patterns(make_rows(60 + 40 * seed, 4 + seed, 0.15 + 0.1 * seed, seed))
    found = compute_saturated_model(patterns)
    assert found.converged
    assert found.gradient_max < 1e-9
    assert np.abs(get_gradient(found.likelihood)).max() < 1e-7
    assert np.linalg.eigvalsh(found.likelihood.information(expected=False))[0] > 0.0


def test_a_pair_that_is_never_observed_together_is_said_to_be_undetermined() -> None:
    rows = make_rows(200, 4, 0.0)
    rows[:100, 0] = np.nan
    rows[100:, 1] = np.nan
    found = compute_saturated_model(build_patterns(rows))
    assert found.converged
    assert np.argwhere(found.likelihood.patterns.apart).tolist() == [[0, 1], [1, 0]]
    assert found.covariance[0, 1] == 0.0


def test_estimates_follow_the_units_of_the_data() -> None:
    rows = make_rows()
    units, shift = np.array([1e-3, 1.0, 40.0, 1e4, 2.0]), 7.0
    plain, moved = (
        compute_saturated_model(build_patterns(rows)),
        compute_saturated_model(build_patterns(rows * units + shift)),
    )
    np.testing.assert_allclose(moved.mean, plain.mean * units + shift, rtol=1e-9)
    np.testing.assert_allclose(moved.covariance, plain.covariance * units[:, None] * units, rtol=1e-7)


def test_extrapolated_em_ends_where_newton_steps_do(monkeypatch):
    """With half of the cells empty plain EM takes hundreds of steps; what many variables have instead takes dozens."""
    rng = np.random.default_rng(8)
    rows = rng.normal(size=(220, 3)) @ rng.uniform(0.4, 0.9, (3, 16)) + rng.normal(size=(220, 16))
    rows[rng.random(rows.shape) < 0.45] = np.nan
    patterns = build_patterns(rows)
    newton = compute_saturated_model(patterns)
    monkeypatch.setattr("sem_toolkit.sample.saturated._LARGEST", 10)
    extrapolated = compute_saturated_model(patterns)
    assert extrapolated.converged
    assert extrapolated.iterations < 120
    np.testing.assert_allclose(extrapolated.covariance, newton.covariance, rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(extrapolated.mean, newton.mean, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("emptied", [0, 60])
def test_a_column_that_follows_from_another_where_both_are_there_is_named(emptied: int) -> None:
    rng = np.random.default_rng(8)
    rows = rng.normal(size=(90, 3))
    rows[:, 2] = 2.0 * rows[:, 0] + 1.0
    rows[:emptied, 1] = np.nan
    with pytest.raises(DataError, match="a, c are collinear"):
        build_incomplete_group("", rows, np.arange(90), ("a", "b", "c"))


def test_a_pattern_of_few_different_rows_is_no_sign_of_collinearity() -> None:
    rng = np.random.default_rng(10)
    rows = rng.normal(size=(60, 3))
    rows[:40] = rows[rng.integers(0, 3, 40)]
    rows[40:, 1] = np.nan
    group, _ = build_incomplete_group(
        "", np.concatenate([rows, rng.normal(size=(4, 3))]), np.arange(64), ("a", "b", "c")
    )
    assert group.saturated is not None
    assert group.saturated.converged


def test_columns_that_agree_in_one_pattern_only_are_not_refused() -> None:
    rng = np.random.default_rng(11)
    rows = rng.normal(size=(90, 3))
    rows[:40, 2] = 2.0 * rows[:40, 0] + 1.0
    rows[40:, 1] = np.nan
    group, _ = build_incomplete_group("", rows, np.arange(90), ("a", "b", "c"))
    assert group.saturated is not None
    assert group.saturated.converged


def test_collinear_columns_without_a_complete_row_are_refused() -> None:
    rng = np.random.default_rng(9)
    rows = rng.normal(size=(90, 4))
    rows[:, 2] = 2.0 * rows[:, 0] + 1.0
    rows[::2, 1], rows[1::2, 3] = np.nan, np.nan
    with pytest.raises(DataError, match="a, c are collinear"):
        build_incomplete_group("", rows, np.arange(90), ("a", "b", "c", "d"))
