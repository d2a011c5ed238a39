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


def test_sentences_of_commands_are_wrapped_and_tables_are_not() -> None:
    pytest.importorskip("mkdocs", reason="the requirements of the documentation are not installed")
    from hooks import WIDTH, wrap_sentence

    sentence = "  help: " + "correct slips in the data " * 8
    wrapped = wrap_sentence(sentence.rstrip())
    assert wrapped.split() == sentence.split()
    assert all(len(line) <= WIDTH for line in wrapped.splitlines())
    assert [line[:4] for line in wrapped.splitlines()[1:]] == ["    "] * (len(wrapped.splitlines()) - 1)
    for line in (" x1    1.000   " * 9, "$ sem-toolkit fit model.lav " + "--all " * 20, " ────" * 30, "a,b," * 40):
        assert wrap_sentence(line) == line
