"""Scene → a LaTeX document (class standalone, package tikz) that draws it.

Every engine of TeX compiles it as long as names are in Latin or Greek letters; for other scripts it asks for LuaLaTeX.
"""

from collections.abc import Iterator

from sem_toolkit.diagram.content.words import GREEK, format_printable
from sem_toolkit.diagram.geometry.metrics import LINE_SPACING
from sem_toolkit.diagram.geometry.plane import FloatArray, trim_curve
from sem_toolkit.diagram.scene.elements import (
    ARROW_LENGTH,
    ARROW_WIDTH,
    CORNERS,
    PAGE,
    EdgeShape,
    NodeShape,
    Scene,
    grow_halo,
)
from sem_toolkit.diagram.writers.dot import split_into_pieces

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
\usetikzlibrary{shapes.geometric}
\renewcommand{\familydefault}{\sfdefault}
"""
ESCAPES = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    '"': r"\textquotedbl{}",
    "−": r"$-$",
    "≥": r"$\geq$",
    "·": r"$\cdot$",
    "²": r"\textsuperscript{2}",
    "…": r"\dots{}",
    "–": "--",
    "—": "---",
    "\ufffd": "?",
    "\n": " ",
}
ESCAPES |= {symbol: f"$\\{name}$" for name, symbol in GREEK.items() if name != "omicron"}
ESCAPES |= {"₀₁₂₃₄₅₆₇₈₉"[digit]: f"\\textsubscript{{{digit}}}" for digit in range(10)}


def escape_tex(text: str) -> str:
    """The text as TeX shows it literally."""
    return "".join(ESCAPES.get(character, character) for character in format_printable(text))


def format_tikz(scene: Scene) -> str:
    """A complete LaTeX document; lengths are big points, the unit of the scene."""
    body = "\n".join(
        [
            r"\begin{tikzpicture}[x=1bp, y=1bp, line width=0.8bp]",
            rf"\useasboundingbox (0,0) rectangle ({scene.width:.2f},{scene.height:.2f});",
            *_iterate_colours(scene),
            *_iterate_bands(scene),
            *(line for edge in (*scene.edges, *scene.samples) for line in _iterate_edge(scene, edge)),
            *(line for edge in scene.edges for line in _iterate_label(scene, edge)),
            *(_format_node(scene, node) for node in scene.nodes),
            *_iterate_texts(scene),
            r"\end{tikzpicture}",
        ]
    )
    magic = "" if _is_simple(body) else "% !TeX program = lualatex\n"
    return f"{magic}{PREAMBLE}\\begin{{document}}\n{body}\n\\end{{document}}\n"


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


def _iterate_edge(scene: Scene, edge: EdgeShape) -> Iterator[str]:
    colour = _name_colour(edge.colour)
    for piece in split_into_pieces(edge):
        parts = [_format_point(scene, piece[0])]
        for k in range(1, len(piece), 3):
            first, second, end = (_format_point(scene, point) for point in piece[k : k + 3])
            parts.append(f".. controls {first} and {second} .. {end}")
        yield rf"\draw[{colour}, line width={edge.width:g}bp] {' '.join(parts)};"
    if edge.head:
        yield _format_arrow(scene, edge.curve, colour)
    if edge.tail:
        yield _format_arrow(scene, edge.curve[::-1], colour)


def _iterate_label(scene: Scene, edge: EdgeShape) -> Iterator[str]:
    """The number of a path on a ground that covers lines beside it."""
    label = edge.label
    if label is None:
        return
    box, ground = grow_halo(label.box), _name_colour(scene.find_ground(label.box))
    low, high = scene.height - box.bottom, scene.height - box.top
    yield rf"\fill[{ground}] ({box.left:.2f},{low:.2f}) rectangle ({box.right:.2f},{high:.2f});"
    text = (escape_tex(label.text),)
    yield _format_text(scene, label.box.x, label.box.y, text, label.font_size, label.colour, "centre")


def _format_arrow(scene: Scene, curve: FloatArray, colour: str) -> str:
    """A filled triangle whose tip is the end of the curve."""
    tip, base = curve[-1], trim_curve(curve, 0.0, ARROW_LENGTH)[-1]
    direction = (tip - base) / max(float(((tip - base) ** 2).sum() ** 0.5), 1e-9)
    side = direction[::-1] * [-1, 1] * ARROW_WIDTH / 2
    corners = " -- ".join(_format_point(scene, point) for point in (tip, base + side, base - side))
    return rf"\fill[{colour}] {corners} -- cycle;"


def _format_node(scene: Scene, node: NodeShape) -> str:
    x, y = node.box.x, scene.height - node.box.y
    half_width, half_height = node.box.width / 2, node.box.height / 2
    options = f"draw={_name_colour(node.outline)}, fill={_name_colour(node.fill)}" + (", dashed" if node.dashed else "")
    if node.shape == "ellipse":
        path = f"({x:.2f},{y:.2f}) ellipse [x radius={half_width:.2f}, y radius={half_height:.2f}]"
    elif node.shape == "rectangle":
        path = f"({x - half_width:.2f},{y - half_height:.2f}) rectangle ({x + half_width:.2f},{y + half_height:.2f})"
    else:
        low = scene.height - node.box.bottom
        corners = [
            (node.box.left + a * node.box.width, low + (1 - b) * node.box.height) for a, b in CORNERS[node.shape]
        ]
        path = " -- ".join(f"({a:.2f},{b:.2f})" for a, b in corners) + " -- cycle"
    lines = tuple(escape_tex(line) for line in node.lines)
    text = _format_text(scene, x, node.box.y, lines, node.font_size, scene.style.colours.text, "centre")
    return rf"\path[{options}] {path};" + "\n" + text


def _iterate_texts(scene: Scene) -> Iterator[str]:
    for item in scene.texts:
        lines = tuple(rf"\textbf{{{escape_tex(line)}}}" if item.bold else escape_tex(line) for line in item.lines)
        x = item.box.left if item.align == "left" else item.box.x
        yield _format_text(scene, x, item.box.y, lines, item.font_size, item.colour, item.align)


def _format_text(scene: Scene, x: float, y: float, lines: tuple[str, ...], size: float, colour: str, align: str) -> str:
    anchor, alignment = ("west", "left") if align == "left" else ("center", "center")
    font = rf"\fontsize{{{size:g}bp}}{{{size * LINE_SPACING:g}bp}}\selectfont"
    return (
        rf"\node[inner sep=0bp, anchor={anchor}, align={alignment}, text={_name_colour(colour)}, font={font}] "
        rf"at ({x:.2f},{scene.height - y:.2f}) {{" + r"\\".join(map(_protect, lines)) + "};"
    )


def _protect(line: str) -> str:
    """A line that TeX does not read as an option of the line break before it."""
    return "{}" + line if line.startswith(("[", "*")) else line
