"""Files are written whole or not at all."""

import pytest

from sem_toolkit.diagnostics import DataError
from sem_toolkit.files import make_folder, write_bytes, write_text


def test_text_is_utf8_and_newlines_stay(tmp_path):
    write_text(tmp_path / "a.txt", "χ² ≤ 1\r\n\n")
    assert (tmp_path / "a.txt").read_bytes() == "χ² ≤ 1\r\n\n".encode()


def test_a_failure_leaves_the_old_file_and_no_other(tmp_path, monkeypatch):
    path = tmp_path / "a.txt"
    write_text(path, "old")
    monkeypatch.setattr("os.fdopen", _raise_full)
    with pytest.raises(DataError, match=r"a\.txt cannot be written: no space"):
        write_bytes(path, b"new")
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.txt"]
    assert path.read_text() == "old"


def test_a_place_that_is_not_there_is_named(tmp_path):
    with pytest.raises(DataError, match="no/such"):
        write_text(tmp_path / "no" / "such" / "a.txt", "x")


def test_a_folder_cannot_replace_a_file(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="cannot be made"):
        make_folder(tmp_path / "file" / "below")
    assert make_folder(tmp_path / "a" / "b").is_dir()


def _raise_full(handle, mode):
    import os

    os.close(handle)
    raise OSError(28, "no space left on device")
