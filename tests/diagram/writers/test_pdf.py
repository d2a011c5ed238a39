"""PDF files: a title, and the picture as a figure with its description."""

import re

import pytest

from sem_toolkit.diagram import DiagramHints
from sem_toolkit.diagram.writers.pdf import write_tags
from tests.diagram.drawing import draw_case


@pytest.fixture(scope="module")
def pdf():
    return draw_case("path_med_fixedx", DiagramHints(title="Médiation (a)")).to_bytes(".pdf", "embedded")


def _read_text(pdf, key):
    digits = re.findall(rb"/%b <FEFF([0-9A-F]*)>" % key, pdf)[-1]
    return bytes.fromhex(digits.decode()).decode("utf-16-be")


def test_title_and_description(pdf):
    assert _read_text(pdf, b"Title") == "Médiation (a)"
    assert _read_text(pdf, b"Alt").startswith("Path diagram with 5 observed variables.")


def test_the_new_objects_are_where_the_table_says(pdf):
    start = int(re.findall(rb"startxref\n(\d+)", pdf)[-1])
    table = pdf[start:]
    assert table.startswith(b"xref\n")
    entries = re.findall(rb"(\d+) 1\n(\d{10}) 00000 n \n", table)
    assert len(entries) == 9
    for number, offset in entries:
        assert pdf[int(offset) :].startswith(b"%d 0 obj\n" % int(number))
    previous = int(re.search(rb"/Prev (\d+)", table).group(1))
    assert pdf[previous:].startswith(b"xref\n")


def test_the_content_of_the_page_belongs_to_the_figure(pdf):
    opening, content, closing = map(int, re.search(rb"/Contents \[(\d+) 0 R (\d+) 0 R (\d+) 0 R\]", pdf).groups())
    assert content < opening < closing
    assert b"/Figure << /MCID 0 >> BDC" in pdf[pdf.index(b"%d 0 obj\n" % opening) :]


def test_the_same_picture_is_the_same_file(pdf):
    again = draw_case("path_med_fixedx", DiagramHints(title="Médiation (a)")).to_bytes(".pdf", "embedded")
    assert again == pdf


def test_another_kind_of_file_is_left_as_it_is():
    assert write_tags(b"%PDF-1.7 /ObjStm", "a", "b") == b"%PDF-1.7 /ObjStm"
