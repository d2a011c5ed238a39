"""Texts are saved as they are typed, with the line ends of the file, and never over another's words."""

import json

import pytest

from sem_toolkit.diagnostics import SpecError
from sem_toolkit.studio.texts import ConflictError, Texts, encode, find_journal
from tests.studio.harness import POLDEM


def test_a_text_is_saved_over_the_version_that_was_seen(studio):
    state = studio.client.get("/api/state").json()
    assert (state["text"], state["data"], state["data_columns"][:2]) == (POLDEM, "poldem.csv", ["y1", "y2"])
    saved = studio.post("save", text=POLDEM + "y2 ~~ y6\n", version=state["version"], page="a")
    assert (studio.folder / "model.lav").read_text() == POLDEM + "y2 ~~ y6\n"
    again = studio.post("save", text=POLDEM, version=saved["version"], page="a")
    assert again["version"] == state["version"]


def test_two_pages_do_not_overwrite_each_other(studio):
    version = studio.client.get("/api/state").json()["version"]
    first = studio.post("save", text="y ~ first\n", version=version, page="a")
    answer = studio.client.post("/api/save", json={"text": "y ~ second\n", "version": version, "page": "b"})
    assert (answer.status_code, answer.json()) == (409, {"text": "y ~ first\n", "version": first["version"]})
    assert (studio.folder / "model.lav").read_text() == "y ~ first\n"
    # What was refused is in the journal, and is not taken for the text of the file.
    assert "y ~ second" in find_journal(studio.folder / "model.lav").read_text()
    state = studio.client.get("/api/state").json()
    assert (state["text"], state["recovered"]) == ("y ~ first\n", False)


def test_another_editor_is_noticed(studio):
    version = studio.client.get("/api/state").json()["version"]
    (studio.folder / "model.lav").write_text("y ~ editor\n")
    answer = studio.client.post("/api/save", json={"text": "y ~ page\n", "version": version, "page": "a"})
    assert (answer.status_code, answer.json()["text"]) == (409, "y ~ editor\n")


def test_the_same_text_is_no_conflict(studio):
    (studio.folder / "model.lav").write_text("y ~ x\n")
    assert studio.post("save", text="y ~ x\n", version="", page="b")["version"]


def test_a_server_that_is_killed_between_journal_and_file_loses_nothing(tmp_path, monkeypatch):
    path = tmp_path / "model.lav"
    path.write_text("y ~ x\n")
    texts = Texts()
    before = texts.read(path)

    def be_killed(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("sem_toolkit.studio.texts.write_bytes", be_killed)
    with pytest.raises(KeyboardInterrupt):
        texts.save(path, "y ~ x + typed\n", before.version, "a")
    assert path.read_text() == "y ~ x\n"
    monkeypatch.undo()
    after = Texts().read(path)
    assert (after.text, after.version, after.recovered) == ("y ~ x + typed\n", before.version, True)
    Texts().save(path, after.text, after.version, "a")
    assert path.read_text() == "y ~ x + typed\n"
    assert not Texts().read(path).recovered


def test_a_file_that_somebody_set_back_is_not_recovered(tmp_path):
    path = tmp_path / "model.lav"
    path.write_text("y ~ x\n")
    texts = Texts()
    texts.save(path, "y ~ x + z\n", texts.read(path).version, "a")
    path.write_text("y ~ x\n")
    assert texts.read(path).text == "y ~ x\n"


def test_a_journal_cut_short_is_read_as_far_as_it_goes(tmp_path):
    path = tmp_path / "model.lav"
    texts = Texts()
    texts.save(path, "y ~ x\n", "", "a")
    with find_journal(path).open("ab") as stream:
        stream.write(b'{"before": "abc", "text": "half')
    assert texts.read(path).text == "y ~ x\n"


def test_a_journal_stays_short(tmp_path):
    path, version = tmp_path / "model.lav", ""
    for number in range(60):
        version = Texts().save(path, f"y ~ x{number}\n" + "# long\n" * 20_000, version, "a")
    assert find_journal(path).stat().st_size < 4 << 20
    last = [json.loads(line) for line in find_journal(path).read_text().splitlines() if "text" in line][-1]
    assert last["text"].startswith("y ~ x59\n")


@pytest.mark.parametrize(
    ("before", "text", "after"),
    [
        (b"a\r\nb\r\n", "a\nnew\nb\n", b"a\r\nnew\r\nb\r\n"),
        (b"a\r\nb\nc\r\n", "a\nb\nnew\nc\n", b"a\r\nb\nnew\r\nc\r\n"),
        (b"a\rb\r", "a\nc\n", b"a\rc\r"),
        (b"\xef\xbb\xbfa\nb", "a\nb\nc", b"\xef\xbb\xbfa\nb\nc"),
        (b"a\r\nb", "a\nb\nc", b"a\r\nb\r\nc"),
        (b"a\nb\r\n", "", b""),
        (None, "a\nb\n", b"a\nb\n"),
    ],
)
def test_line_ends_and_the_mark_stay(before, text, after):
    assert encode(text, before) == after


def test_half_a_character_is_refused(studio):
    version = studio.client.get("/api/state").json()["version"]
    with pytest.raises(SpecError):
        encode("y ~ \ud800", None)
    answer = studio.client.post(
        "/api/save", content=b'{"text": "y ~ \\ud800", "version": "' + version.encode() + b'", "page": "a"}'
    )
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "not-text")
    assert (studio.folder / "model.lav").read_text() == POLDEM


def test_a_new_file_is_made_and_no_other_is_overwritten(studio):
    state = studio.post("new", file="rival.lav", text="dem65 ~ ind60\n", page="a")
    assert (state["file"], state["text"], state["rivals"]) == ("rival.lav", "dem65 ~ ind60\n", ["model.lav"])
    answer = studio.client.post("/api/new", json={"file": "rival.lav"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "file-exists")
    assert studio.post("new", file="empty.lav")["text"] == ""
    assert (studio.folder / "empty.lav").read_bytes() == b""
    assert studio.client.post("/api/open", json={"file": "none.lav"}).status_code == 404
    answer = studio.client.post("/api/new", json={"file": "x.py"})
    assert answer.json()["error"]["code"] == "unknown-format"


def test_conflict_carries_what_is_in_the_file(tmp_path):
    path = tmp_path / "m.lav"
    path.write_bytes(b"a\r\nb\r\n")
    with pytest.raises(ConflictError) as caught:
        Texts().save(path, "c\n", "", "a")
    assert caught.value.current.text == "a\nb\n"
