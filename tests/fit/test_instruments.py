"""Estimation by instruments: lavaan's numbers, what the certificate says, and plain words where it does not go."""

import json

import numpy as np
import pandas as pd
import pytest

from sem_toolkit.comparison import build_nested_table
from sem_toolkit.diagnostics import DataError, ModelError, OptionError
from sem_toolkit.fit import Fit, fit
from sem_toolkit.report.tables import TABLES, build_table_of
from tests.support import DATA, ORACLES, near, row_key

CASES = sorted(path.stem for path in (ORACLES / "stages").glob("iv_*.json"))
CFA = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9"


@pytest.fixture(scope="module", params=CASES)
def fitted(request) -> tuple[Fit, dict]:
    case = json.loads((ORACLES / "stages" / f"{request.param}.json").read_text())
    return fit(case["spec"], DATA / case["data"], **case["options"]), case


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    return pd.read_csv(DATA / "hs.csv")


def test_the_certificate_claims_no_optimum(fitted):
    found, case = fitted
    certificate = found.certificate
    assert certificate.verdict == ("improper" if case["id"] == "iv_ho" else "solved")  # a negative variance
    assert certificate.way == "closed form"
    assert certificate.gradient_max < 1e-12
    assert certificate.hessian_min_eig > 1e-3
    assert certificate.standing == "a closed form"


def test_parameters_and_standard_errors(fitted):
    found, case = fitted
    mine = {row_key(row): row for row in found.to_dict()["parameters"]}
    for row in case["parameters"]:
        own = mine[row_key(row)]
        assert near(own["est"], row["est"], 5e-5, 5e-5), row_key(row)
        assert near(own["se"], row["se"], 1e-4, 1e-6), row_key(row)


def test_standardised_solution(fitted):
    found, case = fitted
    mine = {row_key(row): row for row in found.standardized.to_dict("records")}
    for row in case["standardized"]:
        if row["op"] != "|~":
            assert near(mine[row_key(row)]["est.std"], row["est_std"], 1e-4, 5e-5), row_key(row)
            assert near(mine[row_key(row)]["se"], row["se"], 5e-4, 1e-6), row_key(row)


def test_fit_measures(fitted):
    found, case = fitted
    for name, value in case.get("fit_measures", {}).items():
        if name != "fmin":
            assert near(found.fit_measures.get(name), value, 1e-4, 1e-5), name


def test_browne_test(fitted):
    found, case = fitted
    ours = {test.test: test for test in found.tests}
    for test in case["tests"]:
        if test["test"].startswith("browne"):
            assert near(ours[test["test"]].stat, test["stat"], 1e-4, 1e-6)
            assert ours[test["test"]].df == test["df"]
    assert np.isnan(ours["standard"].stat) if "standard" in ours else True


def test_instruments(fitted):
    """lavaan lists an equation for an intercept that is fixed at 0 as well, and calls pruned instruments the user's."""
    found, case = fitted
    ours = {(row.get("group", 1), row["lhs"]): row for row in found.to_dict(everything=True)["instruments"]}
    for row in case["instruments"]:
        own = ours.pop((row.get("group", 1), row["lhs"]), None)
        if own is None:
            assert row["rhs"] == "1"
            continue
        left_out = {"type"} if "iv_weak" in str(case["options"]) else set()
        assert {name: own[name] for name in row if name not in left_out} == {
            name: value for name, value in row.items() if name not in left_out
        }
    assert not ours


def test_sargan(fitted):
    found, case = fitted
    ours = found.to_dict(everything=True)["sargan"]
    assert len(ours) == len(case["sargan"])
    for own, row in zip(ours, case["sargan"], strict=True):
        for name, value in row.items():
            assert own[name] == value if isinstance(value, str) else near(own[name], value, 1e-4, 1e-6), name


def test_weak_instruments_are_named(rows):
    found = fit(CFA, rows, estimator="IV")
    (message,) = (entry for entry in found.messages if entry.code == "weak-instruments")
    assert "x8 ~ speed (F = 8.3)" in message.message
    pruned = fit(CFA, rows, estimator="IV", iv_weak="prune")
    assert "without x3, x6" in next(m.message for m in pruned.messages if m.code == "instruments-pruned")
    assert not any(m.code == "weak-instruments" for m in fit(CFA, rows, estimator="IV", iv_weak="none").messages)


def test_an_instrument_from_outside_the_model():
    """Adding it to the model as a correlate of everything is another way to the same coefficients."""
    spec = "y1 ~ m\ny2 ~ y1"
    data = pd.read_csv(DATA / "mediation.csv")
    found = fit(f"{spec}\ny1 |~ x1 + x2\ny2 |~ x1 + x2 + m", data, estimator="IV")
    z = data[["x1", "x2"]].to_numpy() - data[["x1", "x2"]].to_numpy().mean(axis=0)
    x, y = data["m"] - data["m"].mean(), data["y1"] - data["y1"].mean()
    forecast = z @ np.linalg.lstsq(z, x, rcond=None)[0]
    slope = (forecast @ y) / (forecast @ forecast)
    error = np.sqrt(np.sum((y - slope * x) ** 2) / (len(y) - 2) / (forecast @ forecast))
    row = found.parameters.iloc[0]
    assert row["est"] == pytest.approx(slope, rel=1e-10)
    assert row["se"] == pytest.approx(error, rel=1e-10)
    assert found.fit_measures["npar"] == 5
    assert "x1" not in found.sample.variables


def test_free_of_distribution(rows):
    """The delta method with the sample's own fourth moments: near the standard errors of normal theory here."""
    plain = fit(CFA, rows, estimator="IV").parameters["se"].to_numpy()
    robust = fit(CFA, rows, estimator="IV", se="robust.sem").parameters["se"].to_numpy()
    assert not np.allclose(plain, robust, rtol=1e-3)
    assert (np.abs(np.log(robust[plain > 0] / plain[plain > 0])) < np.log(2.0)).all()


@pytest.mark.parametrize(
    ("spec", "options", "error", "code", "named"),
    [
        (f"{CFA}\nx2 |~ nowhere", {}, ModelError, "unknown-instrument", "nowhere"),
        (f"{CFA}\nx2 |~ textual", {}, ModelError, "unknown-instrument", "textual"),
        (f"{CFA}\nageyr |~ x1", {}, ModelError, "unknown-equation", "ageyr"),
        (f"{CFA}\nspeed ~ visual + textual\nspeed |~ x2", {}, ModelError, "too-few-instruments", "speed ~ visual"),
        (CFA, {"std_lv": True}, ModelError, "no-scaling-indicator", "visual"),
        ("visual =~ x1 + a*x2 + x3\na > 0.1\na < 3\nb := a", {}, ModelError, "constraint-with-instruments", "bounds"),
        ("visual =~ x1 + a*x2 + x3\nx1 ~~ b*x1\na == b", {}, ModelError, "constraint-with-instruments", "variances"),
        ("C <~ x1 + x2\nx4 ~ C\nx5 ~ C", {}, ModelError, "composites-with-instruments", "composite"),
        (CFA, {"se": "robust.huber.white"}, OptionError, "instruments-se", "robust.huber.white"),
        (CFA, {"test": "satorra.bentler"}, OptionError, "instruments-test", "satorra.bentler"),
        (CFA, {"engine": "semopy"}, OptionError, "instruments-engine", "semopy"),
        (CFA, {"missing": "ml"}, OptionError, "missing-estimator", "IV"),
        (f"{CFA}\nx2 |~ x3", {"estimator": "ML"}, OptionError, "instruments-unused", "x2 |~ x3"),
        (CFA, {"estimator": "ML", "iv_weak": "prune"}, OptionError, "option-without-effect", "iv_weak"),
    ],
)
def test_faults(rows, spec, options, error, code, named):
    with pytest.raises(error) as caught:
        fit(spec, rows, **({"estimator": "IV"} | options))
    entry = next(d for d in caught.value.diagnostics if d.code == code)
    assert named in entry.message


def test_tables_that_need_a_minimum_say_so(rows):
    found = fit(f"{CFA}\nspeed ~ a*visual + a*textual", rows, estimator="IV")
    for name in TABLES:
        try:
            build_table_of(found, name)
        except (ModelError, DataError) as fault:
            codes = {entry.code for entry in fault.diagnostics}
            allowed = {"nothing-minimised", "not-a-path-model", "complete-rows", "no-levels"}
            assert name not in {"parameters", "standardized", "fit_measures", "r2", "residuals", "effects", "sargan"}
            assert codes & allowed or name in {"patterns", "coverage", "local_tests"}, (name, codes)
    assert "modification_indices" not in found.to_dict(everything=True)
    assert "nothing was minimised" in found.summary(extras=["modification"])


def test_no_difference_of_statistics(rows):
    rights = {"a": "visual + textual", "b": "visual"}
    fits = {name: fit(f"{CFA}\nspeed ~ {right}", rows, estimator="IV") for name, right in rights.items()}
    with pytest.raises(ModelError, match="minimise nothing"):
        build_nested_table(fits, check=False)
