"""Random slopes: lavaan's and nlme's numbers, what follows where slopes do not vary, and what is refused."""

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest

from sem_toolkit.comparison import compare
from sem_toolkit.diagnostics import ModelError, OptionError, SemError
from sem_toolkit.fit import Fit, fit
from tests.support import DATA, ORACLES

CASES = {
    case["id"]: case for case in json.loads((ORACLES / "levels_slopes" / "cases.json").read_text(encoding="utf-8"))
}
SLOPE = 'level: 1\ny ~ rv("s")*x\nlevel: 2\ny ~ w\ns ~ w\ns ~~ y'


@pytest.fixture(scope="module")
def fits() -> dict[str, Fit]:
    """The cases, each fitted when it is first asked for."""

    class Fits(dict[str, Fit]):
        def __missing__(self, name: str) -> Fit:
            case = CASES[name]
            return self.setdefault(name, fit(case["spec"], DATA / case["data"], **case["options"]))

    return Fits()


def place(row: dict[str, Any]) -> tuple[str, str, str, int]:
    return row["lhs"], row["op"], row["rhs"], row["level"]


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.slow if name == "latent_outcome" else ()) for name in sorted(CASES)]
)
def test_lavaans_numbers(fits, name):
    """lavaan stops early; tolerances are 1 % of a standard error, and 1e-4 of an error."""
    found, case = fits[name], CASES[name]
    assert found.certificate.gradient_max < 1e-8
    assert found.fit_measures["logl"] >= case["fit_measures"]["logl"] - 1e-7
    for measure in ("npar", "ntotal", "logl", "aic", "bic", "bic2"):
        assert found.fit_measures[measure] == pytest.approx(case["fit_measures"][measure], rel=1e-8)
    ours = {place(row): row for row in found.parameters.to_dict("records")}
    assert set(ours) == {place(row) for row in case["parameters"] if not (row["op"] == "=~" and row["lhs"] == "s")}
    for row in case["parameters"]:
        if place(row) not in ours:
            continue
        own = ours[place(row)]
        assert own["est"] == pytest.approx(row["est"], abs=1e-2 * row["se"] + 1e-8)
        assert own["se"] == pytest.approx(row["se"], rel=1e-4)
        for column, theirs in (("std.lv", "std_lv"), ("std.all", "std_all")):
            assert own[column] == pytest.approx(row[theirs], rel=1e-3, abs=2e-4)


@pytest.mark.parametrize("name", ["one_slope", "latent_outcome", "latent_outcome_fiml"])
def test_lavaans_scores_of_clusters(fits, name):
    """lavaan adds intercepts between clusters, which have no score here."""
    scores = fits[name].factor_scores()[1]
    theirs = np.array(CASES[name]["scores"]["rows"])
    for k, column in enumerate(CASES[name]["scores"]["names"]):
        if column in scores.names:
            np.testing.assert_allclose(scores.scores[:5, scores.names.index(column)], theirs[:, k], atol=2e-4)


def test_a_linear_mixed_model(fits):
    """nlme: lme(y ~ x*w, random = ~ x | cl, method = "ML")."""
    found = fits["one_slope"]
    estimates = {place(row): row["est"] for row in found.parameters.to_dict("records")}
    assert found.fit_measures["logl"] == pytest.approx(-1890.84921867, abs=1e-7)
    expected = {
        ("y", "~1", "", 2): 0.95024459, ("s", "~1", "", 2): 0.46904121, ("y", "~", "w", 2): 0.43037439,
        ("s", "~", "w", 2): 0.35153894, ("y", "~~", "y", 2): 0.6569834, ("s", "~~", "s", 2): 0.2966927,
        ("y", "~~", "y", 1): 1.0097372,
    }  # fmt: skip
    for key, value in expected.items():
        assert estimates[key] == pytest.approx(value, rel=1e-4)


def test_slopes_that_do_not_vary_give_the_model_without_random_slopes():
    rows = pd.read_csv(DATA / "random_slopes.csv")
    fixed = fit('level: 1\ny ~ rv("s")*x\nlevel: 2\ny ~ w\ns ~~ 0*s', rows, cluster="cl")
    plain = fit("level: 1\ny ~ x\nlevel: 2\ny ~ w", rows, cluster="cl")
    assert fixed.fit_measures["logl"] == pytest.approx(plain.fit_measures["logl"], rel=1e-12)
    slope = fixed.parameters.query("lhs == 's' and op == '~1'").iloc[0]
    own = plain.parameters.query("lhs == 'y' and rhs == 'x'").iloc[0]
    np.testing.assert_allclose([slope["est"], slope["se"]], [own["est"], own["se"]], rtol=1e-6)


def test_units_of_the_variables_mean_nothing(fits):
    rows = pd.read_csv(DATA / "random_slopes.csv").assign(y=lambda d: d["y"] * 1000.0, x=lambda d: d["x"] * 0.01)
    found, usual = fit(SLOPE, rows, cluster="cl"), fits["one_slope"]
    change = len(rows) * np.log(1000.0)
    assert found.fit_measures["logl"] == pytest.approx(usual.fit_measures["logl"] - change, rel=1e-10)
    np.testing.assert_allclose(found.parameters["z"], usual.parameters["z"], rtol=5e-6)
    np.testing.assert_allclose(found.standardized["est.std"], usual.standardized["est.std"], rtol=1e-6, atol=1e-9)


def test_information_criteria_stand_beside_those_of_the_model_without_random_slopes():
    rows = pd.read_csv(DATA / "random_slopes.csv")
    specs = [SLOPE, "level: 1\ny ~ x\nlevel: 2\ny ~ w"]
    found = compare(specs, rows, cluster="cl")
    assert found.table["aic"].notna().all()
    assert list(found.table["npar"]) == [8, 5]
    assert not [entry for entry in found.messages if entry.code in ("different-variables", "criteria-not-comparable")]


def test_what_needs_a_saturated_model_is_refused(fits):
    found = fits["one_slope"]
    assert set(found.fit_measures) == {"npar", "ntotal", "logl", "aic", "bic", "bic2"}
    for name in ("modification_indices", "residuals", "score_tests", "level_measures", "reliability"):
        with pytest.raises(SemError, match="no saturated model"):
            getattr(found, name)
    assert found.icc[""] == pytest.approx({"y": 0.342, "x": 0.0}, abs=1e-3)
    assert found.table.roles[1].observed == ("y", "s", "w")


TWO = "level: 1\ny1 ~ {}\nlevel: 2\ny1 ~ w1"


@pytest.mark.parametrize(
    ("spec", "options", "error", "message"),
    [
        ('y1 ~ rv("s")*x1', {}, ModelError, "no level of these"),
        (TWO.format('rv("s")*y2') + "\ny2 ~~ y2", {}, ModelError, "'y2' .* modelled at both levels"),
        (f'level: 1\nf =~ y1 + y2 + y3\n{TWO[9:]}'.format('rv("s")*f'), {}, ModelError, "of a latent variable"),
        ('level: 1\ny1 ~ x1\nlevel: 2\ny1 ~ rv("s")*w1', {}, ModelError, "at the level between clusters"),
        (TWO.format('rv("s")*x1'), {"fixed_x": False}, ModelError, "'x1' has a random slope, and its own moments"),
        ('level: 1\nf =~ y1 + rv("s")*y2 + y3\nlevel: 2\ny1 ~ w1', {}, ModelError, '"f =~ y2" is no regression'),
        (TWO.format('rv("s")*x1') + "\ns =~ y2 + y3", {}, ModelError, "has indicators of its own"),
        (TWO.format('rv("s")*x1 + s'), {}, ModelError, "stands within them too"),
        (TWO.format('rv("s")*x1'), {"test": "standard"}, OptionError, "what a test would be of"),
        (TWO.format('rv("s")*x1'), {"missing": "ml.x"}, OptionError, "given their covariates"),
        (TWO.format('rv("s")*x1'), {"information": "expected"}, OptionError, "observed"),
    ],
)  # fmt: skip
def test_random_slopes_that_cannot_be_estimated_are_refused(spec, options, error, message):
    with pytest.raises(error, match=message):
        fit(spec, DATA / "twolevel.csv", cluster="cluster", **options)
