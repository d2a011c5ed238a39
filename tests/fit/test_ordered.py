"""Fits of ordered variables against lavaan 0.7-2, table by table; tolerances are ten times those of numeric ones."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from sem_toolkit import Fit, ModelError, fit
from sem_toolkit.comparison.nested import build_nested_table
from sem_toolkit.fit.records import build_fit_record
from sem_toolkit.inference.exact_fit.scaled import shift_test
from sem_toolkit.inference.exact_fit.statistics import TestStatistic
from sem_toolkit.report.tables import build_table_of
from sem_toolkit.sample import read_table
from tests.support import DATA, ORACLES, near, row_key

FOLDER = ORACLES / "categorical"
CASES = sorted(path.stem for path in FOLDER.glob("*.json"))
# The robust CFI of lavaan takes the df of all statistics for those of the correlations: docs/differences.md.
OTHERWISE = {
    "mg_ordinal_scalar_theta": {"cfi.robust", "tli.robust", "nnfi.robust", "rni.robust"},
}


def read(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8"))


def fit_case(case: dict[str, Any], **more: object) -> Fit:
    options = {**case["options"], **more}
    return fit(case["spec"], DATA / case["data"], engine="native", **options)


@cache
def fit_named(name: str) -> tuple[dict[str, Any], Fit, dict[str, Any]]:
    case = read(FOLDER / f"{name}.json")
    found = fit_case(case)
    return case, found, build_fit_record(found, everything=True)


def index(rows: list[dict[str, Any]]) -> dict[tuple[str, str, str, int], dict[str, Any]]:
    return {row_key(row): row for row in rows}


@pytest.mark.parametrize("name", CASES)
def test_estimates_and_standard_errors_are_lavaans(name: str) -> None:
    case, found, record = fit_named(name)
    assert found.converged
    assert found.certificate.gradient_max < 1e-8
    ours = index(record["parameters"])
    for row in case["parameters"]:
        if row["op"] in {"==", "<", ">"}:
            continue
        mine = ours[row_key(row)]
        for column in ("est", "std_lv", "std_all", "std_nox"):
            assert near(mine[column], row.get(column), 1e-4, 2e-4), (row, column, mine[column])
        assert near(mine["se"], row["se"], 5e-4, 1e-6), (row, mine["se"])


@pytest.mark.parametrize("name", CASES)
def test_fit_measures_are_lavaans(name: str) -> None:
    case, found, _ = fit_named(name)
    for measure, value in case["fit_measures"].items():
        if value is None or measure in OTHERWISE.get(name, ()):
            continue
        assert near(found.fit_measures.get(measure), value, 2e-4, 1e-4), measure


@pytest.mark.parametrize("name", CASES)
def test_what_follows_from_the_estimates_is_lavaans(name: str) -> None:
    case, found, record = fit_named(name)
    ours = index(record["standardized"])
    for row in case["standardized"]:
        mine = ours[row_key(row)]
        assert near(mine["est_std"], row["est_std"], 5e-4, 2e-4), row
        assert near(mine["se"], row["se"], 1e-3, 1e-5), row
    if isinstance(next(iter(case["r2"].values())), float):
        assert record["r2"] == pytest.approx(case["r2"], rel=5e-4, abs=1e-4)
    for mine, theirs in zip(record["implied_cov"], case["implied_cov"], strict=True):
        for key in ("cov", "res.cov"):
            if key in theirs:
                np.testing.assert_allclose(mine[key]["matrix"], theirs[key]["matrix"], rtol=1e-4, atol=1e-4)
    for mine, theirs in zip(record["residuals_cor"], case.get("residuals_cor", []), strict=False):
        for key in ("cov", "cov.z", "res.cov", "res.cov.z"):
            if key in theirs:
                off = ~np.eye(len(theirs[key]["matrix"]), dtype=bool)
                values = np.nan_to_num(np.array(mine[key]["matrix"], dtype=float)[off])  # z of what is always 0
                expected = np.array(theirs[key]["matrix"], dtype=float)[off]
                np.testing.assert_allclose(values, expected, rtol=2e-3, atol=5e-3)
    assert found.certificate.admissible or found.messages


@pytest.mark.parametrize("name", [name for name in CASES if name != "ord_fixed_thresholds"])
def test_modification_indices_are_lavaans(name: str) -> None:
    case, _, record = fit_named(name)
    ours = index(record["modification_indices"])
    for row in case.get("modification_indices", []):
        mine = ours[row_key(row)]
        assert near(mine["mi"], row["mi"], 5e-3, 1e-3), row
        assert near(mine["epc"], row["epc"], 5e-3, 1e-4), row


def test_a_modification_index_of_an_intercept_is_no_larger_than_what_is_minimised() -> None:
    """lavaan 0.7-2 has 6 078 for u1 ~ 1 here, of a χ² of 92.5; freeing it brings χ² down by 81.7."""
    case, found, record = fit_named("ord_fixed_thresholds")
    theirs, mine = index(case["modification_indices"]), index(record["modification_indices"])
    key = ("u1", "~1", "", 1)
    assert theirs[key]["mi"] > 6000.0
    freed = fit_case(case | {"spec": case["spec"] + "\nu1 ~ NA*1"})
    gain = found.fit_measures["chisq"] - freed.fit_measures["chisq"]
    assert mine[key]["mi"] == pytest.approx(gain, rel=5e-3)


@pytest.mark.parametrize("name", ["lrt_ordinal_wlsmv", "lrt_ordinal_onegroup", "lrt_ordx_groups"])
def test_difference_tests_are_lavaans(name: str) -> None:
    case = read(FOLDER / "comparisons" / f"{name}.json")
    fits = {model["name"]: fit_case(case | model) for model in case["models"]}
    words = {"method": "method", "a_method": "reference", "scaled_shifted": "shifted"}
    for result in case["results"]:
        table = build_nested_table(fits, **{words[key]: value for key, value in result["arguments"].items()})
        for mine, theirs in zip(table.to_dict("records"), result["table"], strict=True):
            assert mine["Chisq"] == pytest.approx(theirs["Chisq"], rel=1e-5)
            if theirs["Chisq_diff"] is not None:
                assert mine["Chisq.diff"] == pytest.approx(theirs["Chisq_diff"], rel=1e-4), result["arguments"]
                assert mine["Df.diff"] == pytest.approx(theirs["Df_diff"], rel=1e-5)


def test_score_tests_of_equalities_are_lavaans() -> None:
    case = read(FOLDER / "comparisons" / "score_ordx.json")
    found = fit_case(case).score_tests
    expected = case["score_all_constraints"]
    assert found.stat == pytest.approx(expected["test"][0]["X2"], rel=1e-5)
    assert found.univariate["X2"].tolist() == pytest.approx([row["X2"] for row in expected["uni"]], rel=1e-5)


@pytest.mark.parametrize("name", ["fs_ordx_2to7", "fs_ordx_mg", "fs_ordx_mixed", "fs_ordx_theta"])
def test_factor_scores_are_lavaans(name: str) -> None:
    case = read(FOLDER / "factor_scores" / f"{name}.json")
    found = fit_case(case)
    for method, ours in (("ebm", "regression"), ("ml", "bartlett")):
        for mine, theirs in zip(found.factor_scores(ours), case.get(method, []), strict=False):
            chosen = [mine.names.index(column) for column in theirs["columns"]]
            expected = np.array(theirs["rows"], dtype=float)
            np.testing.assert_allclose(mine.scores[: len(expected), chosen], expected, atol=2e-4)
            if method == "ebm":
                np.testing.assert_allclose(mine.scores[:, chosen].mean(axis=0), theirs["mean"], atol=1e-5)


@pytest.mark.parametrize("name", ["rel_ordinal", "rel_ordx_2to7"])
def test_reliability_is_semtools(name: str) -> None:
    case = read(FOLDER / "semtools" / f"{name}.json")
    found = fit_case(case).reliability[0]
    table = dict(zip(case["reliability_table"]["rows"], case["reliability_table"]["matrix"], strict=True))
    by_name = {
        "alpha": table["alpha"],
        "alpha_response": table["alpha.ord"],
        "omega": [case["omega_obs_var"][factor] for factor in found.factors],
        "omega_model": [case["omega_model_var"][factor] for factor in found.factors],
        "omega_response": [case["omega_obs_var_latent_response"][factor] for factor in found.factors],
        "ave": [case["ave"][factor] for factor in found.factors],
    }
    for measure, expected in by_name.items():
        np.testing.assert_allclose(getattr(found, measure), expected, rtol=2e-6)


def test_both_parameterizations_say_the_same() -> None:
    case = read(FOLDER / "ord_wlsmv_small.json")
    delta, theta = fit_case(case), fit_case(case, parameterization="theta")
    assert theta.fit_measures["chisq"] == pytest.approx(delta.fit_measures["chisq"], rel=1e-9)
    assert theta.fit_measures["chisq.scaled"] == pytest.approx(delta.fit_measures["chisq.scaled"], rel=1e-7)
    mine, other = (fitted.standardized.set_index(["lhs", "op", "rhs"])["est.std"] for fitted in (delta, theta))
    loadings = [key for key in mine.index if key[1] == "=~"]
    np.testing.assert_allclose(other.loc[loadings], mine.loc[loadings], rtol=1e-6)


def test_the_order_of_a_models_variables_changes_nothing() -> None:
    case = read(FOLDER / "ord_mixed.json")
    turned = case["spec"].replace("u1 + u2 + u3 + c1 + c2", "c2 + u3 + c1 + u2 + u1")
    assert turned != case["spec"]
    one, other = fit_case(case, std_lv=True), fit_case(case | {"spec": turned}, std_lv=True)
    for measure in ("chisq", "chisq.scaled", "cfi.scaled", "srmr", "baseline.chisq.scaled"):
        assert other.fit_measures[measure] == pytest.approx(one.fit_measures[measure], rel=1e-7), measure


def test_moments_of_covariates_are_lavaans() -> None:
    """With divisor n − 1, as in the parameter table."""
    _, _, record = fit_named("ordx_mimic_condx")
    expected = [[1.1082868626, 0.0174869889], [0.0174869889, 0.2451358109]]
    for block in ("sample_cov", "implied_cov"):
        assert record[block][0]["cov.x"]["names"] == ["x", "d"]
        np.testing.assert_allclose(record[block][0]["cov.x"]["matrix"], expected, rtol=1e-8)


def test_expected_changes_of_ordered_mediators_do_not_hang_on_the_parameterization() -> None:
    """lavaan's standardised change of `mo ~ y` is −.300 with delta where it is −.703 with theta, in data like these."""
    spec = "mo ~ x + d\ny ~ mo\n"
    changes = []
    for parameterization in ("delta", "theta"):
        found = fit(spec, DATA / "ord2to7.csv", ordered="mo,y", parameterization=parameterization)
        rows = found.modification_indices.set_index(["lhs", "op", "rhs"])
        assert ("mo", "~~", "mo") not in rows.index  # freed, the scale of mo could be traded against its effects
        changes.append(rows.loc[("mo", "~", "y"), "sepc.all"])
    assert changes[0] == pytest.approx(changes[1], rel=1e-5)
    with pytest.raises(ModelError, match=r"not identified.*mo ~\*~ mo"):
        fit(spec + "mo ~*~ NA*mo\n", DATA / "ord2to7.csv", ordered="mo,y")


def test_eigenvalue_tests_have_no_statistic_of_normal_theory() -> None:
    _, found, _ = fit_named("ord_wlsmv_small")
    pvalues = found.compute_eigenvalue_tests()
    assert all(0.0 <= value <= 1.0 for value in pvalues.values())
    with pytest.raises(ModelError, match="no normal theory"):
        found.compute_eigenvalue_tests(reweighted=True)
    assert set(build_table_of(found, "eigenvalue_tests")["statistic"]) == {"discrepancy"}


def test_a_scaled_test_with_a_negative_trace_is_none() -> None:
    """The mean and variance of χ² by an indefinite weight: there is no shift (lavaan: NA)."""
    standard = TestStatistic("standard", 10.0, 4.0, 0.04)
    assert np.isnan(shift_test(standard, np.ones(1), 3.0, -0.5).stat)


def test_a_slope_that_is_fixed_makes_no_covariate_of_its_outcome() -> None:
    """Slopes on covariates are marked as exogenous, but only moments of covariates are given (lavaan 0.7-2)."""
    data = read_table(DATA / "hs.csv")
    for name in ("x1", "x4", "x7", "x9"):
        data[name] = pd.cut(data[name].astype(float), 4, labels=False) + 1
    found = fit("x7 ~ 0*x1 + x4\nx9 ~ x7 + x1", data, ordered=["x7", "x9"], engine="native")
    assert found.solution.model.exogenous == (2, 3)
    assert found.fit_measures["chisq"] == pytest.approx(0.378, abs=5e-4)
    assert found.fit_measures["chisq.scaled"] == pytest.approx(0.415, abs=5e-4)
    assert found.fit_measures["df"] == 2
