"""What commands say on standard error while and after they work: bars for terminals only, and the files written."""

import time

import pytest

from sem_toolkit.cli import progress
from sem_toolkit.cli.main import run
from tests.support import DATA

SPEC = "f =~ x1 + x2 + x3 + x4\n"


@pytest.fixture
def model(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "m.lav").write_text(SPEC)
    return ["m.lav", "--data", str(DATA / "hs.csv")]


def test_what_was_written_is_said_in_one_line(model, capsys):
    assert run(["fit", *model, "--report", "r.html", "--receipt", "r.json", "-o", "e.csv"]) == 0
    assert capsys.readouterr().err == "written: e.csv, r.json, r.html\n"


@pytest.mark.parametrize(
    ("arguments", "files"),
    [
        (["scores", "-o", "s.csv"], "s.csv"),
        (["bootstrap", "--draws", "20", "-o", "b.csv"], "b.csv"),
        (["fit", "--json", "--receipt", "r.json"], "r.json"),
    ],
    ids=["scores", "bootstrap", "json"],
)
def test_other_commands_say_it_too(model, capsys, arguments, files):
    assert run([arguments[0], *model, *arguments[1:]]) == 0
    assert f"written: {files}\n" in capsys.readouterr().err


def test_without_a_terminal_nothing_is_shown(capsys):
    with progress.show_progress("models") as watch:
        watch(1, 2, "another")
    with progress.show_work("fitting"):
        pass
    assert capsys.readouterr() == ("", "")


def test_on_a_terminal_work_is_shown_from_a_while_on(capsys, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setattr(progress, "_PATIENCE", 0.05)
    with progress.show_work("fitting"):
        time.sleep(0.3)
    assert "fitting" in capsys.readouterr().err
    monkeypatch.setattr(progress, "_PATIENCE", 60.0)
    with progress.show_work("fitting"):
        pass
    assert "fitting" not in capsys.readouterr().err


def test_a_bar_counts_and_names_what_comes_next(capsys, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    with progress.show_progress("reading") as watch:
        watch(2, 3, "figure")
    said = capsys.readouterr().err
    assert "figure" in said
    assert "2/3" in said
