"""Bounds over all completions, against closed forms and completions drawn at random."""

import numpy as np
import pytest

from sem_toolkit.study.completion_bounds import (
    FixedCorrelations,
    bound_blocks_without_negative,
    bound_without_negative,
    build_extreme_completion,
    combine_blocks,
)

R = np.array([0.522, 0.454, 0.533, 0.449])


def know(r):
    return FixedCorrelations(tuple(f"x{i}" for i in range(len(r))), np.eye(len(r)), np.eye(len(r), dtype=bool), r)


@pytest.mark.parametrize("size", [2.5, -2.5, 40.0, -40.0])
@pytest.mark.parametrize("j", range(4))
def test_no_coefficient_is_bounded_by_the_tables(j, size):
    """A correlation matrix with the given correlations with the outcome, and the wanted coefficient."""
    matrix = build_extreme_completion(know(R), j, size)
    beta = np.linalg.solve(matrix, R)
    assert np.linalg.eigvalsh(matrix)[0] > 0
    assert np.diag(matrix) == pytest.approx(1.0)
    assert np.abs(matrix).max() <= 1.0 + 1e-12
    assert beta[j] == pytest.approx(size, rel=1e-6)
    assert beta @ R == pytest.approx(0.95)


def test_correlations_within_a_table_are_kept():
    known = know(np.append(R, [0.42, 0.24]))
    known.matrix[4, 5] = known.matrix[5, 4] = 0.06
    known.fixed[4, 5] = known.fixed[5, 4] = True
    matrix = build_extreme_completion(known, 0, 7.0)
    assert matrix[4, 5] == pytest.approx(0.06)
    assert np.linalg.solve(matrix, known.outcome)[0] == pytest.approx(7.0)


@pytest.mark.parametrize("size", [30.0, -30.0])
@pytest.mark.parametrize("j", range(6))
def test_a_predictor_among_others_of_its_table_is_not_bounded_either(j, size):
    known = tables_of_several()
    matrix = build_extreme_completion(known, j, size)
    assert np.where(known.fixed, matrix - known.matrix, 0.0) == pytest.approx(np.zeros((6, 6)), abs=1e-12)
    assert np.linalg.eigvalsh(matrix)[0] > 0
    assert np.linalg.solve(matrix, known.outcome)[j] == pytest.approx(size, rel=1e-6)


@pytest.mark.slow
def test_bounds_of_pieces_are_those_of_the_linear_programme_where_every_table_has_one():
    exact, found = bound_without_negative(know(R), steps=200), bound_blocks_without_negative(know(R))
    assert found["highest"].to_numpy() == pytest.approx(exact["highest"].to_numpy(), rel=1e-6)
    assert found["lowest"].to_numpy() == pytest.approx(exact["lowest"].to_numpy(), abs=1e-7)


@pytest.mark.slow
def test_random_completions_of_tables_with_several_predictors_lie_within_their_bounds():
    known = tables_of_several()
    bounds, rng, seen = bound_blocks_without_negative(known), np.random.default_rng(8), []
    free = np.argwhere(np.triu(~known.fixed))
    for _ in range(60_000):
        s = np.where(known.fixed, known.matrix, 0.0)
        for i, k in free:
            s[i, k] = s[k, i] = rng.uniform(-0.5, 0.8)
        whole = np.block([[s, known.outcome[:, None]], [known.outcome[None, :], np.ones((1, 1))]])
        if np.linalg.eigvalsh(whole)[0] > 0 and ((beta := np.linalg.solve(s, known.outcome)) >= 0).all():
            seen.append(beta)
    seen = np.array(seen)
    assert len(seen) > 50
    assert (seen <= bounds["highest"].to_numpy() + 1e-6).all()
    assert (seen.max(axis=0) > 0.3 * bounds["highest"].to_numpy()).all()


def tables_of_several():
    """Six predictors: one alone, two tables of two, and one more alone."""
    matrix, fixed = np.eye(6), np.eye(6, dtype=bool)
    for i, k, r in ((1, 2, 0.3), (3, 4, -0.1)):
        matrix[i, k] = matrix[k, i] = r
        fixed[i, k] = fixed[k, i] = True
    return FixedCorrelations(tuple("abcdef"), matrix, fixed, np.array([0.5, 0.4, 0.45, 0.35, 0.25, 0.4]))


@pytest.mark.slow
def test_two_predictors_without_negative_coefficients_have_closed_bounds():
    """β₁ = (r₁ − ρr₂)/(1 − ρ²): from 0 at ρ = r₁/r₂ up to its largest value while β₂ stays positive."""
    r = np.array([0.5, 0.6])
    found = bound_without_negative(know(r), steps=2000)
    rho = np.linspace(-0.99, 0.99, 400_001)
    beta = np.stack([(r[0] - rho * r[1]), (r[1] - rho * r[0])]) / (1 - rho**2)
    inside = (beta >= 0).all(axis=0) & ((beta * r[:, None]).sum(axis=0) <= 1)
    assert found["lowest"].to_numpy() == pytest.approx(beta[:, inside].min(axis=1), abs=2e-3)
    assert found["highest"].to_numpy() == pytest.approx(beta[:, inside].max(axis=1), abs=2e-3)


@pytest.mark.slow
def test_random_completions_lie_within_the_bounds_and_come_near_them():
    bounds = bound_without_negative(know(R))
    rng, seen = np.random.default_rng(5), []
    for _ in range(40_000):
        s = np.eye(4)
        s[np.triu_indices(4, 1)] = rng.uniform(-0.6, 0.9, 6)
        s = s + np.triu(s, 1).T
        if np.linalg.eigvalsh(np.block([[s, R[:, None]], [R[None, :], np.ones((1, 1))]]))[0] > 0:
            beta = np.linalg.solve(s, R)
            seen += [beta] if (beta >= 0).all() else []
    seen = np.array(seen)
    assert len(seen) > 200
    assert (seen >= bounds["lowest"].to_numpy() - 1e-6).all()
    assert (seen <= bounds["highest"].to_numpy() + 1e-6).all()
    assert (seen.max(axis=0) > 0.75 * bounds["highest"].to_numpy()).all()
    assert (seen.min(axis=0) < 0.03).all()


@pytest.mark.slow
def test_a_smaller_r2_gives_narrower_bounds():
    whole, part = bound_without_negative(know(R)), bound_without_negative(know(R), 0.6)
    assert (part["highest"] < whole["highest"]).all()


def test_a_composite_has_the_correlation_of_the_mean():
    rng = np.random.default_rng(2)
    data = rng.standard_normal((300, 3)) @ np.array([[1, 0.4, 0.2], [0, 2, 0.3], [0, 0, 0.5]])
    y = data.sum(axis=1) + rng.standard_normal(300)
    r = np.corrcoef(data, rowvar=False)
    known = FixedCorrelations(
        ("a", "b", "c"), r, np.ones((3, 3), dtype=bool), np.array([np.corrcoef(c, y)[0, 1] for c in data.T])
    )
    found = combine_blocks(known, data.std(axis=0, ddof=1), [("a", "c"), ("b",)], ["ac", "b"])
    assert found.outcome[0] == pytest.approx(np.corrcoef(data[:, 0] + data[:, 2], y)[0, 1])
    assert found.outcome[1] == pytest.approx(known.outcome[1])
