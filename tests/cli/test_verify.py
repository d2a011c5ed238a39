"""`sem-toolkit verify`: what moved since a receipt was written, and why it may be."""

import json

from tests.support import DATA

MODEL = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\n"


def test_receipts_of_commands_hold(command, write, tmp_path):
    data = write("hs.csv", (DATA / "hs.csv").read_text())
    spec, rival = write("m.lav", MODEL), write("r.lav", MODEL + "visual ~~ 0*textual\n")
    receipt = tmp_path / "receipt.json"
    for words in (("fit", spec), ("compare", spec, rival), ("invariance", spec, "--group", "school")):
        assert command(*words, "--data", data, "--receipt", receipt).code == 0
        outcome = command("verify", receipt)
        assert outcome.code == 0, outcome.err
        assert outcome.out.startswith("Nothing moved")
        printed = command(*words, "--data", data, "--json")
        (tmp_path / "out.json").write_text(printed.out)
        assert command("verify", tmp_path / "out.json", "--json").record["holds"]


def test_what_moved_is_shown_after_why(command, write, tmp_path):
    text = (DATA / "hs.csv").read_text()
    data, spec, receipt = write("hs.csv", text), write("m.lav", MODEL), tmp_path / "receipt.json"
    command("fit", spec, "--data", data, "--receipt", receipt)
    data.write_text(text.replace("3.3333333", "3.3333334", 1))
    outcome = command("verify", receipt)
    assert outcome.code == 1
    assert "data-changed" in outcome.err
    assert "x1" in outcome.err
    assert "visual =~ x2 est" in outcome.out
    record = command("verify", receipt, "--json").record
    assert record["reasons"][0]["code"] == "data-changed"
    assert 0 < record["largest_change"] < 1e-4


def test_a_receipt_is_never_written_over_what_is_read(command, write):
    spec = write("m.lav", MODEL)
    outcome = command("fit", spec, "--data", DATA / "hs.csv", "--receipt", spec)
    assert outcome.code == 2
    assert "would write over" in outcome.err
    assert spec.read_text() == MODEL


def test_data_that_are_gone(command, write, tmp_path):
    data, spec, receipt = write("hs.csv", (DATA / "hs.csv").read_text()), write("m.lav", MODEL), tmp_path / "r.json"
    command("fit", spec, "--data", data, "--receipt", receipt)
    data.rename(tmp_path / "moved.csv")
    outcome = command("verify", receipt)
    assert outcome.code == 2
    assert "--data" in outcome.err
    assert command("verify", receipt, "--data", tmp_path / "moved.csv").code == 0
    assert json.loads(receipt.read_text())["fits"][0]["data"]["path"].endswith("hs.csv")
