"""Layout files: what they hold, what is refused."""

from pathlib import Path

import pytest

from sem_toolkit.diagnostics import DataError
from sem_toolkit.diagram import Layout, read_layout, write_layout
from sem_toolkit.diagram.places.pins import find_layout_path


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[positions]\nx = [1]", 'position of "x".*is not two numbers'),
        ("[positions]\nx = [1, nan]", "is not two numbers"),
        ("[places]\nx = [1, 2]", r"unknown table \[places\]"),
        ("positions = 3", "is no table"),
        ("[positions", "not valid TOML"),
    ],
)
def test_faults_of_a_layout_file_are_named(tmp_path, text, message):
    path = tmp_path / "a.layout.toml"
    path.write_text(text)
    with pytest.raises(DataError, match=message):
        read_layout(path)


def test_any_name_survives_a_layout_file(tmp_path):
    layout = Layout({'a"b\\c': (1.0, 2.0), "中": (3.0, 4.0), "new\nline": (5.0, 6.0)})
    write_layout(layout, tmp_path / "x.toml")
    assert read_layout(tmp_path / "x.toml") == layout


def test_a_layout_is_kept_beside_its_spec():
    assert find_layout_path("specs/model.v2.lav") == Path("specs/model.v2.layout.toml")
