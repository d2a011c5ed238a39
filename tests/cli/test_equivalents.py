"""`sem-toolkit equivalents`."""

from tests.support import DATA

CHAIN = "m ~ x1\ny1 ~ m\n"


def test_models_are_listed_and_written(command, write, tmp_path):
    spec = write("chain.lav", CHAIN)
    outcome = command("equivalents", spec, "--free-x", "--write", tmp_path / "set", "--json")
    assert outcome.code == 0, outcome.err
    assert outcome.record["complete"] is True
    entries = outcome.record["equivalents"]
    assert [entry["file"] for entry in entries] == [
        str(tmp_path / "set" / f"chain-{n + 1}.lav") for n in range(len(entries))
    ]
    assert len(entries) == 4
    compared = command(
        "compare", spec, *(e["file"] for e in entries), "--free-x", "--data", DATA / "mediation.csv", "--json"
    )
    assert {row["relation"] for row in compared.record["tests"]} == {"equivalent"}


def test_the_list_is_cut_at_its_limit(command, write):
    outcome = command("equivalents", write("chain.lav", CHAIN), "--free-x", "--limit", "1")
    assert outcome.code == 0
    assert "m ~ x1 becomes x1 ~ m" in outcome.out
    assert "The first 1; there may be more" in outcome.out


def test_what_a_label_keeps_is_told(command, write):
    outcome = command("equivalents", write("chain.lav", "m ~ a*x1\ny1 ~ b*m\nz ~ y1\nab := a*b\n"), "--free-x")
    assert "note[labelled-paths-stay]: m ~ x1, y1 ~ m have a label and stay as typed" in outcome.err
    assert "none" in outcome.out


def test_a_model_without_structure_is_wrong_input(command, write):
    outcome = command("equivalents", write("cfa.lav", "f =~ x1 + x2 + x3\n"), "--only", "structure")
    assert outcome.code == 2
    assert "no-structure" in outcome.err


def test_with_data_the_fit_is_equal_and_the_estimates_are_not(command, write):
    spec = write("m.lav", "f =~ x1 + x2 + x3\ng =~ x4 + x5 + x6\ng ~ f\n")
    words = ("equivalents", spec, "--data", DATA / "hs.csv", "--only", "structure")
    outcome = command(*words)
    assert outcome.code == 0, outcome.err
    assert "The fit is the same" in outcome.out
    assert "f ~ g" in outcome.out
    record = command(*words, "--json").record
    fits = {row["model"]: row["chisq"] for row in record["comparison"]["models"]}
    assert len(fits) == len(record["equivalents"]) + 1
    assert max(fits.values()) - min(fits.values()) < 1e-6
    assert record["equivalents"][0]["family"] == "structure"
    assert command(*words, "--only", "paths").code == 2


def test_a_report_has_the_models_and_with_data_the_fits(command, write, tmp_path):
    spec = write("m.lav", CHAIN)
    assert command("equivalents", spec, "--free-x", "--report", tmp_path / "without.md").code == 0
    said = (tmp_path / "without.md").read_text(encoding="utf-8")
    assert "m ~ x1 becomes x1 ~ m" in said
    assert "The fit" not in said
    words = ("equivalents", spec, "--free-x", "--data", DATA / "mediation.csv")
    outcome = command(*words, "--report", tmp_path / "with.html")
    assert "with.html" in outcome.err
    page = (tmp_path / "with.html").read_text(encoding="utf-8")
    assert "The fit is the same" in page
    assert "x1 ~ m" in page
    assert command(*words, "--report", tmp_path / "with.txt").code == 2
