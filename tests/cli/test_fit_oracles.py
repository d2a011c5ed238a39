"""`sem-toolkit fit --json` against lavaan 0.7-2, by both engines, at the tolerances of the reference's README."""

import json

import pytest

from tests.support import DATA, near, read_case, row_key

CASES = ("hs_cfa_marker", "hs_cfa_stdlv", "poldem_sem", "poldem_eqload", "path_med_fixedx")
MEASURES = (
    "chisq", "df", "pvalue", "baseline.chisq", "cfi", "tli", "rmsea", "rmsea.ci.lower", "rmsea.ci.upper",
    "rmsea.pvalue", "srmr", "aic", "bic", "bic2", "logl", "unrestricted.logl", "npar",
)  # fmt: skip


@pytest.fixture(params=CASES)
def case(request):
    return read_case(request.param)


@pytest.fixture(params=["semopy", "native"])
def ours(request, case, command, write):
    spec = write("spec.lav", case["spec"])
    options = write("options.json", json.dumps(case["options"]))
    data = DATA / case["data"]
    outcome = command("fit", spec, "--data", data, "--options", options, "--engine", request.param, "--json", "--all")
    assert outcome.code == 0, outcome.err
    assert outcome.record["engine"] == request.param
    return outcome.record


def test_everything_is_certified(ours, case):
    certificate = ours["certificate"]
    assert (certificate["verdict"], certificate["converged"], certificate["admissible"]) == ("converged", True, True)
    assert certificate["hessian_min_eig"] > 0
    assert ours["n"] == case["n"]
    assert ours["npar"] == case["npar"]


def test_parameters(ours, case):
    mine = {row_key(row): row for row in ours["parameters"]}
    columns = {"est": 5e-5, "se": 1e-4, "ci_lower": 1e-4, "ci_upper": 1e-4, "std_lv": 1e-4, "std_all": 1e-4}
    for row in case["parameters"]:
        found = mine[row_key(row)]
        for column, relative in columns.items():
            absolute = 1e-6 if column == "se" else max(5e-5, 2e-4 * abs(row["se"] or 0.0))
            assert near(found[column], row[column], relative, absolute), (row_key(row), column)


def test_fit_measures(ours, case):
    for name in MEASURES:
        relative = 1e-4 if "rmsea" in name else 1e-5
        assert near(ours["fit_measures"][name], case["fit_measures"][name], relative, 1e-5), name
    assert near(ours["logl"], case["logl"], 1e-8, 1e-5)


def test_explained_variances(ours, case):
    assert set(ours["r2"]) == set(case["r2"])
    for name, value in case["r2"].items():
        assert near(ours["r2"][name], value, 2e-5, 2e-5), name


@pytest.mark.parametrize(("block", "relative"), [("implied_cov", 1e-4), ("sample_cov", 1e-9)])
def test_moments(ours, case, block, relative):
    mine, theirs = ours[block][0]["cov"], case[block][0]["cov"]
    assert mine["names"] == theirs["names"]
    for my_row, their_row in zip(mine["matrix"], theirs["matrix"], strict=True):
        for my_value, their_value in zip(my_row, their_row, strict=True):
            assert near(my_value, their_value, relative, 1e-5 if block == "implied_cov" else 1e-12)
