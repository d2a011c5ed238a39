"""Data that no model fits: a verdict or a message, and neither a warning of NumPy's nor a traceback."""

import warnings

import numpy as np
import pandas as pd
import pytest

from sem_toolkit.diagnostics import DataError
from sem_toolkit.estimation.instruments.first_stage import Space
from sem_toolkit.fit import fit
from sem_toolkit.inference.measures.residual_indices import compute_residual_indices


@pytest.fixture
def frame() -> pd.DataFrame:
    rng = np.random.default_rng(6)
    factor = rng.normal(size=(200, 1))
    return pd.DataFrame(factor + rng.normal(size=(200, 6)), columns=[f"x{i}" for i in range(1, 7)])


@pytest.fixture(autouse=True)
def no_warnings():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def test_a_search_that_ends_where_the_implied_matrix_is_singular_has_a_verdict(frame: pd.DataFrame) -> None:
    frame["x1"] *= 1e-9
    found = fit("f =~ a*x1 + a*x2 + x3\nf ~~ 1*f\na > 0.2", frame)
    assert not found.certified
    assert "no optimum found" in found.summary()
    assert found.parameters.loc[found.parameters["se"] != 0.0, "se"].isna().all()


def test_equations_of_instruments_are_solved_in_any_units_or_refused() -> None:
    space = Space(np.arange(2), np.eye(2), np.zeros(2))
    scale = np.array([1.0, 1e12])
    square, right = np.array([[2.0, 1.0], [1.0, 2.0]]) * np.outer(scale, scale), np.array([1.0, -1.0]) * scale
    np.testing.assert_allclose(space.project(square, right) * scale, [1.0, -1.0], rtol=1e-12)
    with pytest.raises(DataError, match="no unique solution"):
        space.project(np.ones((2, 2)), right)


def test_negative_implied_variances_leave_residual_correlations_empty() -> None:
    implied = np.array([[[-1.0, 0.2], [0.2, 1.0]]])
    found = compute_residual_indices(np.eye(2)[None], implied)
    assert np.isnan(found["crmr"]).all()
    np.testing.assert_allclose(found["rmr"], np.sqrt((4.0 + 0.04) / 3.0))
