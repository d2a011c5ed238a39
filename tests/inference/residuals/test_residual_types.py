"""Residuals divided by their standard errors, in every type of lavaan's `residuals`."""

import json

import numpy as np
import pytest

from sem_toolkit.diagnostics import OptionError
from sem_toolkit.fit import fit
from sem_toolkit.inference import compute_residuals
from tests.support import ORACLES

HOLZINGER = ORACLES / "data" / "hs.csv"
MODEL = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9\n"
SURVEYS = json.loads((ORACLES / "residuals.json").read_text(encoding="utf-8"))
PLACES = ((1, 0), (2, 0), (3, 0), (6, 1), (8, 7))

# residuals(cfa(MODEL, HolzingerSwineford1939, estimator), type)$cov of lavaan 0.6-14; its data have more decimals.
LAVAAN = {
    ("ML", "standardized.mplus"): (-2.196354, -1.198838, 2.464624, -3.800322, np.nan),
    ("ML", "standardized"): (-1.996059, -0.996917, 2.679217, -3.654099, -4.132057),
    ("ML", "normalized"): (-0.492636, -0.125369, 1.159430, -3.272862, -0.503550),
    ("MLR", "standardized.mplus"): (-1.080454, -0.844768, np.nan, -4.397441, np.nan),
    ("MLR", "standardized"): (-1.085413, -0.268379, 2.015264, -3.699621, -2.861308),
    ("MLM", "standardized.mplus"): (-1.297815, -1.919857, 2.360079, -4.134217, -5.615101),
    ("MLM", "standardized"): (-2.028578, -0.943355, 2.445628, -3.971284, -3.889996),
    ("GLS", "standardized.mplus"): (2.790504, 4.782134, 2.736315, -3.788323, -4.470465),
}


@pytest.mark.parametrize(("estimator", "kind"), LAVAAN)
def test_standardised_residuals_are_those_of_lavaan(estimator, kind):
    result = fit(MODEL, HOLZINGER, call="cfa", estimator=estimator)
    found = compute_residuals(result.evaluated, kind, result.options.inference)[0].cov
    np.testing.assert_allclose([found[place] for place in PLACES], LAVAAN[estimator, kind], atol=5e-5)


def test_a_type_that_does_not_exist_is_named():
    result = fit(MODEL, HOLZINGER, call="cfa")
    with pytest.raises(OptionError, match=r'no residuals of type "standardised"'):
        compute_residuals(result.evaluated, "standardised")


@pytest.mark.parametrize("case", SURVEYS, ids=lambda case: f"{case['options']['estimator']}-{case['type']}")
def test_ordered_and_weighted_residuals_are_those_of_lavaan(case):
    """Frequencies count once in errors; the simplified ones take the estimates' own covariance matrix."""
    result = fit(case["spec"], ORACLES / "data" / "survey.csv", call="cfa", **case["options"])
    for found, reference in zip(result.compute_residuals(case["type"]), case["groups"], strict=True):
        matrix = found.cov_se if case["column"] == "se" else found.cov
        others = {f"{own.lhs}|{own.rhs}": own.value for own in found.others}
        for pair, value in reference["cov"].items():
            row, column = (found.variables.index(name) for name in pair.split())
            if value is not None and row != column:
                assert matrix[row, column] == pytest.approx(value, rel=1e-3, abs=1e-4), pair
        for name, value in reference.get("th", {}).items():
            if value is not None and name in others:
                assert others[name] == pytest.approx(value, rel=1e-3, abs=1e-4), name
