"""Structural after measurement: lavaan's numbers, what the certificate says, and plain words where it does not go."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from sem_toolkit.diagnostics import DataError, ModelError, OptionError
from sem_toolkit.estimation import Solution, estimate
from sem_toolkit.fit import Fit, fit
from sem_toolkit.inference.at_estimate import evaluate_solution
from sem_toolkit.inference.errors.steps import compute_step_covariance
from sem_toolkit.model import compute_moments
from sem_toolkit.report.tables import TABLES, build_table_of
from sem_toolkit.sample.categorical.answers import place_statistics
from tests.support import DATA, ORACLES, near, row_key

CASES = sorted(path.stem for path in (ORACLES / "stages").glob("sam_*.json"))
CFA = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9"
SEM = f"{CFA}\nspeed ~ visual + textual"
ALONE = {"a": "visual", "b": "textual", "c": "speed"}
TIED = "visual =~ x1 + a*x2 + x3\nspeed =~ x7 + a*x8 + x9\nspeed ~ visual"
CHAIN = f"{CFA}\nspeed ~ visual\nvisual ~ textual"


@pytest.fixture(scope="module", params=CASES)
def fitted(request) -> tuple[Fit, dict]:
    case = json.loads((ORACLES / "stages" / f"{request.param}.json").read_text())
    return fit(case["spec"], DATA / case["data"], **case["options"]), case


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    return pd.read_csv(DATA / "hs.csv")


def test_the_certificate_claims_no_optimum_of_the_whole(fitted):
    found, _ = fitted
    certificate = found.certificate
    assert certificate.way == "steps"
    assert certificate.verdict in ("solved in steps", "improper")
    assert certificate.gradient_max < 1e-8
    assert certificate.standing == "each step at an optimum of its own"


def test_parameters_and_standard_errors(fitted):
    found, case = fitted
    mine = {row_key(row): row for row in found.parameters.to_dict("records")}
    for row in case["parameters"]:
        own = mine[row_key(row)]
        assert near(own["est"], row["est"], 1e-4, 1e-4), row_key(row)
        assert near(own["se"], row["se"], find_tolerance(found, row), 1e-6), row_key(row)


def find_tolerance(found: Fit, row: dict) -> float:
    """Of standard errors; of the second step of ordered variables they differ by terms of order 1/n (docs/differences).

    lavaan takes the information of the structural part at the sample moments there, where that is used by itself.
    """
    if not found.options.estimation.categorical:
        return 5e-4
    return {"local": 1e-2, "naive": 2e-3}.get(found.options.inference.se, 5e-4)


def test_standardised_solution(fitted):
    found, case = fitted
    mine = {row_key(row): row for row in found.standardized.to_dict("records")}
    categorical = found.options.estimation.categorical  # lavaan: variances of responses are not 1 after local steps
    for row in (row for row in case["standardized"] if row["op"] == "~" or not categorical):
        assert near(mine[row_key(row)]["est.std"], row["est_std"], 1e-3, 1e-4), row_key(row)
        assert near(mine[row_key(row)]["se"], row["se"], max(2e-3, 2.0 * find_tolerance(found, row)), 1e-5), row_key(
            row
        )


def test_fit_measures(fitted):
    """Of incomplete rows Γ is that of their saturated estimates here, which moves the scaled baseline test a little."""
    found, case = fitted
    for name, value in case["fit_measures"].items():
        loose = 2e-3 if "missing" in case["options"] else 2e-4
        if "ordered" in case["options"] and found.solution.judged is not None:
            loose = 5e-3
            if name not in ("chisq", "df", "pvalue", "cfi", "rmsea", "srmr", "chisq.scaled", "baseline.chisq"):
                continue
        if name != "fmin":
            assert near(found.fit_measures.get(name), value, loose, 2e-5), name


def test_residuals_are_those_of_the_latent_variables(fitted):
    found, case = fitted
    for own, theirs in zip(found.residuals, case.get("residuals_cor", []), strict=bool(case.get("residuals_cor"))):
        order = [own.variables.index(name) for name in theirs["cov"]["names"]]
        np.testing.assert_allclose(own.cov[np.ix_(order, order)], theirs["cov"]["matrix"], atol=2e-4)


def test_reliabilities_and_blocks(fitted):
    found, case = fitted
    record = found.to_dict(everything=True)["sam"]
    theirs = case["sam"]
    assert record["method"] == theirs["method"]
    reliability = theirs.get("reliability")
    if reliability:
        groups = list(reliability.values()) if isinstance(reliability, dict) else reliability
        for own, expected in zip(record["reliability"], groups, strict=True):
            if isinstance(expected, dict):
                for name, value in expected.items():
                    assert value is None or near(own[name], value, 1e-4, 1e-5), name
    ours = {tuple(sorted(row["latent"])): row for row in record["measurement"]}
    for row in theirs["measurement_table"]:
        latent = {*row["Latent"].split(",")}
        own = next(entry for names, entry in ours.items() if {*names} <= latent)  # lavaan names lower factors too
        assert own["df"] == row["Df"]
        assert near(own["chisq"], row["Chisq"], 1e-4, 1e-6)


@pytest.mark.parametrize("method", ["local", "global"])
def test_a_population_is_recovered(rows, method):
    """Moments that a model implies give its parameters back, whatever maps indicators to latent variables."""
    spec = CHAIN.replace("speed ~ visual", "speed ~ 0.4*visual").replace("visual ~ textual", "visual ~ 0.5*textual")
    truth = fit(spec, rows)
    generator = np.random.default_rng(2)
    noise = generator.normal(size=(400, 9))
    noise -= noise.mean(axis=0)
    noise @= np.linalg.inv(np.linalg.cholesky(np.cov(noise.T, bias=True))).T
    data = pd.DataFrame(
        noise @ np.linalg.cholesky(truth.implied_moments.covariance[0]).T, columns=truth.sample.variables
    )
    for mapping in ("ML", "GLS", "ULS") if method == "local" else ("ML",):
        found = fit(CHAIN, data, sam_method=method, m_method=mapping)
        estimates = found.parameters.set_index(["lhs", "op", "rhs"])["est"]
        np.testing.assert_allclose(estimates["speed", "~", "visual"], 0.4, atol=1e-6)
        np.testing.assert_allclose(estimates["visual", "~", "textual"], 0.5, atol=1e-6)
        assert found.fit_measures["chisq"] < 1e-6


def test_modification_indices_are_of_the_structural_part(rows):
    """With one degree of freedom each that is identified approaches χ² of the structural part; none of the whole."""
    local = fit(CHAIN, rows, sam_method="local")
    assert local.modification_indices["mi"].max() == pytest.approx(local.fit_measures["chisq"], rel=0.1)
    with pytest.raises(ModelError, match="nothing was minimised"):
        fit(CHAIN, rows, sam_method="global").modification_indices  # noqa: B018


def test_call_is_the_word_of_lavaan(rows):
    by_call = fit(CHAIN, rows, call="sam")
    by_option = fit(CHAIN, rows, sam_method="local")
    np.testing.assert_array_equal(by_call.solution.x, by_option.solution.x)


@pytest.mark.parametrize(
    ("spec", "options", "error", "code", "named"),
    [
        (CFA, {}, ModelError, "no-structural-part", "no structural part"),
        ("x9 ~ x1 + x2", {}, ModelError, "no-measurement-part", "no latent variables"),
        (SEM, {"mm_list": {"a": "visual", "b": "verbal"}}, ModelError, "unknown-latent", "verbal"),
        (SEM, {"mm_list": {"a": "visual"}}, ModelError, "latent-in-no-block", "textual"),
        (SEM, {"mm_list": {"a": ["visual", "speed"], "b": ["textual", "speed"]}}, ModelError, "latent-in-two", "speed"),
        (
            f"{SEM}\nx1 ~~ x4",
            {"mm_list": {"a": "visual", "b": "textual", "c": "speed"}},
            ModelError,
            "parameter-of-no",
            "x1",
        ),
        ("visual =~ x1 + x2\nspeed =~ x7 + x8 + x9\nspeed ~ visual", {}, ModelError, "block-not-identified", "visual"),
        (f"{SEM}\nx1 ~ ageyr", {}, ModelError, "indicator-as-outcome", "x1"),
        (
            "visual =~ x1 + a*x2 + x3\nspeed =~ x7 + a*x8 + x9\nspeed ~ visual",
            {},
            ModelError,
            "constraint-in-steps",
            "ties",
        ),
        (SEM, {"estimator": "MLR"}, OptionError, "steps-estimator", "MLR"),
        (SEM, {"se": "robust.huber.white"}, OptionError, "option-value", "se"),
        (SEM, {"missing": "two.stage"}, OptionError, "missing-estimator", "two.stage"),
        (SEM, {"sampling_weights": "ageyr"}, OptionError, "steps-data", "sampling_weights"),
        (SEM, {"ordered": ["x1"], "estimator": "IV"}, OptionError, "steps-estimator", "IV"),
        (SEM, {"ordered": ["x1"], "missing": "ml"}, OptionError, "missing-estimator", "ml"),
        (SEM, {"sam_method": None, "m_method": "GLS"}, OptionError, "option-without-effect", "m_method"),
    ],
)
def test_faults(rows, spec, options, error, code, named):
    with pytest.raises(error) as caught:
        fit(spec, rows, **({"sam_method": "local"} | options))
    entry = next(d for d in caught.value.diagnostics if d.code.startswith(code))
    assert named in entry.message


@pytest.mark.parametrize("method", ["local", "global", "fsr"])
def test_every_table_is_there_or_says_why(rows, method):
    found = fit(SEM, rows, sam_method=method)
    for name in TABLES:
        try:
            build_table_of(found, name)
        except (ModelError, DataError):
            assert name not in {"parameters", "standardized", "fit_measures", "r2", "effects", "tests", "reliability"}
    assert "solved in steps" in found.summary()


def simulate_product(seed: int, n: int) -> pd.DataFrame:
    """Rows of y = 0.3f + 0.4g + 0.25fg + e with three indicators a factor."""
    generator = np.random.default_rng(seed)
    factors = generator.multivariate_normal([0.0, 0.0], [[1.0, 0.3], [0.3, 1.0]], n)
    columns = {f"x{i + 1}": factors[:, i // 3] * 0.8 + generator.normal(size=n) * 0.6 for i in range(6)}
    outcome = factors @ [0.3, 0.4] + 0.25 * factors.prod(axis=1) + generator.normal(size=n) * 0.7
    return pd.DataFrame(columns | {"y": outcome})


PRODUCT = "f =~ x1 + x2 + x3\ng =~ x4 + x5 + x6\ny ~ f + g + f:g"


def test_a_product_of_latent_variables_is_recovered():
    """On the scale of the markers (loadings .8) the coefficients are .3/.8, .4/.8 and .25/.64."""
    found = fit(PRODUCT, simulate_product(11, 40_000), sam_method="local").parameters.set_index(["lhs", "op", "rhs"])
    for right, value in (("f", 0.375), ("g", 0.5), ("f:g", 0.390625)):
        row = found.loc[("y", "~", right)]
        assert abs(row["est"] - value) < 4 * row["se"]
        assert row["se"] < 0.02
    spread = np.sqrt(0.3**2 + 0.4**2 + 2 * 0.12 * 0.3 + 0.25**2 * 1.09 + 0.49)
    assert found.loc[("y", "~", "f:g"), "std.all"] == pytest.approx(0.25 / spread, abs=0.02)


def test_a_fit_in_steps_does_not_advise_itself():
    found = fit(PRODUCT, simulate_product(11, 400), sam_method="local")
    assert "latent-product" in {entry.code for entry in found.spec.diagnostics}
    assert "latent-product" not in {entry.code for entry in found.messages}


def test_blocks_change_nothing_of_a_product_but_what_they_say_of_loadings():
    """lavaan 0.7 takes the first step's covariance matrix in another order than its derivatives with several blocks."""
    data = simulate_product(12, 400)
    apart, joint = (
        fit(PRODUCT, data, sam_method="local", **options).parameters.set_index(["lhs", "op", "rhs"])["se"]
        for options in ({}, {"mm_list": {"all": ["f", "g"]}})
    )
    for right in ("f", "g", "f:g"):
        assert apart["y", "~", right] == pytest.approx(joint["y", "~", right], rel=0.1)


def test_products_ask_for_what_they_need():
    data = simulate_product(13, 200)
    with pytest.raises(ModelError, match="product of latent variables"):
        fit(PRODUCT, data)
    with pytest.raises(ModelError, match='sam_method = "local" alone'):
        fit(PRODUCT, data, sam_method="global")
    with pytest.raises(OptionError, match="twostep"):
        fit(PRODUCT, data, sam_method="local", se="twostep")
    with pytest.raises(ModelError, match="in no regression by itself"):
        fit(PRODUCT.replace("f:g", "f:x9"), data.assign(x9=data["x1"]), sam_method="local")
    with pytest.raises(DataError, match="complete rows"):
        fit(PRODUCT, data.mask(data > 2.5), sam_method="local", missing="ml")


CLUSTERED = {case["id"]: case for case in json.loads((ORACLES / "stages_clusters.json").read_text(encoding="utf-8"))}


@pytest.mark.parametrize("name", sorted(CLUSTERED))
def test_clusters(name: str) -> None:
    """Rows of clusters are alike: Γ of both steps sums over them."""
    case = CLUSTERED[name]
    found = fit(case["spec"], DATA / "twolevel.csv", cluster="cluster", **case["options"])
    theirs = {(row["lhs"], row["op"], row["rhs"]): row for row in case["parameters"]}
    ours = {(row["lhs"], row["op"], row["rhs"]): row for row in found.parameters.to_dict("records")}
    for place, row in theirs.items():
        assert ours[place]["est"] == pytest.approx(row["est"], abs=2e-5)
        assert ours[place]["se"] == pytest.approx(row["se"], rel=1e-4)
    for measure, value in case["fit_measures"].items():
        if value is not None:
            assert found.fit_measures[measure] == pytest.approx(value, rel=1e-4)


def test_standard_errors_that_take_rows_for_independent_are_refused_with_clusters() -> None:
    spec = CLUSTERED["local"]["spec"]
    with pytest.raises(OptionError, match="twostep"):
        fit(spec, DATA / "twolevel.csv", cluster="cluster", sam_method="local", se="twostep")


ITEMS = [f"u{number}" for number in range(1, 10)]
COVARIATES = "f =~ u1 + u2 + u3\ng =~ u4 + u5 + u6\nf ~ x + z\ng ~ f + x + z"


@pytest.fixture(scope="module")
def answers() -> pd.DataFrame:
    return pd.read_csv(DATA / "likert5_n477.csv")


@pytest.mark.parametrize(
    ("spec", "options"),
    [
        pytest.param(f"{COVARIATES}\nu9 ~ f + g + x + z", {}, marks=pytest.mark.slow),
        pytest.param(COVARIATES, {"ordered": ITEMS[:4], "m_method": "ML"}, marks=pytest.mark.slow),
        pytest.param(COVARIATES, {"ordered": ITEMS[:3]}, marks=pytest.mark.slow),
    ],
    ids=["an ordered outcome", "a mixed block", "a numeric block"],
)
def test_errors_of_ordered_blocks_are_those_of_the_delta_method(answers, spec, options):
    """Each statistic moved a little and all steps done anew, against what the steps say of themselves, in a sample that
    is as the model says: elsewhere both differ by what the misfit bends.
    """
    coded = answers.assign(**{name: (answers[name] > 2).astype(int) for name in ITEMS})
    found = fit(spec, coded, **({"ordered": ITEMS, "sam_method": "local"} | options))
    model, gamma = found.solution.model, found.sample.groups[0].categorical.gamma
    values = model.layout.stack(compute_moments(model, found.solution.x))[0]
    exact = _estimate_from(found, values)
    second, n = exact.stages.second, found.sample.n
    ends = [
        [_estimate_from(found, values + sign * 1e-4 * unit).x[second] for sign in (1.0, -1.0)]
        for unit in np.eye(len(values))
    ]
    slopes = np.array([(high - low) / 2e-4 for high, low in ends]).T
    found_errors = compute_step_covariance(evaluate_solution(exact), exact.stages, found.options.inference)
    np.testing.assert_allclose(
        np.sqrt(np.diagonal(found_errors)[second]), np.sqrt(np.diagonal(slopes @ gamma @ slopes.T) / n), rtol=2e-4
    )


def _estimate_from(found: Fit, values: np.ndarray) -> Solution:
    """The steps once more, from other statistics."""
    layout, group = found.solution.model.layout, found.sample.groups[0]
    own = place_statistics(group, group.categorical.with_values(values), layout.variables, layout.covariates)
    return estimate(found.solution.model, replace(found.sample, groups=(own,)), found.options.estimation)


def test_thresholds_of_an_ordered_outcome_are_those_of_the_data(answers):
    found = fit(f"{COVARIATES}\nu9 ~ g + x + z", answers, ordered=ITEMS, sam_method="local")
    rows = found.parameters.set_index(["lhs", "op", "rhs"])
    alone = fit("u9 ~ x + z", answers, ordered=["u9"]).parameters.set_index(["lhs", "op", "rhs"])
    for name in ("t1", "t2", "t3", "t4"):
        assert rows.loc[("u9", "|", name), "est"] == pytest.approx(alone.loc[("u9", "|", name), "est"], abs=1e-7)
        assert rows.loc[("u9", "|", name), "se"] == pytest.approx(alone.loc[("u9", "|", name), "se"], rel=1e-6)


@pytest.mark.parametrize(
    ("spec", "options", "code", "named"),
    [
        (f"{COVARIATES}\nu9 ~ g", {"parameterization": "theta"}, "theta-in-steps", "u9"),
        ("f =~ u1 + u2 + u3\ng =~ u4 + u5 + u6\nh =~ u7 + u8 + u9\nh ~ f + g + f:g", {}, "products-in-steps", "f:g"),
    ],
)
def test_what_steps_of_ordered_variables_do_not_do(answers, spec, options, code, named):
    with pytest.raises(ModelError) as caught:
        fit(spec, answers, ordered=ITEMS, sam_method="local", **options)
    entry = next(d for d in caught.value.diagnostics if d.code == code)
    assert named in entry.message


STANDARDISED = "ind60 =~ x1 + x2 + x3\ndem60 =~ y1 + y2 + y3 + y4\ndem65 =~ y5 + y6 + y7 + y8\n"


@pytest.mark.parametrize("method", ["local", "global"])
def test_latent_outcomes_of_variance_one_have_their_residual_variances(method):
    """Estimates of lavaan 0.7-2: blocks fix the variances, the second step has what is left of them."""
    spec = STANDARDISED + "dem60 ~ ind60\ndem65 ~ ind60 + dem60"
    found = fit(spec, DATA / "poldem.csv", call="sam", sam_method=method, std_lv=True)
    rows = {(row["lhs"], row["op"], row["rhs"]): row for row in found.parameters.to_dict("records")}
    expected = {
        ("dem60", "~", "ind60"): 0.453169315,
        ("dem65", "~", "ind60"): 0.129205687,
        ("dem65", "~", "dem60"): 0.898143131,
        ("dem60", "~~", "dem60"): 0.794637572,
        ("dem65", "~~", "dem65"): 0.071468559,
    }
    for key, value in expected.items():
        assert abs(rows[key]["est"] - value) < 1e-6, key
        assert abs(rows[key]["std.all"] - value) < 1e-6, key
        assert rows[key]["free"] > 0
    assert rows["ind60", "~~", "ind60"]["est"] == 1.0
    if method == "local":
        assert (found.fit_measures["chisq"], found.fit_measures["df"]) == (pytest.approx(0.0, abs=1e-8), 0)


@pytest.mark.parametrize("se", ["twostep", "twostep.robust", "local"])
def test_errors_of_standardised_outcomes_know_that_blocks_fix_the_variance(se):
    """A single predictor's coefficient is a correlation, whose error the model without regressions has too (lavaan
    has 0.132 for the one and 0.029 for the other); of the residual variance 1 − b² it is 2|b| of that.
    """
    spec = STANDARDISED + "dem65 ~ dem60\nind60 ~~ dem60\n"
    found = fit(spec, DATA / "poldem.csv", call="sam", std_lv=True, se=se).parameters.set_index(["lhs", "op", "rhs"])
    correlated = fit(STANDARDISED, DATA / "poldem.csv", call="cfa", std_lv=True).parameters
    other = correlated.set_index(["lhs", "op", "rhs"])["se"]["dem60", "~~", "dem65"]
    coefficient = found.loc[("dem65", "~", "dem60")]
    assert coefficient["se"] == pytest.approx(other, rel=0.35)
    left = found.loc[("dem65", "~~", "dem65"), "se"]
    assert left == pytest.approx(2.0 * abs(coefficient["est"]) * coefficient["se"], rel=0.05)


def test_standardised_outcomes_in_groups_are_those_of_markers():
    by_scale = fit(SEM, DATA / "hs.csv", call="sam", std_lv=True, group="school").parameters
    by_marker = fit(SEM, DATA / "hs.csv", call="sam", group="school").parameters
    wanted = by_scale["op"] == "~"
    np.testing.assert_allclose(by_scale["est"][wanted], by_marker["std.all"][by_marker["op"] == "~"], atol=1e-6)
