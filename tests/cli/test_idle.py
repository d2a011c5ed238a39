"""Flags of the command: each does what it says with every other, or is refused."""

import pytest

from tests.support import DATA

ROWS = ("--data", DATA / "hs.csv", "--engine", "native")
MEDIATION = "x3 ~ a*x2\nx1 ~ b*x3 + x2\n"


@pytest.fixture
def spec(write):
    return write("m.lav", MEDIATION)


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (("--draws", 100), "--draws would do nothing"),
        (("--mi", "--draws", 100), "--draws would do nothing"),
        (("--effects", "--seed", 3), "--seed would do nothing"),
        (("--residual-type", "raw"), "--residual-type would do nothing"),
        (("--table", "parameters", "--residual-type", "raw"), "--residual-type would do nothing"),
        (("--table", "r2", "--level", "0.8"), "--level would do nothing: nothing of it is seen in r2"),
        (
            ("--table", "r2", "--table", "htmt", "--se", "none"),
            "--se would do nothing: nothing of it is seen in r2, htmt",
        ),
        (("--table", "parameters", "--test", "satorra.bentler"), "--test would do nothing"),
    ],
)
def test_settings_of_what_is_not_shown_are_refused(command, spec, flags, words) -> None:
    outcome = command("fit", spec, *ROWS, *flags)
    assert outcome.code == 2
    assert words in outcome.err


def test_draws_reach_the_summary_and_json(command, spec) -> None:
    flags = ("--effects", "--draws", 200, "--seed", 5)
    assert "mc.lower" in command("fit", spec, *ROWS, *flags).out
    record = command("fit", spec, *ROWS, *flags, "--json").record
    other = command("fit", spec, *ROWS, "--effects", "--draws", 200, "--seed", 6, "--json").record
    assert record["effects"][0].keys() >= {"mc_lower", "mc_upper"}
    assert record["effects"] != other["effects"]


def test_a_cause_and_an_outcome_choose_effects(command, spec) -> None:
    flags = ("--cause", "x2", "--outcome", "x3")
    rows = command("fit", spec, *ROWS, *flags, "--json").record["effects"]
    assert rows
    everything = command("fit", spec, *ROWS, "--effects", "--json").record["effects"]
    assert len(rows) < len(everything)
    shown = command("fit", spec, *ROWS, *flags).out
    assert len(shown) < len(command("fit", spec, *ROWS, "--effects").out)


def test_flags_add_blocks_to_json_and_tables_to_tables(command, spec) -> None:
    flags = ("--mi", "--residuals", "--reliability", "--standardized")
    bare, asked = (command("fit", spec, *ROWS, *more, "--json").record for more in ((), flags))
    added = {"modification_indices", "residuals_cor", "reliability", "standardized"}
    assert asked.keys() - bare.keys() == added
    tables = command("fit", spec, *ROWS, "--table", "r2", "--mi").out
    assert "Modification indices" in tables
    assert "Explained variance" in tables


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (("--schematic", *ROWS[:2]), "--data would do nothing"),
        (("--misfit",), "--misfit would do nothing"),
        (("--misfit", "--schematic"), "--misfit would do nothing"),
        (("--overlay", "--draw-group", 2), "--draw-group would do nothing"),
    ],
)
def test_flags_of_a_diagram_that_change_nothing_are_refused(command, spec, tmp_path, flags, words) -> None:
    outcome = command("diagram", spec, "-o", tmp_path / "d.svg", *flags)
    assert outcome.code == 2
    assert words in outcome.err


def test_counts_are_typed_as_numbers(command, spec) -> None:
    outcome = command("fit", spec, *ROWS, "--se", "bootstrap", "--bootstrap", 20, "--iseed", 3)
    assert outcome.code == 0
    assert "bootstrap (20 samples of the rows, seed 3" in outcome.out
    assert "'5.5' is not" in command("fit", spec, *ROWS, "--se", "bootstrap", "--bootstrap", "5.5").err
