"""Modification indices: what is standardised, and what cannot be."""

import json

import numpy as np
import pytest

from sem_toolkit import fit
from tests.support import ORACLES


@pytest.mark.parametrize("name", ["mg_regression", "path_med_fixedx", "growth_tvc"])
def test_covariances_of_fixed_variables_have_no_standardised_change(name: str) -> None:
    """With complete rows they tell nothing: lavaan gives NA, and a ratio of two roundings was shown."""
    case = json.loads((ORACLES / "cases" / f"{name}.json").read_text())
    found = fit(case["spec"], ORACLES / "data" / case["data"], **case["options"]).modification_indices
    given = found[(found["op"] == "~~") & (found["lhs"] != found["rhs"]) & (found["mi"] < 1e-20)]
    assert len(given) > 0
    assert np.isnan(given["sepc.all"]).all()
    assert np.allclose(given["sepc.nox"], 0.0, atol=1e-12)
