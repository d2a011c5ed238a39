"""Tables in Word documents, in APA layout."""

import io
from typing import TYPE_CHECKING, Any

from sem_toolkit.report.symbols import Parts, split_heading, split_sentence

if TYPE_CHECKING:
    import pandas as pd

    from sem_toolkit.report.export import Printed


_SIZES = ((5, 11.0), (8, 9.0), (11, 7.5), (100_000, 6.5))
"""Columns up to a number, and the size of type in points with which they fit on a page."""


_MOST_HIGH = 0.85
"""Share of the text's height that a picture takes, so that its caption stays with it."""


def add_table(document: Any, printed: "Printed") -> None:
    """A table with its title and note at the end of a document of python-docx."""
    frame, title, note = printed.frame, printed.title, printed.note
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Pt

    width = len(frame.columns)
    size = Pt(next(points for most, points in _SIZES if width <= most))
    if title:
        heading = document.add_paragraph()
        heading.add_run(title).bold = True
        heading.paragraph_format.space_before = Pt(12)  # a title may stand right below the table before
        heading.paragraph_format.keep_with_next = True
    table = document.add_table(rows=1 + len(frame), cols=width)
    table.autofit = False
    widths = _share_width(frame, float(size.pt), _measure_width(document).pt)
    for column, points in zip(table.columns, widths, strict=True):
        column.width = Pt(points)
    for position, (name, column) in enumerate(zip(frame.columns, table.columns, strict=True)):
        for row, (text, cell) in enumerate(zip([name, *frame[name]], column.cells, strict=True)):
            cell.width = Pt(widths[position])
            paragraph = cell.paragraphs[0]
            if row == 0:
                _add_parts(paragraph, split_heading(str(text)))
            else:
                paragraph.text = str(text)
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
        add_sentence(paragraph, note)


def add_sentence(paragraph: Any, text: str) -> None:
    """A text at the end of a paragraph of python-docx, its symbols in italics."""
    _add_parts(paragraph, split_sentence(text))


def _add_parts(paragraph: Any, parts: Parts) -> None:
    for text, is_symbol in parts:
        paragraph.add_run(text).italic = True if is_symbol else None


def add_picture(document: Any, png: bytes, description: str, caption: str) -> None:
    """A picture as large as goes on a page, with a description for readers who do not see it, and its caption."""
    from docx.shared import Emu

    section = document.sections[-1]
    high = section.page_height - section.top_margin - section.bottom_margin
    shape = document.add_picture(io.BytesIO(png))
    scale = min(_measure_width(document) / shape.width, _MOST_HIGH * high / shape.height)
    shape.width, shape.height = Emu(int(shape.width * scale)), Emu(int(shape.height * scale))
    shape._inline.docPr.set("descr", description)
    if caption:
        document.add_paragraph().add_run(caption).italic = True


def turn_page(document: Any) -> None:
    """Set the pages of a document on their long side."""
    section = document.sections[-1]
    section.page_width, section.page_height = section.page_height, section.page_width


def _measure_width(document: Any) -> Any:
    """The width of the text, a length of python-docx."""
    from docx.shared import Emu

    section = document.sections[-1]
    return Emu(section.page_width - section.left_margin - section.right_margin)


def _share_width(frame: "pd.DataFrame", size: float, whole: float) -> list[float]:
    """The width of each column in points, from its cells at this size of type.

    Every column gets its longest word; what is left goes to those that would take more, in the measure they would.
    """
    letter, margin = 0.65 * size, 12.0
    least, wished = [], []
    for position, name in enumerate(frame.columns):
        cells = [str(name), *map(str, frame.iloc[:, position])]
        words = [word for cell in cells for word in cell.split()]
        least.append(margin + letter * max(map(len, words), default=1))
        wished.append(max(least[-1], margin + letter * max(map(len, cells[1:]), default=0)))
    if sum(wished) <= whole:
        return wished
    more = [wish - need for wish, need in zip(wished, least, strict=True)]
    left = max(whole - sum(least), 0.0) / (sum(more) or 1.0)
    return [need + left * extra for need, extra in zip(least, more, strict=True)]


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
