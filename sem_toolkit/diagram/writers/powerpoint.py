"""Scene → a slide of its size with shapes, texts, and connectors that are glued to the shapes."""

import datetime
import io
from xml.sax.saxutils import escape, quoteattr

from sem_toolkit.diagnostics import DataError, build_missing_package
from sem_toolkit.diagram.content.words import format_printable
from sem_toolkit.diagram.scene.elements import Scene, TextItem
from sem_toolkit.diagram.writers.archive import write_dates
from sem_toolkit.diagram.writers.drawing_ml import EMU, FONTS, Element, format_fill, format_identity
from sem_toolkit.diagram.writers.shapes import build_shapes

SMALLEST_SLIDE = 72.0
"""Smallest side of a slide that PowerPoint opens, in points."""

NAMESPACES = (
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
)


def format_powerpoint(scene: Scene) -> bytes:
    """The content of a PPTX file. Raises DataError where python-pptx is not installed (extra `powerpoint`)."""
    try:
        from pptx import Presentation
        from pptx.oxml import parse_xml
        from pptx.util import Emu
    except ImportError:
        raise DataError(build_missing_package("a .pptx file", "python-pptx", "powerpoint")) from None
    presentation = Presentation()
    presentation.slide_width, presentation.slide_height = (
        Emu(round(max(size, SMALLEST_SLIDE) * EMU)) for size in (scene.width, scene.height)
    )
    blank = presentation.slide_layouts[6]
    slide = presentation.slides.add_slide(blank)
    for element in build_shapes(scene):
        text = _format_element(element, FONTS[scene.style.font])
        slide.shapes._spTree.append(parse_xml(text.replace(">", f" {NAMESPACES}>", 1)))
    properties = presentation.core_properties
    properties.title = format_printable(scene.title or "Path diagram")
    properties.subject = format_printable(scene.description)[:250]
    properties.author = properties.last_modified_by = "sem_toolkit"
    properties.created = properties.modified = datetime.datetime(2000, 1, 1, tzinfo=datetime.UTC)
    buffer = io.BytesIO()
    presentation.save(buffer)
    return write_dates(buffer.getvalue())


def _format_element(element: Element, face: str) -> str:
    """A shape or connector of PresentationML."""
    identity = f"<p:cNvPr {format_identity(element)}/>"
    properties = f"<p:spPr>{element.properties}</p:spPr>"
    if element.glue is not None:
        kind = f"<p:cNvCxnSpPr>{element.glue}</p:cNvCxnSpPr>"
        return f"<p:cxnSp><p:nvCxnSpPr>{identity}{kind}<p:nvPr/></p:nvCxnSpPr>{properties}</p:cxnSp>"
    body = "<p:txBody><a:bodyPr/><a:p/></p:txBody>" if element.text is None else _format_text(element.text, face)
    kind = '<p:cNvSpPr txBox="1"/>' if element.is_text_box else "<p:cNvSpPr/>"
    return f"<p:sp><p:nvSpPr>{identity}{kind}<p:nvPr/></p:nvSpPr>{properties}{body}</p:sp>"


def _format_text(item: TextItem, face: str) -> str:
    """The lines of a text without insets, centred upright; nothing wraps, as the lines are broken already."""
    align, font = "l" if item.align == "left" else "ctr", quoteattr(face)
    run = (
        f'<a:rPr lang="en" sz="{round(100 * item.font_size)}" b="{int(item.bold)}">{format_fill(item.colour)}'
        f"<a:latin typeface={font}/><a:cs typeface={font}/></a:rPr>"
    )
    lines = "".join(
        f'<a:p><a:pPr algn="{align}"/><a:r>{run}<a:t>{escape(format_printable(line))}</a:t></a:r></a:p>'
        for line in item.lines
    )
    return (
        '<p:txBody><a:bodyPr wrap="none" lIns="0" tIns="0" rIns="0" bIns="0" anchor="ctr"><a:noAutofit/></a:bodyPr>'
        f"<a:lstStyle/>{lines or '<a:p/>'}</p:txBody>"
    )
