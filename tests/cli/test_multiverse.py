"""`sem-toolkit multiverse`: tables by choice, curves, and files that the next run goes on from."""

from tests.support import DATA

SPEC = """#' choices:
#'   items: as it is | drop x9
#'   estimator: ML | MLR
visual =~ x1 + x2 + x3
speed =~ x7 + x8 + x9
speed ~ visual
"""


def test_tables_and_files(command, write, tmp_path):
    spec, folder = write("m.lav", SPEC), tmp_path / "out"
    words = ("multiverse", spec, "--data", DATA / "hs.csv", "-o", folder, "--workers", "1")
    outcome = command(*words)
    assert "4 specifications" in outcome.out
    assert "speed ~ visual, by choice" in outcome.out
    assert sorted(path.name for path in folder.iterdir()) == [
        "curve-speed-visual.svg", "paths.csv", "results.jsonl", "specifications.csv", "summary.csv",
    ]  # fmt: skip
    first = {path.name: path.read_bytes() for path in folder.iterdir()}
    again = command(*words, "--path", "speed~visual", "--json")
    assert again.record["fitted"] == 0
    assert len(again.record["universes"]) == 4
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == first
    wrong = command(*words, "--path", "speed ~ x1")
    assert wrong.code == 2
    assert "speed ~ visual" in wrong.err


def test_faults_have_a_line(command, write):
    spec = write("m.lav", SPEC.replace("drop x9", "drop x99"))
    outcome = command("multiverse", spec, "--data", DATA / "hs.csv")
    assert outcome.code == 2
    assert "drops x99" in outcome.err
    assert "m.lav:1" in outcome.err
