"""`sem-toolkit invariance`: what a reader sees, what is written, and what is said of bad input."""

import pytest

from tests.support import DATA

CFA = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9\n"


def test_ladder_is_shown_written_and_drawn(command, write, tmp_path):
    spec = write("hs.lav", CFA)
    plot, folder = tmp_path / "items.svg", tmp_path / "steps"
    outcome = command(
        "invariance", spec, "--data", DATA / "hs.csv", "--group", "school", "--write", folder, "--plot", plot
    )
    assert outcome.code == 0, outcome.err
    assert "groups of school: Pasteur (n = 156), Grant-White (n = 145)" in outcome.out
    assert "scalar: mixed: fails by difference test, ΔCFI" in outcome.out
    assert "release next: x3~1 (X² = 19.19, df = 1, p < .001; expected change: Pasteur +0.216" in outcome.out
    assert "loadings of x1, x4, x7 are fixed at 1" in outcome.out
    assert plot.read_bytes().startswith(b"<?xml")
    names = {path.name for path in folder.iterdir()}
    assert names >= {"hs-configural.lav", "hs-metric.lav", "hs-scalar.lav", "hs-scalar-partial.lav", "hs-strict.lav"}
    again = command("fit", folder / "hs-scalar-partial.lav", "--json")
    assert again.code == 0, again.err
    assert again.record["fit_measures"]["df"] == 59


def test_record_has_steps_rules_and_releases(command, write):
    spec = write("hs.lav", CFA)
    outcome = command(
        "invariance", spec, "--data", DATA / "hs.csv", "--group", "school", "--estimator", "MLR", "--release",
        "x3~1,x7~1", "--steps", "configural,metric,scalar", "--json",
    )  # fmt: skip
    assert outcome.code == 0, outcome.err
    steps = {row["step"]: row for row in outcome.record["steps"]}
    assert list(steps) == ["configural", "metric", "scalar"]
    assert steps["scalar"]["partial"] == "x3~1, x7~1"
    assert steps["scalar"]["chisq.scaled"] != steps["scalar"]["chisq"]
    assert outcome.record["across"] == "groups"


def test_waves_are_compared(command, write):
    spec = write("panel.lav", "dem60 =~ y1 + y2 + y3 + y4\ndem65 =~ y5 + y6 + y7 + y8\n")
    outcome = command("invariance", spec, "--data", DATA / "poldem.csv", "--time", "dem60,dem65")
    assert outcome.code == 0, outcome.err
    assert "Invariance over time, n = 75" in outcome.out
    assert "residuals of the same item covary over time; added: y1 ~~ y5" in outcome.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--group", "school", "--release", "x3~2"), "cannot be left free"),
        (("--group", "school", "--group-equal", "loadings"), "set themselves"),
        (("--time", "visual,verbal"), "'verbal' is no factor of the model"),
        (("--time", "visual"), "only one is named"),
        (("--group", "schol"), "schol"),
        ((), "needs groups"),
        (("--group", "school", "--plot", "items.doc"), "cannot be written as"),
    ],
)
def test_bad_input_is_said(command, write, arguments, said):
    outcome = command("invariance", write("hs.lav", CFA), "--data", DATA / "hs.csv", *arguments)
    assert outcome.code == 2
    assert said in outcome.err
