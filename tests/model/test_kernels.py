"""Gather kernels and the dense Jacobian against finite differences and against each other."""

import numpy as np
import pytest

from sem_toolkit.model import (
    Model,
    compute_gradient,
    compute_information,
    compute_jacobian,
    compute_moments,
    compute_second_order,
)
from sem_toolkit.model.jacobian import vech_indices
from sem_toolkit.model.kernels import pull_back_square

from .conftest import Reference, load_reference

NAMES = [
    "hs_cfa_stdlv",
    "poldem_sem",
    "path_med_randomx",
    "path_saturated",
    "mg_scalar",
    "mg_metric",
    "hs_second_order",
    "growth_tvc",
    "composite",
    "formative_old",
]


def stack_moments(model: Model, x: np.ndarray) -> np.ndarray:
    """G × m: mean first, then the lower triangle column by column."""
    moments = compute_moments(model, x)
    rows, columns = vech_indices(model.n_observed)
    covariance = moments.covariance[:, rows, columns]
    return covariance if moments.mean is None else np.concatenate([moments.mean, covariance], axis=1)


def difference(function, x: np.ndarray, step: float = 1e-4) -> np.ndarray:  # type: ignore[no-untyped-def]
    """Central differences with Richardson's extrapolation; the derivative is along the last axis."""
    slopes = []
    for i in range(len(x)):
        unit = np.zeros(len(x))
        unit[i] = step
        wide = (function(x + 2 * unit) - function(x - 2 * unit)) / (4 * step)
        slopes.append((4 * (function(x + unit) - function(x - unit)) / (2 * step) - wide) / 3)
    return np.stack(slopes, axis=-1)


def draw_weights(model: Model) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(7)
    p, groups = model.n_observed, model.n_groups
    D = rng.normal(size=(groups, p, p))
    return D + np.swapaxes(D, 1, 2), rng.normal(size=(groups, p))


def shift(reference: Reference) -> np.ndarray:
    return reference.x * np.random.default_rng(3).uniform(0.85, 1.15, len(reference.x))


@pytest.mark.parametrize("reference", NAMES, indirect=True)
def test_jacobian_equals_finite_differences(reference: Reference) -> None:
    x = shift(reference)
    expected = difference(lambda point: stack_moments(reference.model, point), x)
    np.testing.assert_allclose(compute_jacobian(reference.model, x), expected, rtol=1e-7, atol=1e-7)


@pytest.mark.parametrize("reference", NAMES, indirect=True)
def test_gradient_is_the_jacobian_times_the_derivatives_by_moments(reference: Reference) -> None:
    model, x = reference.model, shift(reference)
    D, e = draw_weights(model)
    rows, columns = vech_indices(model.n_observed)
    by_moments = np.where(rows == columns, 1.0, 2.0) * D[:, rows, columns]
    by_moments = np.concatenate([e, by_moments], axis=1) if model.has_means else by_moments
    expected = np.einsum("gm,gmq->q", by_moments, compute_jacobian(model, x))
    gradient = compute_gradient(model, x, compute_moments(model, x), D, e if model.has_means else None)
    np.testing.assert_allclose(gradient, expected, rtol=1e-10, atol=1e-9)


@pytest.mark.parametrize("reference", NAMES, indirect=True)
def test_information_is_the_weighted_cross_product_of_the_jacobian(reference: Reference) -> None:
    model, x = reference.model, shift(reference)
    moments = compute_moments(model, x)
    weight, scale = np.linalg.inv(moments.covariance), np.linspace(0.4, 1.0, model.n_groups)
    expected = np.zeros((len(x), len(x)))
    rows, columns = vech_indices(model.n_observed)
    p = model.n_observed
    for group, jacobian in enumerate(compute_jacobian(model, x)):
        if model.has_means:
            expected += scale[group] * jacobian[:p].T @ weight[group] @ jacobian[:p]
            jacobian = jacobian[p:]
        full = np.zeros((len(x), p, p))
        full[:, rows, columns] = full[:, columns, rows] = jacobian.T
        half = full @ weight[group]
        expected += 0.5 * scale[group] * np.einsum("aij,bji->ab", half, half)
    information = compute_information(model, x, moments, weight, scale)
    np.testing.assert_allclose(information, expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("reference", [name for name in NAMES if name != "composite"], indirect=True)
def test_second_order_equals_finite_differences_of_the_gradient(reference: Reference) -> None:
    model, x = reference.model, shift(reference)
    D, e = draw_weights(model)
    means = e if model.has_means else None
    expected = difference(lambda point: compute_gradient(model, point, compute_moments(model, point), D, means), x)
    actual = compute_second_order(model, compute_moments(model, x), D, means)
    np.testing.assert_allclose(actual, expected, rtol=1e-6, atol=1e-5 * np.abs(expected).max())


def test_kernels_take_batches() -> None:
    model, x = (reference := load_reference("mg_scalar")).model, reference.x
    points = x * np.random.default_rng(5).uniform(0.9, 1.1, (3, len(x)))
    D, e = draw_weights(model)
    moments = compute_moments(model, points)
    weight, scale = np.linalg.inv(moments.covariance), np.array([0.5, 0.5])
    gradients = compute_gradient(
        model, points, moments, np.broadcast_to(D, (3, *D.shape)), np.broadcast_to(e, (3, *e.shape))
    )
    informations = compute_information(model, points, moments, weight, scale)
    for number, point in enumerate(points):
        single = compute_moments(model, point)
        np.testing.assert_allclose(
            gradients[number], compute_gradient(model, point, single, D, e), rtol=1e-11, atol=1e-11
        )
        expected = compute_information(model, point, single, weight[number], scale)
        np.testing.assert_allclose(informations[number], expected, rtol=1e-11, atol=1e-12)


def test_composite_cells_pull_back_symmetrically() -> None:
    reference = load_reference("composite")
    composites = reference.model.composites
    assert composites is not None
    size = reference.model.n_parameters + composites.n_derived
    square = np.arange(size * size, dtype=float).reshape(size, size)
    pulled = pull_back_square(reference.model, reference.x, square + square.T)
    np.testing.assert_allclose(pulled, pulled.T)


def test_groups_with_the_same_cells_are_gathered_together() -> None:
    assert [run.span for run in load_reference("mg_metric").model.runs] == [slice(0, 2)]
    model = load_reference("mg_scalar").model  # the second group has means of its factors too
    assert [run.span for run in model.runs] == [slice(0, 1), slice(1, 2)]
    for run in model.runs:
        np.testing.assert_array_equal(run.position[0], model.cells[run.span.start].position)
