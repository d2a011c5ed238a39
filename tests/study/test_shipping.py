"""The study's specs and data travel with the package."""

from pathlib import Path

import pytest

from sem_toolkit.diagnostics import SemError
from sem_toolkit.spec import read_spec
from sem_toolkit.study.shipping import PARTS, copy_study, find_shipped


def test_specs_and_data_are_copied_whole_and_never_over_others(tmp_path: Path) -> None:
    written = copy_study(tmp_path / "mine")
    for name, folder in zip(PARTS, written, strict=True):
        source = find_shipped() / name
        files = sorted(path.relative_to(source) for path in source.rglob("*") if path.is_file())
        assert sorted(path.relative_to(folder) for path in folder.rglob("*") if path.is_file()) == files
        assert all((folder / file).read_bytes() == (source / file).read_bytes() for file in files)
    spec = read_spec(tmp_path / "mine" / "model_specs" / "research_model.lav")
    assert (tmp_path / "mine" / "model_specs" / spec.header.data).is_file()
    with pytest.raises(SemError, match="is there already"):
        copy_study(tmp_path / "mine")
