"""Vuong's tests and intervals of information criteria against nonnest2, and where they do not exist."""

import json
import math

import numpy as np
import pytest

from sem_toolkit import ModelError, compare, fit
from sem_toolkit.comparison import build_vuong_table, compute_vuong
from sem_toolkit.comparison.casewise import compute_casewise_logl
from sem_toolkit.fit import estimate, prepare
from tests.support import DATA, ORACLES

NAMES = sorted(path.stem for path in (ORACLES / "nonnested").glob("vuong_*.json"))
# ω² moves with the first power of the distance between lavaan's stopping point and the optimum, unlike logl.
LOOSE = {"vuong_groups": 1e-5, "vuong_hs_structure": 1e-5, "vuong_poldem": 1e-5}
# ω² and z of these at lavaan's own optimum: its estimates, by Newton steps on its gradient until that is below 1e-14.
POLISHED = {
    "vuong_groups": (0.043886590338, -0.634348797399),
    "vuong_hs_structure": (0.697422990722, 2.92020579389),
    "vuong_poldem": (0.0700253690078, 1.30595545836),
}


def read(name):
    return json.loads((ORACLES / "nonnested" / f"{name}.json").read_text())


@pytest.fixture(scope="module")
def fits_of():
    made = {}

    def get(name):
        if name not in made:
            reference = read(name)
            made[name] = [fit(m["spec"], DATA / reference["data"], **m["options"]) for m in reference["models"]]
        return made[name]

    return get


@pytest.mark.parametrize("name", NAMES)
def test_casewise_likelihoods_are_lavaans(fits_of, name):
    reference = read(name)
    for ours, first, total in zip(
        fits_of(name), reference["casewise_logl_first5"], reference["casewise_logl_sum"], strict=True
    ):
        logl = compute_casewise_logl(ours)
        assert logl[:5] == pytest.approx(first, rel=1e-6)
        assert logl.sum() == pytest.approx(total, rel=1e-10)
        assert logl.sum() == pytest.approx(ours.fit_measures["logl"], rel=1e-12)


@pytest.mark.parametrize("name", [name for name in NAMES if name != "vuong_path_equivalent"])
def test_statistics_are_nonnest2s(fits_of, name):
    reference, near = read(name), LOOSE.get(name, 1e-6)
    test, theirs, intervals = compute_vuong(*fits_of(name)), reference["vuong"][0], reference["icci"]
    assert test.omega2 == pytest.approx(theirs["omega2"], rel=near)
    assert test.z == pytest.approx(theirs["z"], rel=near)
    assert test.p_first_better == pytest.approx(theirs["p_first_better"], rel=10 * near)
    assert test.p_second_better == pytest.approx(theirs["p_second_better"], rel=10 * near)
    assert test.aic_difference == pytest.approx(intervals["aic_difference"], rel=1e-8)
    assert test.bic_difference == pytest.approx(intervals["bic_difference"], rel=1e-8)
    width = intervals["bic_interval"][1] - intervals["bic_interval"][0]
    assert test.aic_interval == pytest.approx(intervals["aic_interval"], rel=1e-6, abs=near * width)
    assert test.bic_interval == pytest.approx(intervals["bic_interval"], rel=1e-6, abs=near * width)
    # by lavaan's information, which it differences numerically where rows are incomplete
    assert test.p_distinguishable == pytest.approx(reference["p_omega_davies"], rel=1e-4, abs=1e-11)


@pytest.mark.parametrize("name", sorted(POLISHED))
def test_statistics_are_those_of_lavaans_own_optimum(fits_of, name):
    test = compute_vuong(*fits_of(name))
    assert (test.omega2, test.z) == pytest.approx(POLISHED[name], rel=1e-8)


@pytest.mark.parametrize("name", ["vuong_hs_crossload", "vuong_groups", "vuong_fiml"])
def test_weights_are_nonnest2s(fits_of, name):
    theirs = np.sort(np.square(read(name)["lambda"]))[::-1]
    ours = np.sort(compute_vuong(*fits_of(name)).weights)[::-1]
    kept = min(len(theirs), len(ours))  # labels that repeat are one parameter here, with a further 0 there
    assert ours[:kept] == pytest.approx(theirs[:kept], abs=5e-5)
    assert np.abs(theirs[kept:]).max(initial=0.0) < 1e-10


def test_equivalent_models_say_the_same_of_every_row(fits_of):
    test = compute_vuong(*fits_of("vuong_path_equivalent"))
    assert (test.omega2, test.p_distinguishable) == (0.0, 1.0)
    assert math.isnan(test.z)
    assert test.bic_interval == pytest.approx((0.0, 0.0), abs=1e-9)


def test_models_change_places(fits_of):
    first, second = fits_of("vuong_hs_structure")
    forth, back = compute_vuong(first, second), compute_vuong(second, first)
    assert forth.z == pytest.approx(-back.z, rel=1e-12)
    assert forth.p_first_better == pytest.approx(back.p_second_better, rel=1e-12)
    assert forth.p_distinguishable == pytest.approx(back.p_distinguishable, abs=1e-12)
    assert forth.bic_interval == pytest.approx([-limit for limit in reversed(back.bic_interval)], rel=1e-12)


def test_robust_errors_do_not_change_the_tests(fits_of):
    """The weights are made of the information, whatever standard errors are asked for."""
    reference = read("vuong_hs_crossload")
    robust = [
        fit(m["spec"], DATA / reference["data"], call="cfa", se="robust.sem", test="satorra.bentler")
        for m in reference["models"]
    ]
    plain, other = compute_vuong(*fits_of("vuong_hs_crossload")), compute_vuong(*robust)
    assert other.p_distinguishable == pytest.approx(plain.p_distinguishable, rel=1e-6)


def test_what_cannot_be_tested_says_why():
    first, second = (fit(f"f =~ x1 + x2 + {name}", DATA / "hs.csv") for name in ("x3", "x4"))
    with pytest.raises(ModelError, match="its likelihood is of x1, x2, x4, not of x1, x2, x3"):
        compute_vuong(first, second)
    squares = fit("f =~ x1 + x2 + x3", DATA / "hs.csv", estimator="ULS")
    reasons = build_vuong_table({"ml": first, "uls": squares, "other": second})["reason"].tolist()
    assert reasons[0] == "the estimator has no likelihood"
    assert reasons[1].startswith("of the second model, its likelihood")


def test_comparison_tests_pairs_that_are_neither_nested_nor_equivalent(fits_of):
    reference = read("vuong_poldem")
    specs = {m["name"]: m["spec"] for m in reference["models"]}
    specs["third"] = specs["first"].replace("dem65 ~ ind60 + dem60", "dem65 ~ dem60")
    found = compare(specs, DATA / "poldem.csv")
    assert [*zip(found.vuong["first"], found.vuong["second"], strict=True)] == [("first", "second")]
    assert found.vuong.loc[0, "z"] == pytest.approx(compute_vuong(*fits_of("vuong_poldem")).z, rel=1e-12)


def test_paths_and_r2_from_model_to_model(fits_of):
    reference = read("vuong_poldem")
    found = compare({m["name"]: m["spec"] for m in reference["models"]}, DATA / "poldem.csv")
    paths = found.paths.set_index(["path", "model"])
    assert paths.index.tolist() == [
        ("dem60 ~ ind60", "first"),
        ("dem60 ~ ind60", "second"),
        ("dem65 ~ ind60", "first"),
        ("dem65 ~ dem60", "first"),
        ("dem65 ~ dem60", "second"),
    ]
    first = fits_of("vuong_poldem")[0]
    row = next(r for r in first.parameters.to_dict("records") if (r["lhs"], r["rhs"]) == ("dem65", "ind60"))
    assert paths.loc[("dem65 ~ ind60", "first"), ["est", "ci.lower", "std.all"]].tolist() == [
        row["est"], row["ci.lower"], row["std.all"],
    ]  # fmt: skip
    r2 = found.r2.set_index(["variable", "model"])["r2"]
    assert sorted(set(found.r2["variable"])) == ["dem60", "dem65"]
    assert r2["dem65", "first"] == first.r2[""]["dem65"]


def test_omega_does_not_hang_on_where_a_search_begins(fits_of):
    first, second = fits_of("vuong_hs_structure")
    rows = DATA / read("vuong_hs_structure")["data"]
    again = [estimate(prepare(own.spec, rows, **own.options.given), 0.98 * own.solution.x) for own in (first, second)]
    assert compute_vuong(*again).omega2 == pytest.approx(compute_vuong(first, second).omega2, rel=2e-9)
