"""Power of tests by the RMSEA against semTools and the papers' own tables."""

import json

import pytest

from sem_toolkit.diagnostics import OptionError
from sem_toolkit.resampling.power.chisq import ChisqTest
from sem_toolkit.resampling.power.rmsea import build_nested_test, build_rmsea_test, compute_detectable_rmsea
from tests.support import ORACLES


def read(name):
    return json.loads((ORACLES / "power" / f"{name}.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", ["power_rmsea", "power_rmsea_groups"])
def test_power_and_n_of_tests_of_fit_are_those_of_the_reference(name):
    case = read(name)
    for row in case["power"]:
        given = row["df"], row["rmsea0"], row["rmseaA"], row["alpha"], case["groups"]
        assert build_rmsea_test(*given, lost=1).compute_power(row["n"]) == pytest.approx(row["power"], abs=1e-10)
        assert build_rmsea_test(*given).compute_power(row["n"]) == pytest.approx(row["power_n"], abs=1e-10)
    for row in case["required"]:
        given = row["df"], row["rmsea0"], row["rmseaA"], row["alpha"], case["groups"]
        assert build_rmsea_test(*given, lost=1).find_n(row["target"]) == row["n"]
        assert build_rmsea_test(*given).find_n(row["target"]) == row["n_n"]


def test_power_and_n_of_nested_models_are_those_of_the_reference():
    case = read("power_rmsea_nested")
    for entry in case["sets"]:
        pairs = [(entry[f"{name}A"], entry[f"{name}B"]) for name in ("df", "r0", "r1")]
        papers, ours = (build_nested_test(*pairs, case["alpha"], lost=lost) for lost in (1, 0))
        for row in entry["power"]:
            assert papers.compute_power(row["n"]) == pytest.approx(row["power"], abs=1e-10)
            assert ours.compute_power(row["n"]) == pytest.approx(row["power_n"], abs=1e-10)
        for row in entry["required"]:
            assert papers.find_n(row["target"]) == row["n"]


@pytest.mark.parametrize(("df", "n"), [(5, 1463), (24, 443), (100, 178)])
def test_the_effect_that_n_finds_has_that_power(df, n):
    test = build_rmsea_test(df, 0.05, 0.08)
    found = compute_detectable_rmsea(test, n, 0.8)
    assert build_rmsea_test(df, 0.05, found).compute_power(n) == pytest.approx(0.8, abs=1e-12)


def test_not_close_fit_finds_what_lies_below():
    test = build_rmsea_test(24, 0.05, 0.01)
    found = compute_detectable_rmsea(test, 477, 0.8)
    assert 0.0 < found < 0.05
    assert build_rmsea_test(24, 0.05, found).compute_power(477) == pytest.approx(0.8, abs=1e-12)
    assert compute_detectable_rmsea(test, 77, 0.8) is None  # not even a perfect fit


def test_without_an_effect_the_power_is_alpha():
    assert ChisqTest(7, 0.02, 0.02, alpha=0.01).compute_power(300) == pytest.approx(0.01, abs=1e-12)


def test_the_first_rows_that_lose_a_degree_have_no_power_beyond_alpha():
    assert build_rmsea_test(10, 0.0, 0.2, lost=1).compute_power(1) == pytest.approx(0.05, abs=1e-12)


@pytest.mark.parametrize(
    "build",
    [
        lambda: build_rmsea_test(0, 0.05, 0.08),
        lambda: build_rmsea_test(24, -0.05, 0.08),
        lambda: build_rmsea_test(24, 0.05, 0.08, alpha=1.5),
        lambda: build_rmsea_test(24, 0.05, 0.05).find_n(0.8),
        lambda: build_rmsea_test(24, 0.05, 0.08).find_n(1.0),
        lambda: build_rmsea_test(24, 0.0, 0.08).find_alternative(100, 0.01),
        lambda: build_rmsea_test(24, 0.0, 0.08, lost=1).find_alternative(1, 0.8),
        lambda: build_nested_test((24, 26), (0, 0), (0.06, 0.05)),
        lambda: build_nested_test((26, 24), (0, 0), (0.03, 0.06)),
        lambda: build_rmsea_test(1, 0.0, 1e-7).find_n(0.8),
    ],
)
def test_what_has_no_answer_says_so(build):
    with pytest.raises(OptionError):
        build()
