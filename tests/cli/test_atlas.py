"""`sem-toolkit atlas`: one table of rivals, their texts, and what cannot be made rivals of."""

from tests.support import DATA

MODEL = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\ntextual ~ visual\n"


def test_a_table_the_texts_and_a_receipt(command, write, tmp_path):
    spec = write("m.lav", "#' title: Two\n" + MODEL)
    words = ("atlas", spec, "--data", DATA / "hs.csv", "--write", tmp_path / "rivals", "--workers", "1")
    outcome = command(*words, "--receipt", tmp_path / "r.json", "--plot", tmp_path / "rivals.svg", "--report",
                      tmp_path / "atlas.html")  # fmt: skip
    assert outcome.code == 0, outcome.err
    for text in ("one-factor", "without-visual-textual", "nested in it", "what it changes", "Written:"):
        assert text in outcome.out
    assert "saturated" in outcome.err
    page = (tmp_path / "atlas.html").read_text(encoding="utf-8")
    assert page.count("<table") == 3
    assert 'src="data:image/png;base64,' in page
    written = sorted(path.name for path in (tmp_path / "rivals").iterdir())
    assert "one-factor.lav" in written
    assert "parent: m.lav" in (tmp_path / "rivals" / "without-visual-textual.lav").read_text()
    picture = (tmp_path / "rivals.svg").read_text(encoding="utf-8")
    record = command(*words, "--json").record
    for row in record["models"]:
        drawn = row["chisq"] is not None
        assert any(f">{row['model']}{end}" in picture for end in ("<", ",")) is drawn, row["model"]
    rows = {row["model"]: row for row in record["models"]}
    assert rows["without-visual-textual"]["df"] == rows["given"]["df"] + 1
    assert len(record["written"]) == len(written)
    (tmp_path / "atlas.json").write_text(outcome.out)
    assert command("verify", tmp_path / "r.json").code == 0


def test_what_there_are_no_rivals_of(command, write):
    single = write("single.lav", "f =~ x1\ng =~ x2\n")
    outcome = command("atlas", single, "--data", DATA / "hs.csv")
    assert outcome.code == 2
    assert "one indicator a factor: f (x1); g (x2)" in outcome.err
    assert "three indicators" in outcome.err
    shown = command("atlas", write("m.lav", MODEL), "--data", DATA / "hs.csv", "--plot", "rivals.txt")
    assert shown.code == 2
    assert "is no format for a diagram" in shown.err
    wrong = command("atlas", write("m.lav", MODEL), "--data", DATA / "hs.csv", "--only", "paths")
    assert wrong.code == 2
    assert "measurement, structure" in wrong.err
