"""Scene → a LaTeX document (class standalone, package tikz) that draws it.

Every engine of TeX compiles it as long as names are in Latin or Greek letters; for other scripts it asks for LuaLaTeX.
"""

import re
from collections.abc import Iterable, Iterator, Mapping

import numpy as np

from sem_toolkit.diagram.geometry.curves import is_straight
from sem_toolkit.diagram.geometry.metrics import LINE_SPACING
from sem_toolkit.diagram.geometry.plane import FloatArray, Rectangle
from sem_toolkit.diagram.scene.connections import collect_boxes, find_ports
from sem_toolkit.diagram.scene.elements import (
    ARROW_LENGTH,
    ARROW_WIDTH,
    CORNERS,
    DASHES,
    PAGE,
    EdgeShape,
    NodeShape,
    Scene,
    grow_halo,
)
from sem_toolkit.diagram.writers.tex_text import escape_tex, protect_line

PREAMBLE = r"""\documentclass[border=0bp]{standalone}
\usepackage{iftex}
\ifPDFTeX
  \usepackage[T1]{fontenc}
  \usepackage[utf8]{inputenc}
  \usepackage{lmodern}
\else
  \usepackage{fontspec}
  \IfFontExistsTF{DejaVu Sans}{\setsansfont{DejaVu Sans}}{}
\fi
\usepackage{tikz}
\usetikzlibrary{shapes.geometric, arrows.meta}
\pgfdeclarelayer{stages}
\pgfdeclarelayer{paths}
\pgfdeclarelayer{numbers}
\pgfsetlayers{stages,paths,numbers,main}
\renewcommand{\familydefault}{\sfdefault}
"""
OTHER_SCRIPTS = (
    "Noto Sans CJK SC",
    "Source Han Sans SC",
    "FandolHei",
    "Droid Sans Fallback",
    "PingFang SC",
    "Microsoft YaHei",
    "Noto Sans",
    "FreeSans",
)
"""Fonts for scripts that DejaVu lacks, the best first; a character comes from the first that has it."""

NODE_STYLES = {"ellipse": "latent", "rectangle": "observed", "hexagon": "composite", "triangle": "constant"}
SHAPES = {"ellipse": "ellipse", "rectangle": "rectangle", "hexagon": "rectangle", "triangle": "rectangle"}


def format_tikz(scene: Scene) -> str:
    """A complete LaTeX document; lengths are big points, the unit of the scene.

    Variables are nodes with names; the paths start and end relative to them, so that these move with their variables.
    """
    names = name_nodes(scene)
    body = "\n".join(
        [
            r"\begin{tikzpicture}[x=1bp, y=1bp, line width=0.8bp]",
            rf"\useasboundingbox (0,0) rectangle ({scene.width:.2f},{scene.height:.2f});",
            *_iterate_layer("stages", _iterate_bands(scene)),
            *(line for node in scene.nodes for line in _iterate_node(scene, node, names[node.name])),
            *_iterate_layer("paths", (_format_path(scene, edge, names) for edge in (*scene.edges, *scene.samples))),
            *_iterate_layer("numbers", (line for edge in scene.edges for line in _iterate_label(scene, edge))),
            *_iterate_texts(scene),
            r"\end{tikzpicture}",
        ]
    )
    magic, fallback = ("", "") if _is_simple(body) else ("% !TeX program = lualatex\n", _format_fallback())
    settings = "\n".join([*_iterate_colours(scene), *_iterate_styles(scene)])
    return f"{magic}{PREAMBLE}{fallback}{settings}\n\\begin{{document}}\n{body}\n\\end{{document}}\n"


def name_nodes(scene: Scene) -> dict[str, str]:
    """Variable → the name of its node: its own where TikZ takes that, otherwise a number."""
    found: dict[str, str] = {}
    for number, node in enumerate(scene.nodes, 1):
        plain = re.fullmatch(r"[A-Za-z][A-Za-z0-9_ -]*", node.name) is not None
        found[node.name] = node.name if plain else f"variable {number}"
    return found


def _format_fallback() -> str:
    """Where the characters come from that the usual font lacks: those of some fonts that are installed."""
    fonts = "\n".join(
        rf'  \IfFontExistsTF{{{font}}}{{\edef\otherscripts{{\otherscripts "{font}:mode=node;",}}}}{{}}'
        for font in OTHER_SCRIPTS
    )
    return rf"""\ifLuaTeX
  \def\otherscripts{{}}
{fonts}
  \ifx\otherscripts\empty
  \errmessage{{no font has the scripts of this picture: install Noto Sans CJK or FreeSans}}
  \else
  \directlua{{luaotfload.add_fallback("otherscripts", {{\otherscripts}})}}
  \IfFontExistsTF{{DejaVu Sans}}{{\setsansfont{{DejaVu Sans}}[RawFeature={{fallback=otherscripts}}]}}{{}}
  \fi
\fi
"""


def _is_simple(text: str) -> bool:
    """Whether LaTeX's 8-bit engine knows all characters."""
    return all(ord(character) < 0x250 or character in "‘’“”" for character in text)


def _collect_colours(scene: Scene) -> list[str]:
    found = [node.fill for node in scene.nodes] + [node.outline for node in scene.nodes]
    found += [edge.colour for edge in (*scene.edges, *scene.samples)]
    found += [edge.label.colour for edge in scene.edges if edge.label is not None]
    found += [item.colour for item in scene.texts] + [band.fill for band in scene.bands]
    theme = scene.style.colours
    return sorted({colour.lower() for colour in (*found, theme.text, theme.band_text, PAGE)})


def _iterate_colours(scene: Scene) -> Iterator[str]:
    for colour in _collect_colours(scene):
        yield rf"\definecolor{{{_name_colour(colour)}}}{{HTML}}{{{colour[1:].upper()}}}"


def _name_colour(colour: str) -> str:
    return f"c{colour[1:].lower()}"


def _format_point(scene: Scene, point: FloatArray) -> str:
    return f"({point[0]:.2f},{scene.height - point[1]:.2f})"


def _iterate_styles(scene: Scene) -> Iterator[str]:
    """What all variables of a kind, and all numbers, have in common: to be changed in one place."""
    yield r"\tikzset{"
    text = _name_colour(scene.style.colours.text)
    yield rf"  words/.style={{inner sep=0bp, outer sep=0bp, align=center, text={text}}},"
    yield r"  any variable/.style={inner sep=0bp, outer sep=0bp},"
    for shape, name in NODE_STYLES.items():
        node = next((node for node in scene.nodes if node.shape == shape), None)
        if node is not None:
            paint = f"draw={_name_colour(node.outline)}, fill={_name_colour(node.fill)}"
            yield f"  {name}/.style={{any variable, {SHAPES[shape]}, {paint}}},"
    yield rf"  arrowhead/.tip={{Triangle[length={ARROW_LENGTH:g}bp, width={ARROW_WIDTH:g}bp]}},"
    for name, (on, off) in DASHES.items():
        yield f"  {name} path/.style={{dash pattern=on {on:g}bp off {off:g}bp}},"
    yield "}"


def _iterate_layer(name: str, lines: Iterable[str]) -> Iterator[str]:
    yield rf"\begin{{pgfonlayer}}{{{name}}}"
    yield from lines
    yield r"\end{pgfonlayer}"


def _iterate_bands(scene: Scene) -> Iterator[str]:
    for band in scene.bands:
        low, high = scene.height - band.box.bottom, scene.height - band.box.top
        yield (
            rf"\fill[{_name_colour(band.fill)}] ({band.box.left:.2f},{low:.2f}) "
            rf"rectangle ({band.box.right:.2f},{high:.2f});"
        )
        yield _format_text(
            scene,
            band.title_box.x,
            band.title_box.y,
            (rf"\textbf{{{escape_tex(band.title)}}}",),
            scene.style.font_size,
            scene.style.colours.band_text,
            "centre",
        )


def _format_path(scene: Scene, edge: EdgeShape, names: Mapping[str, str]) -> str:
    """A path between its variables; points between the ends of a longer course stay where they are."""
    boxes = collect_boxes(scene)
    ports = find_ports(edge, boxes)
    curve = edge.curve
    start, end = (
        _format_point(scene, point) if port is None else _format_beside(boxes[port.name], point, names[port.name])
        for port, point in zip(ports, (curve[0], curve[-1]), strict=True)
    )
    options = [_name_colour(edge.colour), f"line width={edge.width:g}bp"]
    options += [f"{edge.pattern} path"] if edge.pattern != "solid" else []
    options += [f"{'arrowhead' if edge.tail else ''}-{'arrowhead' if edge.head else ''}"]
    if is_straight(curve):
        course = "--"
    else:
        pieces = []
        for k in range(1, len(curve), 3):
            towards = [curve[k] - curve[k - 1], curve[k + 1] - curve[k + 2]]
            first, second = (f"+({step[0]:.2f},{-step[1]:.2f})" for step in towards)
            pieces.append(f".. controls {first} and {second} ..")
            pieces += [_format_point(scene, curve[k + 2])] if k + 3 < len(curve) else []
        course = " ".join(pieces)
    return rf"\draw[{', '.join(options)}] {start} {course} {end};"


def _format_beside(box: Rectangle, point: FloatArray, name: str) -> str:
    """A point by its distance from the middle of a variable."""
    return f"([shift={{({point[0] - box.x:.2f},{box.y - point[1]:.2f})}}]{name}.center)"


def _iterate_label(scene: Scene, edge: EdgeShape) -> Iterator[str]:
    """The number of a path on a ground that covers lines beside it."""
    label = edge.label
    if label is None:
        return
    box, ground = grow_halo(label.box), _name_colour(scene.find_ground(label.box))
    low, high = scene.height - box.bottom, scene.height - box.top
    yield rf"\fill[{ground}] ({box.left:.2f},{low:.2f}) rectangle ({box.right:.2f},{high:.2f});"
    text = tuple(escape_tex(line) for line in label.lines)
    yield _format_text(scene, label.box.x, label.box.y, text, label.font_size, label.colour, "centre")


def _iterate_node(scene: Scene, node: NodeShape, name: str) -> Iterator[str]:
    """A variable as a node of its size, and its text in another, as a node would grow around its own text."""
    size = f"minimum width={node.box.width:.2f}bp, minimum height={node.box.height:.2f}bp"
    usual = next(other for other in scene.nodes if other.shape == node.shape)
    options = [NODE_STYLES[node.shape], size]
    if (node.fill, node.outline) != (usual.fill, usual.outline):
        options.append(f"draw={_name_colour(node.outline)}, fill={_name_colour(node.fill)}")
    options += ["dashed path"] if node.dashed else []
    cornered = node.shape in ("hexagon", "triangle")
    place = f"at ({node.box.x:.2f},{scene.height - node.box.y:.2f})"
    # No shape of TikZ's has these corners at any width and height.
    yield rf"\node[{', '.join([*options, *(['draw=none, fill=none'] if cornered else [])])}] ({name}) {place} {{}};"
    if cornered:
        corners = np.array(CORNERS[node.shape]) * [node.box.width, node.box.height] + [node.box.left, node.box.top]
        outline = " -- ".join(_format_beside(node.box, corner, name) for corner in corners)
        yield rf"\path[draw={_name_colour(node.outline)}, fill={_name_colour(node.fill)}] {outline} -- cycle;"
    lines = tuple(escape_tex(line) for line in node.lines)
    if lines:
        font = _format_font(node.font_size)
        yield rf"\node[words, font={font}] at ({name}.center) {{" + r"\\".join(map(protect_line, lines)) + "};"


def _iterate_texts(scene: Scene) -> Iterator[str]:
    for item in scene.texts:
        lines = tuple(rf"\textbf{{{escape_tex(line)}}}" if item.bold else escape_tex(line) for line in item.lines)
        x = item.box.left if item.align == "left" else item.box.x
        yield _format_text(scene, x, item.box.y, lines, item.font_size, item.colour, item.align)


def _format_text(scene: Scene, x: float, y: float, lines: tuple[str, ...], size: float, colour: str, align: str) -> str:
    anchor, alignment = ("west", "left") if align == "left" else ("center", "center")
    font = _format_font(size)
    return (
        rf"\node[inner sep=0bp, anchor={anchor}, align={alignment}, text={_name_colour(colour)}, font={font}] "
        rf"at ({x:.2f},{scene.height - y:.2f}) {{" + r"\\".join(map(protect_line, lines)) + "};"
    )


def _format_font(size: float) -> str:
    return rf"\fontsize{{{size:g}bp}}{{{size * LINE_SPACING:g}bp}}\selectfont"
