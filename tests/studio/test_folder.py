"""Names from the page stay within the folder."""

import os

import pytest

from sem_toolkit.diagnostics import DataError
from sem_toolkit.studio.folder import SPECS, TABLES, Folder
from tests.studio.harness import POLDEM


@pytest.fixture
def outside(tmp_path_factory):
    folder = tmp_path_factory.mktemp("outside")
    (folder / "secret.lav").write_text("secret ~ x\n")
    (folder / "secret.csv").write_text("secret,x\n1,2\n")
    return folder.resolve()


BAD = ["../secret.lav", "a/../../secret.lav", "/etc/passwd", "..", ".", "", "~/x.lav/..", ".hidden.lav", ".git/a.lav",
       "a/./../../b.lav", "a\\..\\b.lav", "C:/x.lav", "a\x00.lav", "x" * 2000 + ".lav"]  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_a_name_that_leads_out_is_refused(studio, name):
    with pytest.raises(DataError):
        studio.session.folder.find_spec(name)
    for call in ("open", "new"):
        assert studio.client.post(f"/api/{call}", json={"file": name}).status_code in (400, 404)
    answer = studio.client.post("/api/save", json={"file": name, "text": "x", "version": ""})
    assert answer.status_code == 400
    assert sorted(path.name for path in studio.folder.iterdir()) == ["model.lav", "poldem.csv"]


@pytest.mark.parametrize("name", [None, 3, ["a"], {"a": 1}, True])
def test_a_name_that_is_no_text_is_refused(studio, name):
    assert studio.client.post("/api/open", json={"file": name}).status_code == 400


def test_links_that_lead_out_are_not_followed(studio, outside):
    (studio.folder / "link.lav").symlink_to(outside / "secret.lav")
    (studio.folder / "folder").symlink_to(outside)
    for name in ("link.lav", "folder/secret.lav", "folder/new.lav"):
        assert studio.client.post("/api/open", json={"file": name}).status_code == 400
        answer = studio.client.post("/api/save", json={"file": name, "text": "y ~ x", "version": ""})
        assert answer.status_code == 400
    assert (outside / "secret.lav").read_text() == "secret ~ x\n"
    assert not (outside / "new.lav").exists()
    listed = studio.client.get("/api/state").json()
    assert listed["files"] == ["model.lav"]
    assert listed["datasets"] == ["poldem.csv"]


def test_a_link_within_the_folder_is_followed(studio):
    (studio.folder / "link.lav").symlink_to(studio.folder / "model.lav")
    assert studio.post("open", file="link.lav")["text"] == POLDEM


def test_a_text_cannot_name_data_outside(studio, outside):
    for named in (str(outside / "secret.csv"), os.path.relpath(outside / "secret.csv", studio.folder)):
        text = f"#' data: {named}\nsecret ~ x\n"
        found = studio.post("complete", text=text, offset=len(text), page="a")
        assert "column" not in {item["kind"] for item in found["items"]}
        answer = studio.post("analyse", text=text, sequence=1, page="a")
        assert answer["fit"] is None
        assert "outside-folder" in {entry["code"] for entry in answer["diagnostics"]}


def test_a_text_cannot_include_what_is_outside(studio, outside):
    text = f"#' include: {os.path.relpath(outside / 'secret.lav', studio.folder)}\ny ~ x\n"
    answer = studio.post("analyse", text=text, sequence=1, page="a")
    assert "secret ~" not in str(answer)
    assert any("outside of the folder" in entry["message"] for entry in answer["diagnostics"])


def test_a_text_cannot_show_a_codebook_outside(studio, outside):
    (outside / "codebook.csv").write_text("item,label\nx1,SECRET\n")
    text = f"#' diagram: {{codebook: {outside / 'codebook.csv'}}}\n{POLDEM}"
    answer = studio.post("analyse", text=text, sequence=1, page="a")
    assert "SECRET" not in str(answer)
    assert "outside-folder" in {entry["code"] for entry in answer["diagnostics"]}


def test_files_that_were_named_at_the_start_may_be_read_from_anywhere(tmp_path, outside):
    folder = Folder(tmp_path.resolve(), frozenset({outside / "secret.csv"}))
    folder.require_readable(outside / "secret.csv")
    with pytest.raises(DataError):
        folder.require_readable(outside / "secret.lav")


def test_what_is_listed_is_bounded_and_visible(tmp_path):
    deep = tmp_path / "a" / "b" / "c" / "d"
    deep.mkdir(parents=True)
    for folder in (tmp_path, deep, tmp_path / "a"):
        (folder / "m.lav").touch()
    (tmp_path / ".hidden").mkdir()
    (tmp_path / ".hidden" / "m.lav").touch()
    for number in range(600):
        (tmp_path / f"d{number}.csv").touch()
    folder = Folder(tmp_path.resolve())
    assert folder.list_files(SPECS) == ["m.lav", "a/m.lav"]
    assert len(folder.list_files(TABLES)) == 500
