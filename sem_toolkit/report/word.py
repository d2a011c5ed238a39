"""Tables in Word documents, in APA layout."""

import io
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sem_toolkit.report.export import Printed


_SIZES = ((5, 11.0), (8, 9.0), (11, 7.5), (100_000, 6.5))
"""Columns up to a number, and the size of type in points with which they fit on a page."""


def add_table(document: Any, printed: "Printed") -> None:
    """A table with its title and note at the end of a document of python-docx."""
    frame, title, note = printed.frame, printed.title, printed.note
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Pt

    width = len(frame.columns)
    size = Pt(next(points for most, points in _SIZES if width <= most))
    if title:
        document.add_paragraph().add_run(title).bold = True
    table = document.add_table(rows=1 + len(frame), cols=len(frame.columns))
    for position, name in enumerate(frame.columns):
        for number, cell in enumerate([name, *frame[name]]):
            paragraph = table.cell(number, position).paragraphs[0]
            paragraph.text = str(cell)
            paragraph.paragraph_format.space_after = 0
            for run in paragraph.runs:
                run.font.size = size
            if name in printed.numbers:
                paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    for number, edges in ((0, ("top", "bottom")), (len(frame), ("bottom",))):
        for cell in table.rows[number].cells:
            _draw_rules(cell, edges)
    if note:
        paragraph = document.add_paragraph()
        paragraph.add_run("Note. ").italic = True
        paragraph.add_run(note)


def add_picture(document: Any, png: bytes, description: str, caption: str) -> None:
    """A picture as wide as the text, with a description for readers who do not see it, and its caption."""
    section = document.sections[-1]
    width = section.page_width - section.left_margin - section.right_margin
    document.add_picture(io.BytesIO(png), width=width)
    document.inline_shapes[-1]._inline.docPr.set("descr", description)
    if caption:
        document.add_paragraph().add_run(caption).italic = True


def _draw_rules(cell: object, edges: tuple[str, ...]) -> None:
    """Borders of a Word cell; python-docx has no call for them, so the element is made by hand."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    borders = OxmlElement("w:tcBorders")
    for edge in edges:
        rule = OxmlElement(f"w:{edge}")
        for name, value in (("val", "single"), ("sz", "8"), ("color", "000000")):
            rule.set(qn(f"w:{name}"), value)
        borders.append(rule)
    cell._tc.get_or_add_tcPr().append(borders)  # type: ignore[attr-defined]
