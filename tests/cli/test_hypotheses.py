"""`sem-toolkit test`, `scores` and `fit --table`: lavaan's and semTools' numbers, and words for what cannot be."""

import json

import numpy as np
import pandas as pd
import pytest

from tests.support import DATA, ORACLES, read_case

HOLZINGER = DATA / "hs.csv"


def read(folder, name):
    return json.loads((ORACLES / folder / f"{name}.json").read_text(encoding="utf-8"))


@pytest.fixture
def cfa(write):
    return write("cfa.lav", read_case("hs_cfa_marker")["spec"] + "\n")


@pytest.fixture
def path(write):
    return write("path.lav", "m ~ a*x1\ny1 ~ b*m\ny2 ~ y1\nab := a*b\n")


def expect(outcome, code, *parts):
    assert outcome.code == 2, outcome.err
    assert f"[{code}]" in outcome.err, outcome.err
    for part in parts:
        assert part in outcome.err, outcome.err


def test_wald_tests_are_lavaans(command, write):
    reference = read("comparisons", "score_add_hs")
    spec = write("hs.lav", reference["spec"] + "\n")
    asked = [entry["constraints"].replace("\n", "; ") for entry in reference["wald"]]
    options = [word for text in asked for word in ("--wald", text)]
    outcome = command("test", spec, "--data", HOLZINGER, "--call", "cfa", "--json", *options)
    assert outcome.code == 0, outcome.err
    assert list(outcome.record) == ["wald", "reasons", "receipt"]
    for found, expected in zip(outcome.record["wald"], reference["wald"], strict=True):
        assert found["stat"] == pytest.approx(expected["stat"], rel=1e-4)
        assert found["df"] == expected["df"]
        assert found["pvalue"] == pytest.approx(expected["p.value"], rel=1e-4)


def test_labels_for_a_wald_test_are_no_oversight(command, write):
    spec = write("labels.lav", "f =~ x1 + a*x2 + b*x3\n")
    asked = command("test", spec, "--data", HOLZINGER, "--wald", "a == b")
    assert asked.code == 0
    assert asked.err == ""
    assert "unused-label" in command("test", spec, "--data", HOLZINGER).err


def test_score_tests_of_additions_are_lavaans(command, write):
    reference = read("comparisons", "score_add_hs")
    spec, added = write("hs.lav", reference["spec"] + "\n"), reference["score_add"]
    text = added["add"].replace("\n", "; ")
    rows = command("test", spec, "--data", HOLZINGER, "--call", "cfa", "--json", "--add", text).record["additions"]
    for found, expected in zip(rows, [*added["uni"], *added["test"]], strict=True):
        assert found["X2"] == pytest.approx(expected["X2"], rel=1e-4)
        assert found["df"] == expected["df"]


def test_additions_that_cannot_be_freed_together_take_no_degrees_of_freedom(command, write):
    spec = write("three.lav", "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\n")
    asked = ["--add", "visual =~ x4; visual =~ x5; visual =~ x6", "--json"]
    rows = command("test", spec, "--data", HOLZINGER, *asked).record["additions"]
    assert [row["df"] for row in rows] == [1, 1, 1, 2]  # the third says what the first two and the covariance say


def test_score_tests_of_constraints_are_lavaans(command, write):
    reference = read("comparisons", "score_wald_hs")
    spec, expected = write("hs.lav", reference["spec"] + "\n"), reference["score_all_constraints"]
    record = command("test", spec, "--data", HOLZINGER, "--call", "cfa", "--json", "--score").record
    assert list(record) == ["score_tests", "score_tests_cumulative", "score_total", "reasons", "receipt"]
    for ours, theirs in (("score_tests", "uni"), ("score_tests_cumulative", "cumulative"), ("score_total", "test")):
        for found, wanted in zip(record[ours], expected[theirs], strict=True):
            assert found["X2"] == pytest.approx(wanted["X2"], rel=1e-4)
            assert found["df"] == wanted["df"]
            assert found.get("lhs") == wanted.get("lhs")


def test_equal_labels_are_told_by_their_parameters(command, write):
    spec = write("equal.lav", "visual =~ x1 + x2 + x3\ntextual =~ x4 + c*x5 + c*x6\n")
    outcome = command("test", spec, "--data", HOLZINGER, "--score")
    assert "textual =~ x5, textual =~ x6" in outcome.out


def test_without_a_question_the_tests_of_exact_fit_are_shown(command, cfa):
    reference = read_case("hs_rob_mlr")
    asked = ["--call", "cfa", "--estimator", "MLR", "--json"]
    record = command("test", cfa, "--data", HOLZINGER, *asked).record
    scaled = record["tests"][1]
    assert scaled["test"] == "yuan.bentler.mplus"
    assert scaled["stat"] == pytest.approx(reference["fit_measures"]["chisq.scaled"], rel=1e-5)


def test_eigenvalue_based_p_values(command, cfa):
    rows = command("test", cfa, "--data", HOLZINGER, "--eigenvalue", "--json").record["eigenvalue_tests"]
    assert [row["test"] for row in rows] == ["all", "peba", "pols"] * 2
    assert all(0 <= row["pvalue"] < 1e-4 for row in rows)


def test_local_tests_of_a_path_model(command, path):
    rows = command("test", path, "--data", DATA / "mediation.csv", "--local", "--json").record["local_tests"]
    frame = pd.read_csv(DATA / "mediation.csv")
    table = {(row["first"], row["second"]): row for row in rows}
    inverse = np.linalg.inv(frame[["x1", "m", "y1"]].corr().to_numpy())
    partial = -inverse[0, 2] / np.sqrt(inverse[0, 0] * inverse[2, 2])
    assert table["x1", "y1"]["given"] == "m"
    assert table["x1", "y1"]["r"] == pytest.approx(partial, rel=1e-9)
    assert table["x1", "y1"]["z"] == pytest.approx(np.arctanh(partial) * np.sqrt(len(frame) - 4), rel=1e-9)


@pytest.mark.parametrize("method", ["regression", "bartlett"])
def test_factor_scores_are_lavaans(command, cfa, tmp_path, method):
    reference = read("factor_scores", "fs_hs")[method][0]
    target = tmp_path / "scores.csv"
    outcome = command("scores", cfa, "--data", HOLZINGER, "--call", "cfa", "--method", method, "-o", target)
    assert outcome.code == 0, outcome.err
    frame = pd.read_csv(target)
    assert frame["row"].tolist() == list(range(1, 302))
    np.testing.assert_allclose(frame[reference["columns"]][:10], reference["rows"], atol=1e-4)
    assert "determinacy" in outcome.out


def test_scores_name_the_rows_that_were_used(command, write, tmp_path):
    frame = pd.read_csv(HOLZINGER)
    frame.loc[[0, 4], "x2"] = np.nan
    frame.to_csv(tmp_path / "holes.csv", index=False)
    spec = write("visual.lav", "visual =~ x1 + x2 + x3\n")
    group = ["--group", "school"]
    record = command("scores", spec, "--data", tmp_path / "holes.csv", *group, "--json").record
    assert [row["row"] for row in record["scores"][:4]] == [2, 3, 4, 6]
    assert [row["group"] for row in record["scores"][:2]] == [str(label) for label in frame["school"][[1, 2]]]


def test_htmt_and_reliability_are_semtools(command, cfa):
    reference = read("semtools", "rel_hs")
    names = ["--table", "htmt", "--table", "reliability"]
    tables = command("fit", cfa, "--data", HOLZINGER, "--call", "cfa", "--json", *names).record["tables"]
    order = reference["htmt"]["names"]
    found = [[row[name] for name in order] for row in tables["htmt"]]
    np.testing.assert_allclose(found, reference["htmt"]["matrix"], rtol=1e-6)
    for row in tables["reliability"]:
        assert row["ave"] == pytest.approx(reference["ave"][row["factor"]], rel=1e-4)
        assert row["alpha"] == pytest.approx(reference["alpha"][row["factor"]], rel=1e-6)


def test_effects_between_two_variables_with_monte_carlo_limits(command, path):
    asked = ["--table", "effects", "--cause", "x1", "--outcome", "y1", "--draws", "20000", "--seed", "3", "--json"]
    record = command("fit", path, "--data", DATA / "mediation.csv", *asked).record
    rows = {row["kind"]: row for row in record["tables"]["effects"]}
    product = next(row for row in record["parameters"] if row["lhs"] == "ab")
    assert rows["specific"]["path"] == "x1 -> m -> y1"
    assert rows["specific"]["est"] == pytest.approx(product["est"])
    assert rows["specific"]["se"] == pytest.approx(product["se"])
    assert rows["specific"]["mc_lower"] == pytest.approx(product["ci_lower"], abs=0.01)
    assert rows["specific"]["mc_upper"] > rows["specific"]["ci_upper"]  # a product of normals is skewed


@pytest.mark.slow
@pytest.mark.parametrize("suffix", [".csv", ".xlsx", ".md", ".tex", ".html", ".docx"])
def test_any_table_goes_into_any_format(command, cfa, tmp_path, suffix):
    target = tmp_path / f"mi{suffix}"
    outcome = command("fit", cfa, "--data", HOLZINGER, "--call", "cfa", "--table", "modindices", "-o", target)
    assert outcome.code == 0, outcome.err
    reference = max(read_case("hs_cfa_marker")["modification_indices"], key=lambda row: row["mi"])
    if suffix in (".csv", ".xlsx"):
        frame = pd.read_csv(target) if suffix == ".csv" else pd.read_excel(target)
        assert frame.loc[0, "mi"] == pytest.approx(reference["mi"], rel=1e-4)
        assert frame.loc[0, ["lhs", "op", "rhs"]].tolist() == [reference[name] for name in ("lhs", "op", "rhs")]
    elif suffix == ".docx":
        from docx import Document

        cells = [cell.text for cell in Document(str(target)).tables[0].rows[1].cells]
        assert f"{reference['mi']:.3f}" in cells
    else:
        assert f"{reference['mi']:.3f}" in target.read_text(encoding="utf-8")


def test_a_table_by_the_name_that_lavaan_has(command, cfa):
    for name in ("parameterEstimates", "fitMeasures", "lavResiduals", "standardizedSolution"):
        assert command("fit", cfa, "--data", HOLZINGER, "--table", name).code == 0
    out = command("fit", cfa, "--data", HOLZINGER, "--table", "fitMeasures").out
    assert any(line.split() == ["npar", "21"] for line in out.splitlines())
    assert any(line.split() == ["pvalue", "<", ".001"] for line in out.splitlines())


def test_residuals_of_a_type(command, cfa):
    asked = ["--table", "residuals", "--residual-type", "standardized.mplus", "--json"]
    rows = command("fit", cfa, "--data", HOLZINGER, "--call", "cfa", *asked).record["tables"]["residuals"]
    found = {(row["lhs"], row["rhs"]): row["residual"] for row in rows}
    assert found["x7", "x2"] == pytest.approx(-3.800322, abs=5e-5)
    assert found["x9", "x8"] is None


def test_what_cannot_be_tested_says_why(command, cfa, path):
    data = ["--data", HOLZINGER]
    expect(command("test", cfa, *data, "--wald", "a == b"), "unknown-label", '"a" is not the label', "labels:")
    expect(command("test", cfa, *data, "--wald", "a = b"), "no-hypothesis", '"a = b" is not an equality')
    expect(command("test", cfa, *data, "--add", "x1 ~~ x19"), "unknown-variable", "'x19'", "did you mean 'x1'")
    expect(command("test", cfa, *data, "--add", "x1 x2"), "no-addition", '"x1 x2"')
    expect(command("test", cfa, *data, "--add", ";"), "no-addition", "nothing to add")
    expect(command("test", cfa, *data, "--wald", "0 == 0", "--se", "none"), "no-standard-errors", '"se"')
    expect(command("test", cfa, *data, "--wald", "1/0 == 1"), "no-value", '"1/0 == 1"')
    expect(command("test", cfa, *data, "--wald", "0 == 0"), "redundant-hypotheses", "leave one")
    expect(command("test", cfa, *data, "--add", "x1 ~~ x1"), "no-addition", "already")
    expect(command("test", cfa, *data, "--score"), "no-constraints", "no equality constraints")
    expect(command("test", cfa, *data, "--local"), "latent-variables", "path models")
    data = ["--data", DATA / "mediation.csv"]
    expect(command("scores", path, *data), "no-factors", '"path"')
    expect(command("fit", path, *data, "--table", "htmt"), "no-factors", '"path"')
    expect(command("fit", path, *data, "--table", "effects", "--cause", "x"), "unknown-variable", "'x'", "'x1'")


def test_all_of_a_path_model_is_all_that_there_is(command, path):
    """Factors, which it has none of, were asked for with the rest, so that the summary was an error."""
    outcome = command("fit", path, "--data", DATA / "mediation.csv", "--all")
    assert outcome.code == 0
    assert "Effects" in outcome.out
    assert "has no factors" in outcome.out


def test_bad_names_and_places_are_refused_before_anything_is_computed(command, cfa, tmp_path):
    nowhere = ["--data", tmp_path / "nothing.csv"]
    expect(command("fit", cfa, *nowhere, "--table", "modindex"), "unknown-table", '"modification_indices"')
    expect(command("fit", cfa, *nowhere, "-o", "a.odt"), "unknown-format", '".odt"', ".docx")
    expect(command("scores", cfa, *nowhere, "-o", "scores"), "unknown-format", "no suffix")
    two = ["--table", "mi", "--table", "r2", "-o", "a.csv"]
    expect(command("fit", cfa, *nowhere, *two), "several-tables", "2 are asked for")
    data = ["--data", HOLZINGER]
    expect(command("scores", cfa, *data, "--method", "regresion"), "option-value", '"regresion"', "bartlett")
    wrong = ["--table", "residuals", "--residual-type", "standardised"]
    expect(command("fit", cfa, *data, *wrong), "option-value", '"standardised"', "standardized.mplus")


@pytest.mark.slow
def test_nothing_is_inferred_without_an_optimum(command, write):
    # λ₂φ = 0, λ₃φ = .5 and λ₂λ₃φ = .4 have no finite solution
    spec = write("f.lav", "f =~ x1 + x2 + x3\n")
    moments = write("s.csv", "x1,x2,x3\n1,0,.5\n0,1,.4\n.5,.4,1\n")
    for arguments in (["test"], ["scores"], ["fit", "--table", "mi"]):
        outcome = command(arguments[0], spec, *arguments[1:], "--sample-nobs", 200, "--sample-cov", moments)
        assert outcome.code == 1
        assert "[not-converged]" in outcome.err
        assert not outcome.out
