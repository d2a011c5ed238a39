"""The formats of files: suffix → what writes it."""

from collections.abc import Callable, Mapping
from typing import TypeAlias

from sem_toolkit.diagram.content.words import format_printable
from sem_toolkit.diagram.rendering import Renderer, render_dot
from sem_toolkit.diagram.scene.elements import Scene
from sem_toolkit.diagram.writers.dot import format_dot
from sem_toolkit.diagram.writers.pdf import write_tags
from sem_toolkit.diagram.writers.png import write_resolution
from sem_toolkit.diagram.writers.svg import format_svg

Writer: TypeAlias = Callable[[Scene, Renderer], bytes]
"""From a scene to the content of a file; writers that need no graphviz pass over the renderer."""


def _write_svg(scene: Scene, _: Renderer) -> bytes:
    return format_svg(scene)


def _write_pdf(scene: Scene, renderer: Renderer) -> bytes:
    title, description = (format_printable(text) for text in (scene.title or "Path diagram", scene.description))
    return write_tags(render_dot(format_dot(scene), "pdf", renderer), title, description)


def _write_png(scene: Scene, renderer: Renderer) -> bytes:
    return write_resolution(render_dot(format_dot(scene, scene.style.dpi), "png", renderer), scene.style.dpi)


def _write_dot(scene: Scene, _: Renderer) -> bytes:
    return format_dot(scene).encode()


def _write_tikz(scene: Scene, _: Renderer) -> bytes:
    from sem_toolkit.diagram.writers.tikz import format_tikz

    return format_tikz(scene).encode()


def _write_drawio(scene: Scene, _: Renderer) -> bytes:
    from sem_toolkit.diagram.writers.drawio import format_drawio

    return format_drawio(scene)


def _write_powerpoint(scene: Scene, _: Renderer) -> bytes:
    from sem_toolkit.diagram.writers.powerpoint import format_powerpoint

    return format_powerpoint(scene)


def _write_word(scene: Scene, _: Renderer) -> bytes:
    from sem_toolkit.diagram.writers.word import format_word

    return format_word(scene)


WRITERS: Mapping[str, Writer] = {
    ".svg": _write_svg,
    ".pdf": _write_pdf,
    ".png": _write_png,
    ".dot": _write_dot,
    ".tex": _write_tikz,
    ".pptx": _write_powerpoint,
    ".docx": _write_word,
    ".drawio": _write_drawio,
}
