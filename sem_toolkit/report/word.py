"""Tables in Word documents, in APA layout."""

import io
from typing import TYPE_CHECKING, Any

from sem_toolkit.report.symbols import Parts, split_heading, split_sentence

if TYPE_CHECKING:
    import pandas as pd

    from sem_toolkit.report.export import Printed


_SIZES = ((5, 11.0), (8, 9.0), (11, 7.5), (100_000, 6.5))
"""Columns up to a number, and the size of type in points with which they fit on a page."""


_UPRIGHT = 11
"""Columns up to which the type is not too small for a page on its short side."""
_KEPT = 20
"""Rows of a table that is not parted between two pages."""
_MOST_HIGH = 0.85
"""Share of the text's height that a picture takes, so that its caption stays with it."""


def add_table(document: Any, printed: "Printed") -> None:
    """A table with its title and note at the end of a document of python-docx."""
    frame, title, note = printed.frame, printed.title, printed.note
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Pt

    width = len(frame.columns)
    size = Pt(_choose_size(frame))
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
            paragraph.paragraph_format.keep_with_next = row < len(frame) if len(frame) <= _KEPT else row == 0
            for run in paragraph.runs:
                run.font.size = size
            if name in printed.numbers:
                paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    _repeat_row(table.rows[0])
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


def fits_upright(document: Any, frame: "pd.DataFrame") -> bool:
    """Whether a table has room on a page of the document that stands on its short side."""
    if len(frame.columns) > _UPRIGHT:
        return False
    from docx.shared import Emu

    section = document.sections[0]
    short = min(section.page_width, section.page_height) - section.left_margin - section.right_margin
    return sum(_measure_least(frame, _choose_size(frame))) <= float(Emu(short).pt)


def turn_page(document: Any, *, is_wide: bool) -> None:
    """Go on, if need be on a new page, with pages on their long side (wide) or on their short one."""
    from docx.enum.section import WD_ORIENT

    section = document.sections[-1]
    if is_wide == (section.page_width > section.page_height):
        return
    if len(document.element.body) > 1:  # something stands on it
        section = document.add_section()
    section.page_width, section.page_height = section.page_height, section.page_width
    section.orientation = WD_ORIENT.LANDSCAPE if is_wide else WD_ORIENT.PORTRAIT


def _measure_width(document: Any) -> Any:
    """The width of the text, a length of python-docx."""
    from docx.shared import Emu

    section = document.sections[-1]
    return Emu(section.page_width - section.left_margin - section.right_margin)


_LETTER, _MARGIN = 0.65, 12.0
"""Width of a letter in sizes of type, and of what is left free in a cell in points."""


def _choose_size(frame: "pd.DataFrame") -> float:
    return next(points for most, points in _SIZES if len(frame.columns) <= most)


def _measure_least(frame: "pd.DataFrame", size: float) -> list[float]:
    """What the longest word of each column takes in points, at this size of type."""
    columns = [[str(name), *map(str, frame.iloc[:, k])] for k, name in enumerate(frame.columns)]
    # no line ends before a point, and so "< .001" is one word
    words = [[len(word) for cell in cells for word in cell.replace("< ", "<_").split()] for cells in columns]
    return [_MARGIN + _LETTER * size * max(own, default=1) for own in words]


def _share_width(frame: "pd.DataFrame", size: float, whole: float) -> list[float]:
    """The width of each column in points, from its cells at this size of type.

    Every column gets its longest word; what is left goes to those that would take more, in the measure they would.
    """
    least = _measure_least(frame, size)
    longest = [max((len(str(cell)) for cell in frame.iloc[:, k]), default=0) for k in range(len(least))]
    wished = [max(need, _MARGIN + _LETTER * size * letters) for need, letters in zip(least, longest, strict=True)]
    if sum(wished) <= whole:
        return wished
    more = [wish - need for wish, need in zip(wished, least, strict=True)]
    left = max(whole - sum(least), 0.0) / (sum(more) or 1.0)
    return [need + left * extra for need, extra in zip(least, more, strict=True)]


def _repeat_row(row: Any) -> None:
    """Let a row of a table stand on top of it on every page."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    mark = OxmlElement("w:tblHeader")
    mark.set(qn("w:val"), "true")
    row._tr.get_or_add_trPr().append(mark)


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
