"""Inference reads what a discrepancy says of itself; it never asks for an estimator's name."""

import re
from pathlib import Path

import sem_toolkit.inference
from sem_toolkit.estimation import ESTIMATORS

NAMES = "|".join(sorted(ESTIMATORS, key=len, reverse=True))


def test_no_file_of_inference_compares_an_estimators_name():
    root = Path(sem_toolkit.inference.__file__).parent
    asked = re.compile(rf"""(==|!=|\bin\b|startswith\()\s*[({{\[]*\s*["'](?:{NAMES})["']|\.estimator\b""")
    found = [
        f"{path.relative_to(root)}:{number}: {line.strip()}"
        for path in sorted(root.rglob("*.py"))
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if asked.search(line) and not line.startswith(("from ", "import "))
    ]
    assert found == []


def test_whether_rows_are_incomplete_or_in_levels_is_asked_where_their_kind_is_chosen():
    """A kind of data is one class (`DataKind`): what it weighs, its derivatives and scores ask for nothing more."""
    folder = Path(sem_toolkit.inference.__file__).parent / "weights"
    asked = re.compile(r"\.(is_incomplete|has_levels)\b")
    assert [path.name for path in sorted(folder.glob("*.py")) if asked.search(path.read_text())] == ["data.py"]
