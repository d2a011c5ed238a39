"""Single lines of text in the smallest font, as legends and matrices are made of."""

from sem_toolkit.diagram.content.style import SMALLEST_FONT, DiagramStyle
from sem_toolkit.diagram.geometry.metrics import measure_lines
from sem_toolkit.diagram.geometry.plane import Rectangle
from sem_toolkit.diagram.scene.elements import TextItem


def build_text(
    key: str, text: str, x: float, y: float, style: DiagramStyle, bold: bool = False, centre: bool = False
) -> TextItem:
    """One line of a legend or a matrix, its left end or its middle at (x, y)."""
    size = measure_lines((text,), SMALLEST_FONT, style.font, bold)
    box = Rectangle(x if centre else x + size.width / 2, y, size.width, size.height)
    align = "centre" if centre else "left"
    return TextItem(key, (text,), box, SMALLEST_FONT, style.colours.text, bold, align)  # type: ignore[arg-type]
