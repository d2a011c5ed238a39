"""`sem-toolkit power` as users run it."""

import pytest

POPULATION = "m ~ .4*x\ny ~ .35*m + .15*x\n"


def test_degrees_of_freedom_alone_give_the_tests_of_fit(command):
    record = command("power", "--df", 24, "--n", "77,477", "--json").record
    assert [entry["required"]["n"] for entry in record["tests"]] == [375, 374, 421]
    assert record["tests"][0]["power"][0] == {"n": 77, "power": pytest.approx(0.165264, abs=1e-6)}


def test_two_models_are_set_against_each_other(command):
    record = command(
        "power", "--df", "26,24", "--rmsea", "0.06,0.05", "--n", 100, "--likelihood", "wishart", "--json"
    ).record
    assert record["tests"][0]["power"][0]["power"] == pytest.approx(0.352607667847725, abs=1e-10)
    assert record["tests"][0]["required"]["n"] == 288


def test_a_spec_with_values_is_a_population(command, write, tmp_path):
    spec = write("mediation.lav", POPULATION)
    plot = tmp_path / "power.svg"
    outcome = command("power", spec, "--n", 77, "--sensitivity", "--plot", plot)
    assert outcome.code == 0
    assert "y ~ x = 0" in outcome.out
    assert "0.300" in outcome.out  # what 77 rows find of y ~ x
    assert "variances that are not given" in outcome.err
    first = plot.read_bytes()
    command("power", spec, "--n", 77, "--plot", plot)
    assert plot.read_bytes() == first


def test_estimates_of_a_fit_are_a_population(command, write):
    from tests.support import DATA

    spec = write("hs.lav", "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\ntextual ~ visual\n")
    record = command("power", spec, "--data", DATA / "hs.csv", "--n", 77, "--json").record
    assert [entry["test"] for entry in record["tests"]] == ["textual ~ visual = 0"]
    assert record["tests"][0]["std.all"] == pytest.approx(0.461, abs=5e-3)


def test_powers_by_simulation_stand_beside_those_of_the_noncentral_distribution(command, write):
    spec = write("mediation.lav", POPULATION)
    record = command("power", spec, "--n", 300, "--replications", 1000, "--json").record
    for row in record["simulated"]:
        assert abs(row["simulated"] - row["power"]) < 3.5 * row["error"] + 1e-3


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "neither a SPEC nor degrees of freedom"),
        (["--df", "x"], '--df cannot be "x"'),
        (["--df", "24", "--path", "y ~ x"], "--path would do nothing"),
        (["--df", "24,20"], "--rmsea is needed"),
        (["--df", "24", "--rmsea", "0.05,0.06"], "--rmsea has 2 values"),
        (["--df", "24", "--rmsea0", "0.05"], "--rmsea0 is one end"),
        (["--df", "24", "--n", "0"], '--n cannot be "0"'),
        (["--df", "24", "--target", "1.2"], "power cannot be 1.2"),
        (["SPEC", "--df", "24"], "--df would do nothing"),
        (["SPEC", "--seed", "2"], "--seed would do nothing"),
        (["SPEC", "--replications", "0"], "nothing to learn from 0"),
        (["SPEC", "--path", "y ~ w"], 'no parameter "y ~ w"'),
        (["SPEC", "--group", "g"], "group is about rows"),
        (["SPEC", "--plot", "p.doc"], "cannot be written"),
    ],
)
def test_what_has_no_answer_says_so(command, write, arguments, said):
    spec = write("mediation.lav", POPULATION)
    outcome = command("power", *(spec if argument == "SPEC" else argument for argument in arguments))
    assert outcome.code == 2
    assert said in outcome.err
