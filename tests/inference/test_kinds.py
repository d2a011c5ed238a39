"""Inference reads what a discrepancy says of itself; it never asks for an estimator's name."""

import re
from pathlib import Path
from typing import get_args

import sem_toolkit.inference
from sem_toolkit.estimation import ESTIMATORS
from sem_toolkit.inference.weights.by_kind import COLUMNS
from sem_toolkit.inference.weights.data import DATA_KINDS
from sem_toolkit.sample.sample import Form

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


def test_what_the_data_are_is_asked_nowhere_in_inference():
    """A kind of data is one class a room (`weights.data`, `weights.by_kind`), chosen by the sample's form."""
    root = Path(sem_toolkit.inference.__file__).parent
    asked = re.compile(r"\.(is_incomplete|has_levels|is_categorical)\b|\bsample\.(form|missing)\b")
    names = sorted(str(path.relative_to(root)) for path in root.rglob("*.py") if asked.search(path.read_text()))
    assert names == ["weights/by_kind.py", "weights/data.py", "weights/two_stage.py"]


def test_every_form_of_a_sample_has_a_kind_of_data_and_a_column():
    assert set(DATA_KINDS) == set(COLUMNS) == set(get_args(Form))
