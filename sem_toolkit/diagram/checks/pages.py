"""Pictures that their column or page does not hold: by how much, and what makes them smaller."""

from collections.abc import Iterator
from typing import Literal

from sem_toolkit.diagram.content.style import COLUMN_WIDTHS, PAGE_HEIGHT, POINTS_PER_MILLIMETRE
from sem_toolkit.diagram.scene.elements import Scene

ROUNDING = 0.5
"""What a picture may exceed its column by in points, and a page in millimetres."""


def list_overflows(scene: Scene) -> Iterator[tuple[Literal["too-wide", "too-high"], str]]:
    """What a picture exceeds, each with a line for people: what it needs, what there is, and what to do."""
    limit = scene.style.column_width
    if limit is None:
        return
    height = scene.height / POINTS_PER_MILLIMETRE
    if scene.width > limit + ROUNDING:
        needed, wanted = (round(width / POINTS_PER_MILLIMETRE) for width in (scene.width, limit))
        message = f"the picture needs {needed} mm at this font size, the column has {wanted} mm"
        widest = max(scene.nodes, key=lambda node: node.box.width, default=None)
        if widest is not None and widest.box.width > limit:
            alone = round(widest.box.width / POINTS_PER_MILLIMETRE)
            message += f'; the name of "{widest.name}" alone takes {alone} mm, a shorter label helps'
        elif scene.style.column == "single" and needed <= COLUMN_WIDTHS["double"]:
            message += "; a double column holds it"
        elif needed <= PAGE_HEIGHT and height <= COLUMN_WIDTHS["double"]:
            message += "; a page in landscape holds it"
        else:
            message += f"; {_advise(scene)}"
        yield "too-wide", message
    if height > PAGE_HEIGHT + ROUNDING:
        message = f"the picture is {height:.0f} mm high at this font size, a page has {PAGE_HEIGHT:.0f} mm"
        yield "too-high", f"{message}; {_advise(scene)}"


def _advise(scene: Scene) -> str:
    """What makes a picture smaller that fits neither way: what it shows is less, the most dispensable first."""
    roles = {edge.role for edge in scene.edges}
    texts = [edge.label.text.rstrip("*") for edge in scene.edges if edge.label is not None]
    if scene.style.variances != "clean" and "variance" in roles:
        return "without variances (variances clean) it takes less room"
    if any(text.endswith(("]", ")")) or ", p " in text for text in texts):
        return "shorter numbers (significance stars, values standardized) take less room"
    if "loading" in roles and "regression" in roles:
        return "without the indicators (only structural) it takes less room"
    return "shorter labels take less room, and so do parts of it by themselves"
