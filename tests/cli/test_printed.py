"""`sem-toolkit audit`, `recover` and `reconstruct` on the study's own tables."""

from pathlib import Path

import pandas as pd

ROOT = Path(__file__).parents[2]
PUBLISHED = ROOT / "data" / "published"


def test_audit_finds_the_sample_size_behind_every_table(command, tmp_path):
    outcome = command("audit", PUBLISHED, "--json", "-o", tmp_path / "audit.csv")
    assert outcome.code == 0
    assert set(map(tuple, outcome.record["compatible_n"].values())) == {(77,)}
    verdicts = {entry["verdict"] for entry in outcome.record["checks"]}
    assert verdicts == {"consistent", "inconsistent", "not decidable"}
    assert len(pd.read_csv(tmp_path / "audit.csv")) == len(outcome.record["checks"])
    assert "needs n = 77" in command("audit", PUBLISHED).out or "need n = 77" in command("audit", PUBLISHED).out


def test_audit_of_a_file_that_is_not_there(command, tmp_path):
    outcome = command("audit", tmp_path / "tables.csv")
    assert outcome.code == 2
    assert "tables.csv" in outcome.err
