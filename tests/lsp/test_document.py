"""Diagnostics of a text in an editor are those of `sem-toolkit check`, whatever was typed before."""

import random
from pathlib import Path

import pytest

from sem_toolkit.fit import check_model
from sem_toolkit.lsp.coloring import color
from sem_toolkit.lsp.completion import suggest
from sem_toolkit.lsp.document import Columns, Document
from sem_toolkit.lsp.hover import describe_place
from sem_toolkit.lsp.names import list_occurrences
from sem_toolkit.lsp.outline import list_folds, list_symbols
from sem_toolkit.lsp.positions import TextMap
from sem_toolkit.lsp.protocol import build_diagnostic, build_token_data
from sem_toolkit.spec import parse_spec, read_spec

TEXT = """#' title: Three factors
#' options: {call: cfa}
visual =~ x1 + a*x2 + x3
textual =~ x4 + x5 + equal("visual=~x2")*x6
textual ~ b*visual
x1 ~~ x4
twice := 2*a
a > 0.1
"""
PIECES = (
    *("~", "=~", "+", "*", "(", ")", '"', "\n", ";", ":=", "==", "x1", "f", "1", "#", "c(", "\u00e9", "\x0b"),
    *("#' data: z.csv\n", "level: 1\n"),
)


def _edit(text: str, rng: random.Random) -> str:
    start = rng.randrange(len(text) + 1)
    end = min(len(text), start + rng.choice([0, 0, 1, 3, 12]))
    return text[:start] + rng.choice([*PIECES, ""]) + text[end:]


def _ask_everything(document: Document, offset: int) -> None:
    at = TextMap(document.text)
    for entry in document.diagnostics:
        build_diagnostic(document, at, "untitled:1", entry)
    suggest(document, offset)
    describe_place(document, offset)
    list(color(document)), list(list_symbols(document.own)), list(list_folds(document.own))
    assert all(value >= 0 for value in build_token_data(at, document))
    for entry in list_occurrences(document.own):
        assert document.text[entry.start : entry.end] == entry.name


def _type(seed: int, edits: int) -> None:
    rng, text, known = random.Random(seed), TEXT, Columns()
    for _ in range(edits):
        text = _edit(text, rng) if len(text) < 2000 else TEXT
        document = Document(text, None, known)
        assert document.diagnostics == check_model(parse_spec(text)).diagnostics
        _ask_everything(document, rng.randrange(len(text) + 1))


def test_random_typing_meets_no_fault_and_the_diagnostics_of_a_fresh_check() -> None:
    _type(0, 150)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1, 11))
def test_much_random_typing(seed: int) -> None:
    _type(seed, 1000)


def test_columns_of_the_data_are_known_and_misspelt_ones_told(tmp_path: Path) -> None:
    (tmp_path / "d.csv").write_text("x1,x2,x3\n1,2,3\n2,1,3\n4,4,1\n")
    path = tmp_path / "m.lav"
    text = "#' data: d.csv\nf =~ x1 + x2 + x33\n"
    path.write_text(text)
    document = Document(text, path)
    assert document.columns == ("x1", "x2", "x3")
    found = [entry for entry in document.diagnostics if entry.severity == "error"]
    assert [entry.code for entry in found] == ["unknown-variable"]
    assert [fix.replacement for fix in found[0].fixes] == ["x3"]
    assert {entry.label for entry in suggest(document, len(text) - 1)} >= {"x3"}


def test_what_is_included_counts_and_its_faults_are_named(tmp_path: Path) -> None:
    (tmp_path / "part.lav").write_text("f =~ x1 + x2 + x3\n")
    path, text = tmp_path / "m.lav", "#' include: part.lav\ny ~ f\n"
    path.write_text(text)
    document = Document(text, path)
    assert document.diagnostics == check_model(read_spec(path)).diagnostics
    assert "factor" in describe_place(document, text.index("f\n"))
    (tmp_path / "part.lav").write_text("f =~ x1 +\n")
    (fault,) = [entry for entry in Document(text, path).diagnostics if entry.severity == "error"][:1]
    shown = build_diagnostic(document, TextMap(text), "file:///m.lav", fault)
    assert "part.lav:1" in shown.message
    assert (shown.range.start.line, shown.range.end.line) == (0, 0)
