"""Standard errors, information and tests asked for by hand: what lavaan 0.7-3 makes of them (three-factor CFA)."""

import json

import pytest

from sem_toolkit.fit import Fit, fit
from sem_toolkit.inference import resolve_inference_options
from tests.support import ORACLES

HS = ORACLES / "data" / "hs.csv"
MODEL = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9"


PATH = "m ~ a1*x1 + a2*x2\ny1 ~ b1*m + c1*x1\ny2 ~ b2*m + c2*x2"


def fit_hs(**options: object) -> Fit:
    return fit(MODEL, HS, call="cfa", **options)


@pytest.mark.parametrize(
    ("options", "se"),
    [
        ({"estimator": "MLR", "se": "standard"}, 0.0996651187683112),
        ({"estimator": "MLR", "se": "robust.sem"}, 0.103289460213918),
        ({"estimator": "MLM", "se": "robust.huber.white"}, 0.132077906461934),
        ({"se": "first.order"}, 0.104455300197689),
        ({"se": "first.order", "information": "observed"}, 0.104455300197689),
    ],
)
def test_information_follows_the_kind_of_standard_errors(options: dict[str, str], se: float) -> None:
    assert fit_hs(**options).parameters["se"][1] == pytest.approx(se, rel=5e-6)


def test_a_second_test_does_not_take_the_place_of_the_estimators_own() -> None:
    found = fit_hs(estimator="MLM", test="mean.var.adjusted")
    assert [test.test for test in found.tests] == ["standard", "satorra.bentler", "mean.var.adjusted"]
    assert found.fit_measures["chisq.scaled"] == pytest.approx(80.8717834914071, rel=1e-6)
    assert found.tests[2].stat == pytest.approx(67.22765784953883, rel=1e-6)


@pytest.mark.parametrize(
    ("asked", "main", "more"),
    [
        (None, "yuan.bentler.mplus", ()),
        (["browne.residual.adf", "standard"], "yuan.bentler.mplus", ("browne.residual.adf",)),
        (["scaled.shifted", "mvs"], "yuan.bentler.mplus", ("scaled.shifted", "mean.var.adjusted")),
    ],
)
def test_tests_of_a_robust_estimator(asked: list[str] | None, main: str, more: tuple[str, ...]) -> None:
    chosen = resolve_inference_options("MLR", test=asked)
    assert (chosen.test, chosen.more_tests) == (main, more)


def test_a_scaled_test_among_several_makes_the_fit_measures() -> None:
    chosen = resolve_inference_options("ML", test=["browne.residual.adf", "satorra.bentler"])
    assert (chosen.test, chosen.more_tests) == ("satorra.bentler", ("browne.residual.adf",))


def test_factors_of_the_yuan_bentler_test() -> None:
    measures = fit_hs(test="yuan.bentler").fit_measures
    assert measures["chisq.scaling.factor"] == pytest.approx(1.05482429207261, rel=1e-6)
    assert measures["scaling.factor.h1"] == pytest.approx(1.05101012628908, rel=1e-6)
    assert measures["scaling.factor.h0"] == pytest.approx(1.06209411503329, rel=1e-6)


def test_residuals_are_robust_where_a_test_is() -> None:
    z = fit_hs(test="satorra.bentler").residuals[0].cov_z
    assert z[0, 1:4] == pytest.approx([-2.02858309697929, -0.943356825555226, 2.44562784381858], rel=1e-4)


def test_limits_of_rmsea_below_one_degree_of_freedom() -> None:
    measures = fit("x1 ~ b*x2 + b*x3", HS, estimator="MLM").fit_measures
    assert measures["rmsea.scaled"] == pytest.approx(0.152790055213687, rel=1e-6)
    assert (measures["rmsea.ci.lower.scaled"], measures["rmsea.ci.upper.scaled"]) == (0.0, 0.0)


@pytest.mark.parametrize(("estimator", "scaling"), [("MLM", 1.10214645744874), ("MLR", 1.04120687665501)])
def test_active_inequalities_hold_as_equalities_in_scaled_tests(estimator: str, scaling: float) -> None:
    found = fit(MODEL.replace("x2", "a*x2") + "\na > 0.7", HS, call="cfa", estimator=estimator)
    assert found.certificate.verdict == "converged at a boundary"
    assert found.fit_measures["chisq.scaling.factor"] == pytest.approx(scaling, rel=1e-5)


def test_without_a_test_there_is_no_statistic() -> None:
    found, plain = fit_hs(test="none"), fit_hs()
    assert not {"chisq", "df", "pvalue", "cfi", "rmsea"} & set(found.fit_measures)
    assert found.fit_measures["logl"] == pytest.approx(-3737.7449266262, rel=1e-9)
    assert [test.test for test in found.tests] == ["none"]
    assert found.parameters["se"].tolist() == plain.parameters["se"].tolist()
    assert json.loads(json.dumps(found.to_dict(everything=True), allow_nan=False))["tests"][0]["stat"] is None


@pytest.mark.parametrize(
    ("data", "model", "options", "stat"),
    [
        (HS, MODEL, {"group": "school", "group_equal": ["loadings", "intercepts"]}, 126.111849),
        ("mediation.csv", PATH, {}, 1.02365586033),
        ("mediation.csv", PATH, {"estimator": "ULS"}, 1.084523086924),
        ("mediation.csv", PATH, {"estimator": "GLS"}, 1.02785137382),
    ],
)
def test_residual_test_based_on_the_model(data: str, model: str, options: dict[str, object], stat: float) -> None:
    found = fit(model, HS.parent / data, test="browne.residual.adf.model", **options)
    assert {test.test: test.stat for test in found.tests}["browne.residual.adf.model"] == pytest.approx(stat, rel=1e-6)


@pytest.mark.parametrize(
    ("options", "stat", "factor"),
    [
        ({"estimator": "ULS", "test": "satorra.bentler"}, 92.9271423302, 0.775857492499),
        ({"estimator": "ULS", "test": "satorra.bentler", "se": "robust.sem"}, 90.5997414544, 0.795788359614),
        ({"estimator": "DWLS", "ordered": False, "test": "satorra.bentler"}, 93.7062258640173, 0.458902934379262),
        ({"estimator": "ULS", "test": "scaled.shifted"}, 78.5726474302342, 0.979934863556511),
        ({"estimator": "ULS", "test": "mean.var.adjusted"}, 58.2521663427914, 1.23769164582086),
    ],
)
def test_scaled_tests_of_least_squares_follow_their_standard_errors(
    options: dict[str, object], stat: float, factor: float
) -> None:
    found = fit_hs(**options).tests[1]
    assert (found.stat, found.scaling_factor) == pytest.approx((stat, factor), rel=2e-6)


def test_residuals_of_least_squares_follow_their_standard_errors_too() -> None:
    z = fit_hs(estimator="ULS", test="satorra.bentler").residuals[0].cov_z
    assert z[0, 1:4] == pytest.approx([-1.87045733922597, -0.581505337940593, 2.54104268913638], rel=1e-4)


@pytest.mark.parametrize(
    ("options", "beside"),
    [
        ({"estimator": "ML", "weighted": True}, ("browne.residual.adf",)),
        ({"estimator": "MLF", "weighted": True}, ("browne.residual.adf",)),
        ({"estimator": "GLS", "weighted": True}, ("browne.residual.adf",)),
        ({"estimator": "MLR", "weighted": True}, ()),
        ({"estimator": "ML", "weighted": True, "missing": "ml"}, ()),
        ({"estimator": "ML", "weighted": True, "clustered": True}, ()),
        ({"estimator": "ML", "weighted": True, "test": "standard"}, ()),
        ({"estimator": "WLSMV", "categorical": True, "clustered": True}, ("satorra.bentler",)),
        ({"estimator": "WLSM", "categorical": True, "clustered": True}, ()),
        ({"estimator": "WLSMV", "categorical": True, "weighted": True}, ()),
    ],
    ids=str,
)
def test_tests_beside_the_main_one_are_lavaans(options: dict[str, object], beside: tuple[str, ...]) -> None:
    assert resolve_inference_options(**options).more_tests == beside
