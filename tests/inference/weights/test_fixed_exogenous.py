"""Exogenous variables fixed by hand where least squares leaves them free: what lavaan 0.7-3 makes of a path model."""

import pandas as pd
import pytest

from sem_toolkit.fit import Fit, fit
from tests.support import ORACLES

DATA = ORACLES / "data" / "mediation.csv"
MODEL = "m ~ a1*x1 + a2*x2\ny1 ~ b1*m + c1*x1\ny2 ~ b2*m + c2*x2"


def fit_path(**options: object) -> Fit:
    return fit(MODEL, DATA, fixed_x=True, **options)


@pytest.mark.parametrize(
    ("estimator", "estimate", "se", "chisq", "baseline"),
    [
        ("GLS", 0.4303672056321, 0.0645202004546, 0.9511399846951, 82.3899731587277),
        ("ULS", 0.445835687904, 0.066244414039, 0.965195773008, 82.389973158727),
        ("WLS", 0.4297964547931, 0.0703364329621, 1.0507739386030, 68.1317997910522),
        ("DWLS", 0.4423970945201, 0.0654410460094, 0.9660560948488, 82.3899731587269),
    ],
)
def test_weights_are_conditional_on_them(
    estimator: str, estimate: float, se: float, chisq: float, baseline: float
) -> None:
    found = fit_path(estimator=estimator, ordered=False)
    assert found.parameters.loc[0, ["est", "se"]].tolist() == pytest.approx([estimate, se], rel=2e-6)
    assert found.fit_measures["chisq"] == pytest.approx(chisq, rel=2e-6)
    assert found.fit_measures["baseline.chisq"] == pytest.approx(baseline, rel=2e-6)


def test_units_do_not_matter_to_conditional_weights() -> None:
    scaled = MODEL.replace("x1", "big")

    data = pd.read_csv(DATA)
    data["big"] = 1e4 * data["x1"]
    assert fit(scaled, data, fixed_x=True, estimator="WLS").fit_measures["chisq"] == pytest.approx(
        1.0507739386030, rel=2e-6
    )


def test_unweighted_least_squares_weighs_their_moments_too() -> None:
    found = fit_path(estimator="ULS")
    assert found.fit_measures["gfi_lisrel"] == pytest.approx(0.999644779329845, rel=1e-8)
    rows = found.modification_indices.set_index(["lhs", "op", "rhs"])
    assert rows.loc[("x1", "~", "y2"), "mi"] == pytest.approx(0.409056053531604, rel=1e-5)


def test_distribution_free_residual_test_is_conditional() -> None:
    found = {test.test: test.stat for test in fit_path(test="browne.residual.adf").tests}
    assert found["browne.residual.adf"] == pytest.approx(1.04812853919, rel=1e-6)


def test_residuals_by_first_order_information_are_conditional() -> None:
    z = fit_path(estimator="MLF").residuals[0].cov_z
    assert z[2, 3] == pytest.approx(0.861868003785639, rel=1e-4)
