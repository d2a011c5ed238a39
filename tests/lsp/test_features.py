"""Suggestions, hovers, names, outline and colours at stated places."""

import pytest

from sem_toolkit.lsp.coloring import color
from sem_toolkit.lsp.completion import suggest
from sem_toolkit.lsp.document import Document
from sem_toolkit.lsp.hover import describe_place
from sem_toolkit.lsp.names import find_occurrence, find_rename_fault, list_same
from sem_toolkit.lsp.outline import list_folds, list_symbols
from sem_toolkit.spec import parse_spec
from sem_toolkit.spec.renaming import rename_label, rename_variable

TEXT = """#' title: Two factors
#' claim: none
visual =~ x1 + a*x2 + x3
textual =~ x4 + a*x5 + x6
textual ~ b*visual
indirect := a*b
"""
DOCUMENT = Document(TEXT)


@pytest.mark.parametrize(
    ("line", "expected", "kind"),
    [
        ("#' ", "title", "key"),
        ("#' options: {call: cfa, ", "std_lv", "option"),
        ("#' options: {engine:", "semopy", "value"),
        ("visual ", "=~", "operator"),
        ("visual + textual ", "~~", "operator"),
        ("y ~ ", "visual", "factor"),
        ("y ~ x1 + ", "start", "function"),
        ("y ~ ", "a", "label"),
        ("d := ", "indirect", "label"),
        ("a > ", "b", "label"),
    ],
)
def test_what_fits_is_offered(line: str, expected: str, kind: str) -> None:
    document = Document(TEXT + line)
    found = {(entry.label, entry.kind) for entry in suggest(document, len(document.text))}
    assert (expected, kind) in found


def test_nothing_is_offered_in_a_comment() -> None:
    document = Document(TEXT + "y ~ x1 # and ")
    assert suggest(document, len(document.text)) == []


def test_a_hover_tells_rows_and_roles() -> None:
    told = describe_place(DOCUMENT, TEXT.index("a*x5") + 2)
    assert "**x5** · indicator" in told
    assert '`textual =~ x5` · free, label "a"' in told
    assert "fixed to 1" in describe_place(DOCUMENT, TEXT.index("x4"))
    assert "**textual** · factor" in describe_place(DOCUMENT, TEXT.index("textual"))


@pytest.mark.parametrize(
    ("at", "count", "first"), [("a*b", 3, "a*x2"), ("textual ~", 2, "textual =~"), ("b*visual", 2, "b*visual")]
)
def test_every_place_of_a_name_is_found(at: str, count: int, first: str) -> None:
    found = find_occurrence(DOCUMENT.own, TEXT.index(at))
    assert found is not None
    same = list_same(DOCUMENT.own, found)
    assert len(same) == count
    assert next(entry for entry in same if entry.brings_in).start == TEXT.index(first)


@pytest.mark.parametrize(("old", "new", "rename"), [("visual", "v", rename_variable), ("a", "loading", rename_label)])
def test_renaming_by_places_is_the_lossless_edit(old: str, new: str, rename) -> None:
    found = next(
        entry for entry in (find_occurrence(DOCUMENT.own, i) for i in range(len(TEXT))) if entry and entry.name == old
    )
    text = TEXT
    for entry in reversed(list_same(DOCUMENT.own, found)):
        text = text[: entry.start] + new + text[entry.end :]
    assert text == rename(parse_spec(TEXT), old, new)


@pytest.mark.parametrize(("new", "fault"), [("x 1", "is not a name"), ("x4", "already"), ("spatial", "")])
def test_names_that_cannot_be_are_refused(new: str, fault: str) -> None:
    found = find_occurrence(DOCUMENT.own, TEXT.index("visual"))
    assert found is not None
    told = find_rename_fault(DOCUMENT.own, list_same(DOCUMENT.own, found), new)
    assert (fault in told) if fault else not told


def test_the_outline_has_every_statement_and_the_header_folds() -> None:
    symbols = list(list_symbols(DOCUMENT.own))
    assert [(symbol.name, symbol.kind) for symbol in symbols] == [
        ("visual", "factor"),
        ("textual", "factor"),
        ("textual", "regression"),
        ("indirect", "definition"),
    ]
    assert list(list_folds(DOCUMENT.own)) == [(0, 1, "comment")]


def test_colours_follow_meaning() -> None:
    kinds = {TEXT[entry.start : entry.end]: entry.kind for entry in color(DOCUMENT)}
    assert kinds["visual"] == "class"
    assert kinds["x1"] == "variable"
    assert kinds["a"] == "parameter"
    assert kinds["=~"] == "operator"
