"""Files that are not there: each place that reads one tells the nearest name, or what to do."""

from collections.abc import Callable
from pathlib import Path

import pytest

import sem_toolkit as st
from sem_toolkit.diagnostics import SemError, build_missing_file, build_missing_folder, build_missing_name
from sem_toolkit.diagram.content.style import read_style
from sem_toolkit.diagram.places.earlier import read_earlier
from sem_toolkit.fit.reading_receipts import read_receipt
from sem_toolkit.sample import read_moments, read_table
from sem_toolkit.sample.regular import ENDINGS
from sem_toolkit.sample.tables import _READERS
from sem_toolkit.spec import read_spec
from sem_toolkit.study.published import read_publication


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("model.lav", "survey.csv", "figure.svg", "plain.toml", "fit.json", ".secret.csv"):
        (tmp_path / name).write_text("x")
    (tmp_path / "waves").mkdir()
    return tmp_path


@pytest.mark.parametrize(
    ("asked", "hint"),
    [
        pytest.param("survy.csv", 'did you mean "{}/survey.csv"?', id="misspelt"),
        pytest.param("SURVEY.CSV", 'did you mean "{}/survey.csv"?', id="case"),
        pytest.param("survey.sav", 'did you mean "{}/survey.csv"?', id="another ending"),
        pytest.param("survey", 'did you mean "{}/survey.csv"?', id="no ending"),
        pytest.param("other.csv", '"{}" has survey.csv', id="nothing near"),
        pytest.param("model.csv", '"{}" has survey.csv', id="a spec is no table"),
        pytest.param("wave/t1.csv", 'there is no folder "{}/wave"; did you mean "{}/waves"?', id="folder misspelt"),
        pytest.param("abc/def/t1.csv", 'there is no folder "{}/abc"', id="first folder that is missing"),
    ],
)
def test_what_is_suggested(folder: Path, asked: str, hint: str) -> None:
    fault = build_missing_file(folder / asked, endings=ENDINGS)
    assert fault.message == f'there is no file "{folder / asked}"'
    assert fault.hint == hint.replace("{}", str(folder))


def test_what_else_may_help_follows_where_no_name_is_near(folder: Path) -> None:
    fault = build_missing_file(folder / "other.csv", "table", cause=", which x names", hint="give --data")
    assert fault.message == f'there is no table "{folder / "other.csv"}", which x names'
    assert fault.hint == f'"{folder}" has survey.csv; give --data'


def test_an_empty_folder_says_where_paths_begin(tmp_path: Path) -> None:
    assert "a relative path begins" in (build_missing_file(tmp_path / "x.csv").hint or "")
    assert "a relative path begins" in (build_missing_folder(tmp_path / "x").hint or "")


def test_impossible_names_and_long_folders_are_answered(tmp_path: Path) -> None:
    assert build_missing_file("a\x00b").hint
    for number in range(7):
        (tmp_path / f"wave{number}.csv").touch()
    assert build_missing_file(tmp_path / "x.csv").hint == (
        f'"{tmp_path}" has wave0.csv, wave1.csv, wave2.csv, wave3.csv and 3 more'
    )


def test_a_folder_is_suggested_for_a_folder(folder: Path) -> None:
    assert build_missing_folder(folder / "wavs").hint == f'did you mean "{folder / "waves"}"?'


def test_names_that_are_known_are_the_only_ones_told(folder: Path) -> None:
    assert build_missing_name("a/modl.lav", ["a/model.lav"]).hint == 'did you mean "a/model.lav"?'
    assert build_missing_name("zzz.lav", ["a/model.lav"]).hint == "the folder has a/model.lav"
    assert build_missing_name("zzz.lav", []).hint == "the folder holds none"


@pytest.mark.parametrize(
    ("read", "asked", "meant"),
    [
        pytest.param(read_spec, "modle.lav", "model.lav", id="spec"),
        pytest.param(read_table, "survy.csv", "survey.csv", id="data"),
        pytest.param(read_moments, "survy.csv", "survey.csv", id="moments"),
        pytest.param(read_earlier, "figur.svg", "figure.svg", id="picture"),
        pytest.param(read_style, "plane.toml", "plain.toml", id="style"),
        pytest.param(read_receipt, "fot.json", "fit.json", id="receipt"),
        pytest.param(read_publication, "survy.csv", "survey.csv", id="printed tables"),
        pytest.param(lambda path: st.fit("f =~ x1 + x2 + x3", path), "survy.csv", "survey.csv", id="fit"),
    ],
)
def test_each_reader_names_the_nearest(folder: Path, read: Callable[[Path], object], asked: str, meant: str) -> None:
    with pytest.raises(SemError) as caught:
        read(folder / asked)
    fault = caught.value.diagnostics[0]
    assert fault.code == "missing-file"
    assert fault.hint == f'did you mean "{folder / meant}"?'


def test_a_header_says_where_its_paths_begin(folder: Path) -> None:
    (folder / "model.lav").write_text("#' data: other.csv\nf =~ x1 + x2 + x3\n")
    with pytest.raises(SemError) as caught:
        st.fit(folder / "model.lav")
    fault = caught.value.diagnostics[0]
    assert "which the header of" in fault.message
    assert fault.hint == (
        f'"{folder}" has survey.csv; a path in a header begins at the folder of the spec; --data gives other rows'
    )


def test_the_endings_are_those_that_are_read() -> None:
    assert frozenset(_READERS) == ENDINGS
