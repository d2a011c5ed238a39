"""`sem-toolkit simulate` as users run it."""

import pandas as pd
import pytest

POPULATION = "#' title: Mediation\nm ~ .4*x\ny ~ .35*m + .15*x\n"


def test_a_spec_with_values_is_simulated(command, write):
    spec = write("mediation.lav", POPULATION)
    outcome = command("simulate", spec, "--n", "77,200", "--replications", 250)
    assert outcome.code == 0
    assert "Mediation, n = 77, 250 samples" in outcome.out
    assert "Mediation, n = 200, 250 samples" in outcome.out
    assert "variances that are not given" in outcome.err


def test_the_record_has_every_number_with_its_error(command, write):
    spec = write("mediation.lav", POPULATION)
    model = write("partial.lav", "m ~ x\ny ~ m\n")
    record = command("simulate", spec, "--model", spec, "--model", model, "--replications", 250, "--json").record
    assert [entry["model"] for entry in record["simulations"]] == ["Mediation", "partial"]
    second = record["simulations"][1]
    assert second["df"] == 1
    assert 0.0 < second["rejection"]["rate"] < 1.0
    assert second["rejection"]["error"] < 0.032
    assert {"bias", "bias.error", "coverage", "coverage.error", "rejection"} <= set(second["parameters"][0])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--replications", "0"], "nothing to learn from 0"),
        (["--n", "x"], '--n cannot be "x"'),
        (["--alpha", "0"], "alpha cannot be 0"),
        (["--skewness", "2", "--kurtosis", "1"], "above 2"),
        (["--skewness", "w=2"], 'a shape is given for "w"'),
        (["--skewness", "m:2"], '--skewness cannot be "m:2"'),
        (["--generator", "independent"], "a generator would do nothing"),
        (["--skewness", "1", "--generator", "magic"], 'no generator "magic"'),
        (["--missing-rule", "m"], "no rule of missing answers"),
        (["--clusters", "10"], "one is missing"),
        (["--cluster", "school"], "cluster is about rows"),
        (["--find-n", "y ~ x", "--store", "chunks"], "--store would do nothing"),
        (["--target", "0.9"], "--target would do nothing"),
        (["--find-n", "y ~ w"], 'does not estimate "y ~ w"'),
        (["--find-n", "model"], "no degrees of freedom"),
        (["--find-n", "y ~ x", "--target", "2"], "power cannot be 2"),
    ],
)
def test_bad_input_says_what_is_wrong(command, write, arguments, said):
    outcome = command("simulate", write("mediation.lav", POPULATION), *arguments)
    assert outcome.code == 2
    assert said in outcome.err


def test_an_impossible_population_is_named(command, write):
    outcome = command("simulate", write("strong.lav", "y ~ .8*x + .8*z\nx ~~ .3*z\n"))
    assert outcome.code == 2
    assert "no residual variance gives y the variance 1" in outcome.err


def test_the_n_for_a_power_comes_with_its_error(command, write):
    spec = write("mediation.lav", POPULATION)
    outcome = command("simulate", spec, "--find-n", "m ~ x", "--target", 0.9, "--json")
    assert outcome.code == 0
    row = outcome.record["sizes"][0]
    assert row["settled"]
    assert abs(row["n"] - 61) < 4.0 * row["error"] + 2.0  # 61 rows by Satorra & Saris, of the likelihood-ratio test


def test_a_run_goes_on_where_it_was(command, write, tmp_path):
    spec, folder = write("mediation.lav", POPULATION), tmp_path / "chunks"
    given = "simulate", spec, "--replications", 500, "--json", "--store", folder
    first = command(*given)
    next((folder / "n200").glob("*.parquet")).unlink()
    assert command(*given).record == first.record
    assert "another run: it differs in seed" in command(*given, "--seed", 2).err


@pytest.mark.parametrize(("n", "replications"), [(4, 10), (6, 2)])
def test_samples_that_cannot_be_analysed_are_counted(command, write, n, replications):
    spec = write("factor.lav", "f =~ .7*a + .6*b + .5*c + .6*d + .7*e\n")
    outcome = command("simulate", spec, "--n", n, "--replications", replications, "--json")
    ended = {row["outcome"]: row["samples"] for row in outcome.record["simulations"][0]["outcomes"]}
    assert sum(ended.values()) == replications
    if n == 4:  # fewer rows than variables
        assert ended["the sample could not be analysed"] == 10
        assert outcome.code == 1
        assert any(message["code"] == "samples-without-optimum" for message in outcome.record["messages"])


def test_one_sample_is_written_as_a_file(command, write, tmp_path):
    spec = write("scale.lav", "f =~ .8*a + .7*b + .6*c\nf ~~ 1*f\na | -.5*t1 + .5*t2\n")
    path = tmp_path / "rows.csv"
    outcome = command("simulate", spec, "--n", 4000, "--seed", 3, "--missing-rule", "c ~ 0.1", "--draw", path)
    assert (outcome.code, outcome.out) == (0, f"{path}: 4000 rows of a, b, c\n")
    rows = pd.read_csv(path)
    shares = rows["a"].value_counts(normalize=True).sort_index()
    assert list(shares.index) == [1, 2, 3]
    assert shares.to_numpy() == pytest.approx([0.3085, 0.3829, 0.3085], abs=0.025)
    assert rows["c"].isna().mean() == pytest.approx(0.1, abs=0.015)
    assert rows["b"].corr(rows["c"]) == pytest.approx(0.42, abs=0.04)
    first = path.read_bytes()
    command("simulate", spec, "--n", 4000, "--seed", 3, "--missing-rule", "c ~ 0.1", "--draw", path)
    assert path.read_bytes() == first
    refused = command("simulate", spec, "--n", "50,80", "--draw", path)
    assert (refused.code, "would do nothing" in refused.err) == (2, True)
    assert command("simulate", spec, "--draw", tmp_path / "rows.docx").code == 2
