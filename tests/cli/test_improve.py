"""`sem-toolkit improve`: the chain, its files, one document of JSON, and options that do not go together."""

import pytest

from tests.support import DATA

MODEL = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9\n"


def test_the_chain_its_files_and_json(command, write, tmp_path):
    spec = write("m.lav", MODEL)
    words = ("improve", spec, "--data", DATA / "hs.csv", "--steps", "2", "--workers", "1")
    outcome = command(*words, "--write", tmp_path / "chain", "--receipt", tmp_path / "r.json")
    assert outcome.code == 0, outcome.err
    for text in ("Search on 151 rows", "carry over", "CVI", "ECVI", "degrees of freedom -2", "m-step-2.lav"):
        assert text in outcome.out
    assert spec.read_text() == MODEL
    assert command("verify", tmp_path / "r.json").code == 0
    record = command(*words, "--json").record
    assert [step["step"] for step in record["steps"]] == [0, 1, 2]
    assert record["n_training"] + record["n_validation"] == 301
    assert record["difference"]["df_change"] == -2
    other = command(*words, "--json", "--seed", "2").record
    assert other["steps"][0]["chisq"] != record["steps"][0]["chisq"]


@pytest.mark.slow
def test_folds(command, write):
    words = ("improve", write("m.lav", MODEL), "--data", DATA / "hs.csv", "--steps", "1", "--folds", "2")
    outcome = command(*words, "--allow", "residual.covariances")
    assert outcome.code == 0, outcome.err
    assert "chosen (of 2)" in outcome.out
    assert "x7 ~~ x8" in outcome.out


def test_what_cannot_be_done(command, write):
    spec = write("m.lav", MODEL)
    both = command("improve", spec, "--data", DATA / "hs.csv", "--folds", "3", "--share", "0.4")
    assert both.code == 2
    assert "--share would do nothing" in both.err
    unknown = command("improve", spec, "--data", DATA / "hs.csv", "--allow", "means")
    assert unknown.code == 2
    assert "residual.covariances" in unknown.err
    none = command("improve", spec)
    assert none.code == 2
    assert "--data" in none.err
