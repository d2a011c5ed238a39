"""`sem-toolkit cutoffs` and `fit --cutoffs` as users run them."""

import pytest

from tests.support import DATA

HS = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9\n"
STANDARD = "f =~ .7*a + .6*b + .5*c\ng =~ .7*d + .6*e + .5*h\nf ~~ .3*g\n"


def test_cutoffs_of_a_fit_and_the_specs_behind_them(command, write, tmp_path):
    spec = write("hs.lav", HS)
    folder = tmp_path / "specs"
    outcome = command(
        "cutoffs", spec, "--data", DATA / "hs.csv", "--call", "cfa", "--replications", 100, "--write", folder
    )
    assert outcome.code == 0
    assert "this fit" in outcome.out
    assert "T-size" in outcome.out
    assert [path.name for path in sorted(folder.iterdir())] == [f"hs_level_{level}.lav" for level in range(3)]
    assert "textual =~ 0.4236*x2" in (folder / "hs_level_1.lav").read_text(encoding="utf-8")


def test_cutoffs_of_standardised_values_need_no_data(command, write):
    record = command("cutoffs", write("two.lav", STANDARD), "--n", 300, "--replications", 100, "--json").record
    assert record["kind"] == "dynamic"
    assert [level["level"] for level in record["levels"]] == [0, 1]
    assert record["levels"][1]["misfit"] > 0.0
    assert "g =~" in record["levels"][1]["spec"]


def test_a_fit_shows_cutoffs_when_asked(command, write):
    spec = write("hs.lav", HS)
    record = command("fit", spec, "--data", DATA / "hs.csv", "--call", "cfa", "--cutoffs", "--json").record
    assert record["cutoffs"]["n"] == 301
    assert "cutoffs" not in command("fit", spec, "--data", DATA / "hs.csv", "--call", "cfa", "--json").record


@pytest.mark.parametrize(
    ("text", "arguments", "said"),
    [
        (STANDARD, ["--n", "300", "--replications", "0"], "nothing to learn from 0"),
        (STANDARD, ["--n", "300", "--kind", "magic"], 'no "magic" cut-offs'),
        (STANDARD, ["--n", "300", "--mad", ".05"], "--mad would do nothing"),
        (STANDARD, ["--n", "300", "--kind", "direct", "--mad", "x"], '--mad cannot be "x"'),
        (STANDARD, ["--n", "300", "--kind", "direct", "--mad", "2"], "cannot be 2"),
        (STANDARD, ["--n", "300", "--data", "x.csv"], "there are data and --n"),
        ("y ~ .3*x\n", ["--n", "300", "--kind", "dynamic"], "has a path"),
        (HS, ["--n", "300"], "these have none"),
    ],
)
def test_bad_input_says_what_is_wrong(command, write, text, arguments, said):
    outcome = command("cutoffs", write("model.lav", text), *arguments)
    assert outcome.code == 2
    assert said in outcome.err


def test_several_groups_are_refused(command, write):
    outcome = command("cutoffs", write("hs.lav", HS), "--data", DATA / "hs.csv", "--group", "school")
    assert outcome.code == 2
    assert "one group" in outcome.err
