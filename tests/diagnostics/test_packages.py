"""A package that is missing is named, with the extra that brings it, before anything is computed for its sake."""

import re

import pytest

from sem_toolkit.diagnostics import DataError, require_package
from sem_toolkit.report.document import require_document_format
from sem_toolkit.report.export import require_format
from sem_toolkit.resampling.chunks import ChunkStore


@pytest.mark.parametrize(
    ("use", "said"),
    [
        (lambda path: require_format(path / "t.xlsx"), "a .xlsx file needs the package openpyxl"),
        (lambda path: require_format(path / "t.docx"), "a .docx file needs the package python-docx"),
        (lambda path: require_document_format(path / "r.docx"), "a .docx file needs the package python-docx"),
        (lambda path: ChunkStore.open(path / "draws", {}), "a folder of draws needs the package pyarrow"),
    ],
    ids=["table.xlsx", "table.docx", "report.docx", "draws"],
)
def test_a_missing_package_is_named(use, said, tmp_path, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(DataError, match=re.escape(said)) as caught:
        use(tmp_path)
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == "missing-package"
    assert diagnostic.hint in {f"pip install 'sem-toolkit[{extra}]'" for extra in ("excel", "word", "parquet")}


def test_what_is_installed_is_not_asked_for():
    require_package("a table", "numpy", "all")
