"""Nested models: lavaan's difference tests by every method, and refusals with their reasons."""

import json
import math
from pathlib import Path

import pytest

from sem_toolkit import ModelError, OptionError, fit
from sem_toolkit.comparison import build_nested_table, check_nesting
from sem_toolkit.comparison.nested import compute_difference
from sem_toolkit.sample import read_table

ORACLES = Path(__file__).parents[1] / "oracles"
NAMES = (
    "lrt_hs_invariance_ml", "lrt_hs_invariance_mlr", "lrt_hs_mlm", "lrt_miss_ml", "lrt_miss_mlr", "lrt_miss_two_stage",
)  # fmt: skip
COLUMNS = {"Df": "Df", "AIC": "AIC", "BIC": "BIC", "Chisq": "Chisq", "Chisq.diff": "Chisq_diff", "RMSEA": "RMSEA"}
COLUMNS |= {"Df.diff": "Df_diff", "Pr(>Chisq)": "Pr_Chisq"}
OTHERS = "textual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9"
HS = "visual =~ x1 + x2 + x3\n" + OTHERS


def read_comparison(name):
    return json.loads((ORACLES / "comparisons" / f"{name}.json").read_text())


@pytest.fixture(scope="module")
def frame():
    return read_table(ORACLES / "data" / "hs.csv")


@pytest.fixture(scope="module")
def fits_of():
    made = {}

    def get(name):
        if name not in made:
            reference = read_comparison(name)
            data = ORACLES / "data" / reference["data"]
            made[name] = {m["name"]: fit(m["spec"], data, **m["options"]) for m in reference["models"]}
        return made[name]

    return get


@pytest.mark.parametrize(
    ("name", "result"),
    [(name, result["name"]) for name in NAMES for result in read_comparison(name)["results"]],
)
def test_difference_tests_are_lavaans(fits_of, name, result):
    reference = next(r for r in read_comparison(name)["results"] if r["name"] == result)
    arguments = reference["arguments"]
    table = build_nested_table(
        fits_of(name),
        arguments.get("method"),
        arguments.get("a_method", "delta"),
        arguments.get("scaled_shifted", True),
        check=False,
    )
    for theirs, (model, ours) in zip(reference["table"], table.iterrows(), strict=True):
        assert model == theirs["model"]
        for column, key in COLUMNS.items():
            if key not in theirs:
                continue  # no RMSEA in the references of incomplete rows
            if theirs[key] is None:
                assert math.isnan(ours[column])
            else:
                assert ours[column] == pytest.approx(theirs[key], rel=1e-5, abs=1e-5), column


def test_order_does_not_matter(fits_of):
    fits = fits_of("lrt_hs_invariance_ml")
    turned = dict(reversed(fits.items()))
    assert list(build_nested_table(turned, check=False).index) == list(build_nested_table(fits, check=False).index)


def test_nesting_is_seen_across_parameterisations(frame):
    larger = fit(HS, frame, call="cfa")
    smaller = fit("g =~ x1 + x2 + x3 + x4 + x5 + x6 + x7 + x8 + x9", frame, call="cfa", std_lv=True)
    assert check_nesting(larger.solution, smaller.solution).nested
    assert not check_nesting(smaller.solution, larger.solution).nested
    assert build_nested_table({"one": smaller, "three": larger})["Df.diff"].iloc[1] == 3


@pytest.mark.slow
def test_models_that_are_not_nested_are_refused(frame):
    first = fit(HS + "\nx1 ~~ x9", frame, call="cfa")
    second = fit(HS.replace("visual =~", "visual =~ x9 +") + "\nx4 ~~ x5\nx7 ~~ x8", frame, call="cfa")
    with pytest.raises(ModelError, match="not nested"):
        build_nested_table({"first": first, "second": second})


def test_different_data_are_refused(frame):
    first, second = fit(HS, frame, call="cfa"), fit(HS, frame.iloc[:200], call="cfa")
    with pytest.raises(ModelError, match="they use 301 and 200 rows"):
        build_nested_table({"all": first, "part": second})
    third = fit("visual =~ x1 + x2 + x3 + x4", frame, call="cfa")
    with pytest.raises(ModelError, match="only one of them has"):
        build_nested_table({"all": first, "part": third})


def test_a_scaled_difference_needs_scaled_tests(frame):
    first, second = fit(HS, frame, call="cfa"), fit(HS, frame, call="cfa", orthogonal=True)
    with pytest.raises(OptionError, match="needs models with a scaled test"):
        build_nested_table({"free": first, "orthogonal": second}, "satorra.bentler.2001")
    with pytest.raises(OptionError, match="no difference test"):
        build_nested_table({"free": first, "orthogonal": second}, "chi")


def test_rmsea_of_a_difference_counts_all_rows(frame):
    """lavaan divides by all rows, also where χ² is made with n - 1 a group."""
    options = {"call": "cfa", "group": "school", "estimator": "GLS"}
    free, equal = fit(HS, frame, **options), fit(HS, frame, **options, group_equal=["loadings", "intercepts"])
    row = build_nested_table({"free": free, "equal": equal}).loc["equal"]
    excess = row["Chisq.diff"] - row["Df.diff"]
    assert row["RMSEA"] == pytest.approx(math.sqrt(2 * excess / (301 * row["Df.diff"])), rel=1e-12)


def test_fits_without_a_test_are_not_compared() -> None:
    data = ORACLES / "data" / "hs.csv"
    fits = {name: fit(f"f =~ x1 + {name}*x2 + {name}*x3", data, test="none") for name in ("a", "1")}
    with pytest.raises(ModelError, match="without a test of fit"):
        build_nested_table(fits)


def test_the_difference_of_yuan_bentler_tests_is_scaled():
    """lavaan 0.7's numbers, by the information of the models; the unscaled difference is 2.665."""
    data = ORACLES / "data" / "hs.csv"
    for information, expected in (("expected", 3.87647), ("observed", 3.568101)):
        options = {"test": "yuan.bentler", "information": information}
        specs = {name: f"visual =~ x1 + {name}x2 + {name}x3\n{OTHERS}" for name in ("", "a*")}
        table = build_nested_table({name: fit(spec, data, **options) for name, spec in specs.items()})
        assert table["Chisq.diff"].iloc[1] == pytest.approx(expected, rel=1e-5)


def test_exact_restriction_by_a_curved_constraint_is_lavaans(frame):
    """Its derivatives are taken at the estimates of the larger model (4.698 by those of the smaller one)."""
    spec = "visual =~ x1 + a*x2 + b*x3\ntextual =~ x4 + c*x5 + d*x6\nspeed =~ x7 + e*x8 + f*x9\n"
    larger, smaller = (fit(spec + tie, frame, estimator="MLR") for tie in ("", "a*c == e*f\n"))
    found = compute_difference(larger, smaller, method="satorra.2000", shifted=False, reference="exact")
    assert found.stat == pytest.approx(4.77306, rel=1e-5)
