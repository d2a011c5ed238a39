"""Scene → a Word document: the picture as shapes in the text, with the caption below it as Word has captions.

The shapes stand in a drawing canvas, where Word's connectors hold on to them; programs that know no canvas take
the same shapes as a group.
"""

import datetime
import io
from dataclasses import replace
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from sem_toolkit.diagnostics import DataError, Diagnostic, build_missing_package
from sem_toolkit.diagram.content.style import POINTS_PER_MILLIMETRE
from sem_toolkit.diagram.content.words import format_printable
from sem_toolkit.diagram.geometry.metrics import LINE_SPACING
from sem_toolkit.diagram.scene.elements import Scene, TextItem
from sem_toolkit.diagram.scene.furniture import fit_page
from sem_toolkit.diagram.writers.archive import write_dates
from sem_toolkit.diagram.writers.drawing_ml import EMU, FONTS, Element, format_identity
from sem_toolkit.diagram.writers.shapes import build_shapes

LARGEST_PAGE = 1584.0
"""Longest side of a page in Word, in points."""

PAGE = (210 * POINTS_PER_MILLIMETRE, 297 * POINTS_PER_MILLIMETRE)
"""A4 in points; a larger picture gets a page that is larger."""

MARGIN = 36.0
"""Smallest margin of a page in points."""

CAPTION_ROOM = 60.0
"""Height of a page that is kept for the caption, in points."""

_OFFICE = "http://schemas.microsoft.com/office/word/2010"
_OPEN = "http://schemas.openxmlformats.org"
NAMESPACES = " ".join(
    f'xmlns:{prefix}="{uri}"'
    for prefix, uri in {
        "w": f"{_OPEN}/wordprocessingml/2006/main",
        "wp": f"{_OPEN}/drawingml/2006/wordprocessingDrawing",
        "a": f"{_OPEN}/drawingml/2006/main",
        "mc": f"{_OPEN}/markup-compatibility/2006",
        "wps": f"{_OFFICE}/wordprocessingShape",
        "wpg": f"{_OFFICE}/wordprocessingGroup",
        "wpc": f"{_OFFICE}/wordprocessingCanvas",
    }.items()
)


def format_word(scene: Scene) -> bytes:
    """The content of a DOCX file.

    Raises DataError where python-docx is not installed (extra `word`), or no page of Word's holds the picture.
    """
    try:
        from docx import Document
        from docx.oxml import parse_xml
    except ImportError:
        raise DataError(build_missing_package("a .docx file", "python-docx", "word")) from None
    picture = _remove_caption(scene)
    document = Document()
    _set_page(document, picture)
    paragraph = document.add_paragraph()
    paragraph.paragraph_format.space_after, paragraph.paragraph_format.line_spacing = 0, 1.0
    paragraph.add_run()._r.append(parse_xml(_format_choices(picture)))
    if len(picture.texts) < len(scene.texts):
        paragraph.paragraph_format.keep_with_next = True
        _add_caption(document, format_printable(scene.caption), FONTS[scene.style.font])
    properties = document.core_properties
    properties.title = format_printable(scene.title or "Path diagram")
    properties.author = properties.last_modified_by = "sem_toolkit"
    properties.comments = ""
    properties.created = properties.modified = datetime.datetime(2000, 1, 1, tzinfo=datetime.UTC)
    buffer = io.BytesIO()
    document.save(buffer)
    return write_dates(buffer.getvalue())


def _remove_caption(scene: Scene) -> Scene:
    """The scene without its caption, which becomes a paragraph."""
    texts = tuple(item for item in scene.texts if item.key != "caption")
    return scene if len(texts) == len(scene.texts) else fit_page(replace(scene, texts=texts))


def _set_page(document: Any, scene: Scene) -> None:
    """A page that holds the picture and some of its caption: upright, else on its long side, else larger."""
    from docx.enum.section import WD_ORIENT
    from docx.shared import Pt

    width, height = scene.width + 2 * MARGIN, scene.height + 2 * MARGIN + CAPTION_ROOM
    if max(width, height) > LARGEST_PAGE:
        longest = round(LARGEST_PAGE / POINTS_PER_MILLIMETRE)
        needed = " × ".join(str(round(size / POINTS_PER_MILLIMETRE)) for size in (width, height))
        message = f"the picture needs a page of {needed} mm, and pages in Word are at most {longest} mm long"
        raise DataError(Diagnostic("error", "too-large", message, hint="write .pdf, .svg or .pptx"))
    lies = width > PAGE[0] and width <= PAGE[1] and height <= PAGE[0]
    page = PAGE[::-1] if lies else tuple(map(max, (width, height), PAGE))
    section = document.sections[-1]
    section.orientation = WD_ORIENT.LANDSCAPE if page[0] > page[1] else WD_ORIENT.PORTRAIT
    section.page_width, section.page_height = map(Pt, page)
    aside, above = (
        min(2 * MARGIN, (whole - size) / 2) for whole, size in zip(page, (scene.width, height), strict=True)
    )
    section.left_margin = section.right_margin = Pt(aside)
    section.top_margin = section.bottom_margin = Pt(max(MARGIN, above))


def _add_caption(document: Any, text: str, face: str) -> None:
    """A paragraph in the style of captions: "Figure", a number that Word counts, and the text."""
    from docx.oxml import parse_xml
    from docx.shared import Pt, RGBColor

    style = document.styles["Caption"]
    style.font.name, style.font.bold, style.font.size, style.font.color.rgb = face, False, Pt(9), RGBColor(0, 0, 0)
    style.paragraph_format.space_before = Pt(6)
    paragraph = document.add_paragraph(style="Caption")
    paragraph.add_run("Figure ")
    field = r'<w:fldSimple w:instr=" SEQ Figure \* ARABIC "><w:r><w:t>1</w:t></w:r></w:fldSimple>'
    paragraph._p.append(parse_xml(field.replace(" ", f" {NAMESPACES} ", 1)))
    paragraph.add_run(f". {text}")


def _format_choices(scene: Scene) -> str:
    """The picture as a canvas, and as a group for programs that know no canvas."""
    shapes = "".join(_format_element(element, FONTS[scene.style.font]) for element in build_shapes(scene, exact=True))
    size = " ".join(f'{name}="{round(points * EMU)}"' for name, points in (("cx", scene.width), ("cy", scene.height)))
    frame = f'<a:xfrm><a:off x="0" y="0"/><a:ext {size}/><a:chOff x="0" y="0"/><a:chExt {size}/></a:xfrm>'
    canvas = f"<wpc:wpc><wpc:bg/><wpc:whole/>{shapes}</wpc:wpc>"
    group = f"<wpg:wgp><wpg:cNvGrpSpPr/><wpg:grpSpPr>{frame}</wpg:grpSpPr>{shapes}</wpg:wgp>"
    choices = "".join(
        f'<mc:Choice Requires="{prefix}">{_format_drawing(scene, size, kind, content)}</mc:Choice>'
        for prefix, kind, content in (("wpc", "Canvas", canvas), ("wpg", "Group", group))
    )
    return f"<mc:AlternateContent {NAMESPACES}>{choices}</mc:AlternateContent>"


def _format_drawing(scene: Scene, size: str, kind: str, content: str) -> str:
    """What stands in the line of a paragraph, with the description for readers who do not see it."""
    title, description = (quoteattr(format_printable(text)) for text in (scene.title, scene.description))
    return (
        f'<w:drawing><wp:inline distT="0" distB="0" distL="0" distR="0"><wp:extent {size}/>'
        f'<wp:docPr id="1" name="Path diagram" descr={description} title={title}/><wp:cNvGraphicFramePr/>'
        f'<a:graphic><a:graphicData uri="{_OFFICE}/wordprocessing{kind}">{content}</a:graphicData></a:graphic>'
        "</wp:inline></w:drawing>"
    )


def _format_element(element: Element, face: str) -> str:
    """A shape or connector of Word's."""
    if element.glue is not None:
        kind = f"<wps:cNvCnPr>{element.glue}</wps:cNvCnPr>"
    else:
        kind = '<wps:cNvSpPr txBox="1"/>' if element.is_text_box else "<wps:cNvSpPr/>"
    lines = "" if element.text is None else _format_text(element.text, face)
    text = lines and f"<wps:txbx><w:txbxContent>{lines}</w:txbxContent></wps:txbx>"
    body = '<wps:bodyPr wrap="square" lIns="0" tIns="0" rIns="0" bIns="0" anchor="ctr"><a:noAutofit/></wps:bodyPr>'
    identity = f"<wps:cNvPr {format_identity(element)}/>{kind}"
    return f"<wps:wsp>{identity}<wps:spPr>{element.properties}</wps:spPr>{text}{body}</wps:wsp>"


def _format_text(item: TextItem, face: str) -> str:
    """The lines of a text as paragraphs, whose distance is that of the picture: Word cuts off what is taller."""
    align, font = "left" if item.align == "left" else "center", quoteattr(face)
    line = round(20 * LINE_SPACING * item.font_size)
    paragraph = f'<w:spacing w:before="0" w:after="0" w:line="{line}" w:lineRule="exact"/><w:jc w:val="{align}"/>'
    size = round(2 * item.font_size)
    run = (
        f"<w:rFonts w:ascii={font} w:hAnsi={font} w:cs={font}/>{'<w:b/>' if item.bold else ''}<w:noProof/>"
        f'<w:color w:val="{item.colour[1:].upper()}"/><w:sz w:val="{size}"/><w:szCs w:val="{size}"/>'
    )
    lines = "".join(
        f"<w:p><w:pPr>{paragraph}</w:pPr><w:r><w:rPr>{run}</w:rPr>"
        f'<w:t xml:space="preserve">{escape(format_printable(text))}</w:t></w:r></w:p>'
        for text in item.lines
    )
    return lines or "<w:p/>"
