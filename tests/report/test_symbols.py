"""Symbols of statistics are in italics in every format; names of users and Greek letters are not."""

import re

import pytest

from sem_toolkit.report.export import build_printed, format_printed
from sem_toolkit.report.symbols import mark, split_heading, split_sentence


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("n = 301, ML. χ²(24) = 85.31, p < .001, CFI = .931", "*n* = 301, ML. χ²(24) = 85.31, *p* < .001, CFI = .931"),
        ("Note: exp = 3, r2.n = 4, open n, step: 3", "Note: exp = 3, r2.n = 4, open n, step: 3"),
        ("", ""),
    ],
)
def test_in_a_sentence_what_stands_before_a_sign_is_one(text, marked):
    assert mark(split_sentence(text), "*", "*") == marked


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("p", "*p*"), ("SE", "*SE*"), ("Δdf", "Δ*df*"), ("p, first nearer", "*p*, first nearer"), ("R²", "*R²*"),
        ("χ²", "χ²"), ("CFI", "CFI"), ("part", "part"), ("n of rows", "n of rows"), ("95% CI", "95% CI"),
    ],
)  # fmt: skip
def test_over_a_column_a_symbol_stands_alone(text, marked):
    assert mark(split_heading(text), "*", "*") == marked


def test_every_format_has_italics_over_columns_and_none_in_cells():
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame({"item": ["p", "n < 3"], "pvalue": [0.5, 0.0001]})
    printed = build_printed(frame, "Items", "p < .05.")
    page = format_printed(".html", printed).decode()
    assert '<th class="number"><i>p</i></th>' in page
    assert "<i>p</i> &lt; .05." in page
    assert re.search(r"<td[^>]*>p</td>", page)
    assert "| Item | *p* |" in format_printed(".md", printed).decode()
    assert r"Item & \textit{p} \\" in format_printed(".tex", printed).decode()


def test_word_has_italics(tmp_path):
    docx = pytest.importorskip("docx")
    pd = pytest.importorskip("pandas")
    path = tmp_path / "a.docx"
    path.write_bytes(format_printed(".docx", build_printed(pd.DataFrame({"item": ["p"], "se": [0.5]}), "", "n = 3.")))
    document = docx.Document(str(path))
    head, first = document.tables[0].rows
    assert [run.italic for run in head.cells[1].paragraphs[0].runs] == [True]
    assert not first.cells[0].paragraphs[0].runs[0].italic
    note = [(run.text, bool(run.italic)) for run in document.paragraphs[-1].runs]
    assert note == [("Note. ", True), ("n", True), (" = 3.", False)]
