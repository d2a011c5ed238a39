"""Docstrings on pages: aligned lists become lists."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent.parent / "docs" / "site"))


def test_aligned_lines_become_a_list() -> None:
    pytest.importorskip("griffe", reason="the requirements of the documentation are not installed")
    from docstrings import arrange

    text = "Fit a model.\n\nspec, path  where it is\n            and more\ndata        rows: n × p\n\nRaises SemError."
    assert arrange(text) == (
        "Fit a model.\n\n- `spec`, `path`: where it is and more\n- `data`: rows: n × p\n\nRaises SemError."
    )
    plain = "A sentence that\ngoes on.\n\n>>> code  # comment\n3"
    assert arrange(plain) == plain
