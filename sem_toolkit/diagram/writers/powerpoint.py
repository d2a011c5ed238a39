"""Scene → a slide of its size with shapes, texts, and connectors that are glued to the shapes."""

import datetime
import io

from sem_toolkit.diagnostics import DataError, build_missing_package
from sem_toolkit.diagram.content.words import format_printable
from sem_toolkit.diagram.scene.elements import Scene
from sem_toolkit.diagram.writers.drawing_ml import EMU
from sem_toolkit.diagram.writers.slide import build_slide

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
    for shape in build_slide(scene):
        slide.shapes._spTree.append(parse_xml(shape.replace(">", f" {NAMESPACES}>", 1)))
    properties = presentation.core_properties
    properties.title = format_printable(scene.title or "Path diagram")
    properties.subject = format_printable(scene.description)[:250]
    properties.author = properties.last_modified_by = "sem_toolkit"
    # The same picture is the same file.
    properties.created = properties.modified = datetime.datetime(2000, 1, 1, tzinfo=datetime.UTC)
    buffer = io.BytesIO()
    presentation.save(buffer)
    return buffer.getvalue()
