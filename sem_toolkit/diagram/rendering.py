"""DOT text → files: by the system's `dot` where there is one, otherwise by the graphviz inside pygraphviz.

Both use the engine nop2, which keeps positions, courses and label places as they are, so both draw the same picture.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from sem_toolkit.diagnostics import Diagnostic, SemError
from sem_toolkit.diagram.geometry.metrics import find_font_folder

ImageFormat = Literal["svg", "pdf", "png", "plain"]
Renderer = Literal["auto", "system", "embedded"]


def render_dot(dot: str, image_format: ImageFormat, renderer: Renderer = "auto", engine: str = "nop2") -> bytes:
    """Draw a DOT text. Raises SemError when no renderer is found or graphviz refuses the text."""
    program = shutil.which("dot") if renderer != "embedded" else None
    if renderer == "system" and program is None:
        raise SemError(Diagnostic("error", "no-graphviz", "the program dot was not found", hint="install graphviz"))
    with provide_fonts() as environment:
        if program is not None:
            return _render_by_program(program, dot, image_format, engine, environment)
        return _render_embedded(dot, image_format, engine)


def _render_by_program(
    program: str, dot: str, image_format: ImageFormat, engine: str, environment: dict[str, str]
) -> bytes:
    done = subprocess.run(  # noqa: S603 - a program of the system's, without a shell; the text goes to its input
        [program, f"-K{engine}", f"-T{image_format}"],
        input=dot.encode(),
        capture_output=True,
        env=environment,
        check=False,
    )
    if done.returncode != 0 or not done.stdout:
        message = done.stderr.decode(errors="replace").strip().splitlines()
        raise _build_fault(message[0] if message else f"exit code {done.returncode}")
    return done.stdout


def _render_embedded(dot: str, image_format: ImageFormat, engine: str) -> bytes:
    try:
        import pygraphviz
    except ImportError:
        hint = "install graphviz, or pygraphviz from a wheel that carries it"
        raise SemError(Diagnostic("error", "no-graphviz", "no graphviz was found", hint=hint)) from None
    with silence_errors() as heard:
        try:
            drawing = pygraphviz.AGraph(string=dot).draw(format=image_format, prog=engine)
        except (OSError, ValueError, RuntimeError) as fault:
            raise _build_fault(str(fault)) from None
    if not drawing:
        raise _build_fault(heard.read_text(errors="replace").strip() or "nothing was drawn")
    return bytes(drawing)


def _build_fault(message: str) -> SemError:
    return SemError(Diagnostic("error", "graphviz-failed", f"graphviz could not draw the diagram: {message}"))


@contextmanager
def silence_errors() -> Iterator[Path]:
    """Graphviz in our own process writes remarks to the error stream; keep them in a file instead."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "heard"
        saved = os.dup(2)
        try:
            with path.open("wb") as sink:
                os.dup2(sink.fileno(), 2)
                yield path
        finally:
            os.dup2(saved, 2)
            os.close(saved)


@contextmanager
def provide_fonts() -> Iterator[dict[str, str]]:
    """Let fontconfig find the measured fonts in matplotlib's folder, on machines without any fonts too."""
    if "FONTCONFIG_FILE" in os.environ:
        yield dict(os.environ)
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "fonts.conf"
        path.write_text(_format_font_configuration(), encoding="utf-8")
        os.environ["FONTCONFIG_FILE"] = str(path)
        try:
            yield dict(os.environ)
        finally:
            del os.environ["FONTCONFIG_FILE"]


def _format_font_configuration() -> str:
    from xml.sax.saxutils import escape

    cache = Path(tempfile.gettempdir()) / "sem-toolkit-fonts"
    return (
        '<?xml version="1.0"?>\n<!DOCTYPE fontconfig SYSTEM "fonts.dtd">\n<fontconfig>\n'
        '<include ignore_missing="yes">/etc/fonts/fonts.conf</include>\n'
        f"<dir>{escape(str(find_font_folder()))}</dir>\n<cachedir>{escape(str(cache))}</cachedir>\n</fontconfig>\n"
    )
