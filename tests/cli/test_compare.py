"""`sem-toolkit compare`: one table, tests of nested pairs, and reasons where there is none."""

import json

import pytest

from tests.support import DATA, ORACLES, near

BASE = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9\n"


def test_models_and_tests(command, write):
    general = write("general.lav", BASE)
    restricted = write("restricted.lav", BASE + "visual ~~ 0*speed\n")
    other = write("other.lav", BASE.replace("=~ x1 + x2", "=~ x1 + x7 + x2").replace("=~ x7 + x8", "=~ x8"))
    outcome = command("compare", general, restricted, other, "--data", DATA / "hs.csv", "--call", "cfa", "--json")
    assert outcome.code == 0, outcome.err
    models = {row["model"]: row for row in outcome.record["models"]}
    reference = json.loads((ORACLES / "cases" / "hs_cfa_marker.json").read_text())["fit_measures"]
    for name in ("chisq", "df", "cfi", "rmsea", "bic"):
        assert near(models["general"][name], reference[name], 1e-6, 1e-5)
    tests = {(row["restricted"], row["general"]): row for row in outcome.record["tests"]}
    nested = tests["restricted", "general"]
    expected = models["restricted"]["chisq"] - models["general"]["chisq"]
    assert nested["chisq_diff"] == pytest.approx(expected, rel=1e-9)
    assert nested["df_diff"] == 1
    assert nested["pvalue"] < 0.001
    assert nested["reason"] == ""
    assert tests["other", "general"]["relation"] == "not nested"
    against_other = next(row for pair, row in tests.items() if set(pair) == {"restricted", "other"})
    assert against_other["relation"] == "not nested"
    assert against_other["pvalue"] is None


def test_every_pair_is_told_apart(command, write, tmp_path):
    """What a reader sees: equivalent pairs by name, Vuong's tests for the rest, paths, and a plot of them."""
    chain = write("chain.lav", BASE + "textual ~ visual\nspeed ~ textual\n")
    reversed_ = write("reversed.lav", BASE + "textual ~ speed\nvisual ~ textual\n")
    other = write("other.lav", BASE + "visual ~ textual\nspeed ~ visual\n")
    plot = tmp_path / "paths.svg"
    outcome = command("compare", chain, reversed_, other, "--data", DATA / "hs.csv", "--plot", plot)
    assert outcome.code == 0, outcome.err
    assert "no data tell them apart" in outcome.out
    assert "Pairs that are not nested, by Vuong's tests" in outcome.out
    assert "speed ~ textual" in outcome.out
    assert "R² from model to model" in outcome.out
    assert plot.read_bytes().startswith(b"<?xml")
    wrong = command("compare", chain, other, "--data", DATA / "hs.csv", "--plot", tmp_path / "paths.doc")
    assert wrong.code == 2
    assert "cannot be written" in wrong.err


def test_a_failure_is_a_row_and_the_exit_code_says_so(command, write):
    good, loop = write("good.lav", BASE), write("loop.lav", "x1 ~ x2\nx2 ~ x1\n")
    outcome = command("compare", good, loop, "--data", DATA / "hs.csv", "--json")
    assert outcome.code == 1
    rows = {row["model"]: row for row in outcome.record["models"]}
    assert rows["loop"]["verdict"] == "not identified"
    assert rows["good"]["verdict"] == "converged"
    assert set(outcome.record) == {"models", "tests", "vuong", "paths", "r2", "messages", "receipt"}


def test_a_report_in_a_file_and_none_over_a_spec(command, write, tmp_path):
    one, two = write("one.lav", "f =~ x1 + x2 + x3 + x4\n"), write("two.lav", "f =~ x1 + x2 + x3\nf =~ 1*x4\n")
    words = ("compare", one, two, "--data", DATA / "hs.csv", "--report")
    assert command(*words, tmp_path / "r.html").code == 0
    assert "What to report, and where it stands" in (tmp_path / "r.html").read_text(encoding="utf-8")
    wrong = command(*words, tmp_path / "r.odt")
    assert wrong.code == 2
    assert ".docx" in wrong.err
    assert command("fit", one, "--data", DATA / "hs.csv", "--report", tmp_path / "f.md").code == 0
    assert "## Method" in (tmp_path / "f.md").read_text(encoding="utf-8")


def test_a_message_about_the_data_is_said_once(command, write):
    first = write("one.lav", "#' reverse: x3\n" + BASE)
    second = write("two.lav", "#' reverse: x3\n" + BASE + "visual ~~ 0*speed\n")
    outcome = command("compare", first, second, "--data", DATA / "hs.csv")
    assert outcome.code == 0
    assert outcome.err.count("x3 as ") == 1
