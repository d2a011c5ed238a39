"""Implied moments against lavaan's, at lavaan's estimates."""

import json
from dataclasses import replace

import numpy as np
import pytest

from sem_toolkit.model import build_model, check_identification, compute_matrices, compute_moments

from .conftest import CASES, Reference, assert_stacks_equal_points

NAMES = sorted(
    path.stem
    for path in CASES.glob("*.json")
    if "partable" in (case := json.loads(path.read_text()))
    and "fit_measures" in case
    and not any(row["op"] in ("|", "~*~") for row in case["partable"])
)


@pytest.mark.parametrize("reference", NAMES, indirect=True)
def test_moments_equal_those_of_lavaan(reference: Reference) -> None:
    moments = compute_moments(reference.model, reference.x)
    assert len(reference.case["implied_cov"]) == reference.model.n_groups
    for group, expected in enumerate(reference.case["implied_cov"]):
        assert reference.model.observed == tuple(expected["cov"]["names"])
        np.testing.assert_allclose(moments.covariance[group], expected["cov"]["matrix"], rtol=1e-11, atol=1e-12)
        if reference.model.has_means:
            assert moments.mean is not None
            np.testing.assert_allclose(moments.mean[group], expected["mean"]["values"], rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("reference", NAMES, indirect=True)
def test_degrees_of_freedom_equal_those_of_lavaan(reference: Reference) -> None:
    report = check_identification(reference.model)
    assert report.df == reference.case["fit_measures"]["df"]


@pytest.mark.parametrize("reference", ["poldem_sem", "mg_scalar", "path_med_fixedx", "composite"], indirect=True)
def test_batches_equal_single_points(reference: Reference) -> None:
    rng = np.random.default_rng(1)
    points = reference.x * rng.uniform(0.9, 1.1, (4, len(reference.x)))
    stacked = compute_moments(reference.model, points)
    for number, point in enumerate(points):
        single = compute_moments(reference.model, point)
        np.testing.assert_allclose(stacked.covariance[number], single.covariance, rtol=1e-12, atol=1e-13)
        np.testing.assert_allclose(stacked.all_covariance[number], single.all_covariance, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("reference", ["poldem_sem"], indirect=True)
def test_matrices_hold_every_free_value_once(reference: Reference) -> None:
    marked = np.arange(1.0, len(reference.x) + 1.0) * 1000.0
    matrices = compute_matrices(reference.model, marked)
    found = [*matrices.directed.ravel(), *matrices.symmetric[0][np.tril_indices(len(reference.model.variables))]]
    assert sorted(value for value in found if value >= 1000.0) == marked.tolist()


@pytest.mark.parametrize("reference", NAMES, indirect=True)
def test_a_model_in_other_units_has_the_same_moments_in_these_units(reference: Reference) -> None:
    model, x = reference.model, reference.x
    scale = np.exp(np.random.default_rng(3).normal(size=model.n_variables))
    moments = compute_moments(model, x)
    measured = compute_moments(model.in_units(scale), x / model.compute_units(scale))
    observed = scale[: model.n_observed]
    np.testing.assert_allclose(
        measured.covariance * observed[:, None] * observed, moments.covariance, rtol=1e-9, atol=1e-10
    )
    if moments.mean is not None and measured.mean is not None:
        np.testing.assert_allclose(measured.mean * observed, moments.mean, rtol=1e-9, atol=1e-10)


@pytest.mark.parametrize("reference", NAMES, indirect=True)
def test_a_model_in_other_units_is_what_its_table_builds(reference: Reference) -> None:
    scale = np.exp(np.random.default_rng(4).normal(size=reference.model.n_variables))
    measured = reference.model.in_units(scale)
    labelless = tuple(row._replace(label="") for row in measured.table.rows)
    built = build_model(replace(measured.table, rows=labelless))
    for name in ("directed", "symmetric", "intercepts"):
        np.testing.assert_array_equal(getattr(measured, name), getattr(built, name))
    assert [row.ustart for row in measured.parameters] == [row.ustart for row in built.parameters]


@pytest.mark.parametrize("reference", ["composite"], indirect=True)
def test_cells_that_follow_from_weights_are_found_for_a_stack_at_once(reference: Reference) -> None:
    assert_stacks_equal_points(reference.model, reference.x)
