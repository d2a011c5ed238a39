"""Bad input: a message that names the culprit, exit code 2, no traceback, nothing written."""

import numpy as np
import pandas as pd
import pytest

from tests.support import DATA, read_case

MODEL = "f =~ x1 + x2 + x3 + x4\n"


@pytest.fixture
def frame():
    generator = np.random.default_rng(7)
    factor = generator.standard_normal(60)
    return pd.DataFrame({f"x{i}": factor + generator.standard_normal(60) for i in range(1, 5)})


@pytest.fixture
def spec(write):
    return write("model.lav", MODEL)


def save(frame, path):
    frame.to_csv(path, index=False)
    return path


def expect(outcome, code, *parts):
    assert outcome.code == 2, outcome.err
    assert f"[{code}]" in outcome.err
    for part in parts:
        assert part in outcome.err, outcome.err


def test_missing_spec(command, tmp_path):
    expect(command("fit", tmp_path / "modle.lav"), "missing-file", "modle.lav")


def test_missing_data(command, spec, tmp_path):
    expect(command("fit", spec, "--data", tmp_path / "nothing.csv"), "missing-file", "nothing.csv")


def test_empty_spec(command, write):
    expect(command("fit", write("empty.lav", "\n  # only a comment\n"), "--data", "x.csv"), "empty-spec", "empty.lav")


@pytest.mark.parametrize("text", ["", "x1,x2,x3,x4\n"], ids=["no bytes", "a header only"])
def test_empty_data(command, spec, write, text):
    expect(command("fit", spec, "--data", write("empty.csv", text)), "empty-file", "empty.csv")


def test_unknown_column(command, write, frame, tmp_path):
    spec = write("model.lav", "f =~ x1 + x2 + x3 + X_4\n")
    expect(command("fit", spec, "--data", save(frame, tmp_path / "d.csv")), "unknown-variable", "X_4", "x4")


def test_text_column(command, spec, frame, tmp_path):
    frame["x2"] = frame["x2"].astype(object)
    frame.loc[3, "x2"] = "often"
    expect(command("fit", spec, "--data", save(frame, tmp_path / "d.csv")), "text-column", "x2", "often")


def test_constant_column(command, spec, frame, tmp_path):
    frame["x3"] = 4
    expect(command("fit", spec, "--data", save(frame, tmp_path / "d.csv")), "constant-column", "x3")


def test_column_that_is_all_missing(command, spec, frame, tmp_path):
    frame["x1"] = np.nan
    expect(command("fit", spec, "--data", save(frame, tmp_path / "d.csv")), "all-missing", "x1")


def test_duplicate_column_names(command, spec, frame, tmp_path):
    frame["again"] = frame["x1"]
    path = tmp_path / "d.csv"
    frame.rename(columns={"again": "x1"}).to_csv(path, index=False)
    expect(command("fit", spec, "--data", path), "duplicate-column", "x1")


def test_fewer_rows_than_variables(command, spec, frame, tmp_path):
    expect(command("fit", spec, "--data", save(frame.head(4), tmp_path / "d.csv")), "too-few-rows", "4")


@pytest.mark.parametrize(
    ("matrix", "code", "part"),
    [
        ("x1,x2,x3,x4\n1,.5,.5,.5\n.4,1,.5,.5\n.5,.5,1,.5\n.5,.5,.5,1\n", "asymmetric-covariance", "x1"),
        ("x1,x2,x3,x4\n1,.9,-.9,.5\n.9,1,.9,.5\n-.9,.9,1,.5\n.5,.5,.5,1\n", "indefinite-covariance", "x"),
    ],
    ids=["not symmetric", "not positive definite"],
)
def test_bad_covariance_matrix(command, spec, write, matrix, code, part):
    path = write("s.csv", matrix)
    expect(command("fit", spec, "--sample-cov", path, "--sample-nobs", 100), code, part)


def test_syntax_error_shows_line_and_caret(command, write):
    outcome = command("fit", write("model.lav", "f =~ x1 + x2 +* x3\ny ~ f\n"), "--data", "x.csv")
    assert outcome.code == 2
    assert "model.lav:1:" in outcome.err
    assert "^" in outcome.err


def test_not_identified_names_the_parameters(command, write, frame, tmp_path):
    spec = write("model.lav", "f =~ x1 + x2\ng =~ x3 + x4\nf ~~ 0*g\n")
    outcome = command("fit", spec, "--data", save(frame, tmp_path / "d.csv"))
    expect(outcome, "not-identified", "f =~ x2", "g =~ x4")


def test_unknown_option_value(command, spec, frame, tmp_path):
    data = save(frame, tmp_path / "d.csv")
    expect(command("fit", spec, "--data", data, "--estimator", "LM"), "option-value", "estimator", "LM")


def test_unknown_flag_is_a_usage_error(command, spec):
    outcome = command("fit", spec, "--estimatr", "ML")
    assert outcome.code == 2
    assert "--estimat" in outcome.err


def test_json_holds_the_diagnostics_of_a_failure(command, write):
    outcome = command("fit", write("model.lav", "f =~ x1 + + x2\n"), "--data", "x.csv", "--json")
    assert outcome.code == 2
    (entry, *_) = outcome.record["diagnostics"]
    assert (entry["severity"], entry["line"]) == ("error", 1)


def test_nothing_is_written_when_a_diagram_fails(command, write, tmp_path):
    spec = write("model.lav", "f =~ x1 + + x2\n")
    assert command("diagram", spec, "-o", tmp_path / "out.svg").code == 2
    assert [path.name for path in tmp_path.iterdir()] == ["model.lav"]


@pytest.mark.slow
def test_no_optimum_says_so_everywhere_and_leaves_with_1(command, write, tmp_path):
    # λ₂φ = 0, λ₃φ = .5 and λ₂λ₃φ = .4 have no finite solution: the best φ goes to 0 and the best λ₃ to infinity.
    arguments = [
        write("model.lav", "f =~ x1 + x2 + x3\n"), "--sample-nobs", 200,
        "--sample-cov", write("s.csv", "x1,x2,x3\n1,0,.5\n0,1,.4\n.5,.4,1\n"),
    ]  # fmt: skip
    outcome = command("fit", *arguments, "--json")
    assert outcome.code == 1
    record = outcome.record
    assert (record["certificate"]["verdict"], record["certificate"]["converged"]) == ("no optimum found", False)
    assert record["fit_measures"] == {}
    assert record["logl"] is None
    assert all(row["se"] is None for row in record["parameters"] if row["free"])
    text = command("fit", *arguments)
    assert text.code == 1
    assert "No certified optimum" in text.out
    assert command("diagram", *arguments, "-o", tmp_path / "model.svg").code == 1
    assert "NO CERTIFIED OPTIMUM" in (tmp_path / "model.svg").read_text(encoding="utf-8")


def test_an_improper_solution_is_shown_but_not_certified(command, write):
    case = read_case("nonconv")  # lavaan finds no optimum here; there is one, with a negative factor variance
    spec = write("model.lav", case["spec"])
    outcome = command("fit", spec, "--data", DATA / case["data"], "--json")
    assert outcome.code == 1
    certificate = outcome.record["certificate"]
    assert (certificate["verdict"], certificate["admissible"]) == ("improper", False)
    assert any(entry["code"] == "negative-variance" for entry in certificate["messages"])
