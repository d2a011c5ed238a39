"""Canvas → the same with less to draw, or closer: covariances in a matrix or notes, stars in the legend, two lines."""

from dataclasses import replace

from sem_toolkit.diagram.content.canvas import Canvas
from sem_toolkit.diagram.content.matrix_choice import LEAST_IN_MATRIX, collect_between_cores
from sem_toolkit.diagram.content.words import STARS, format_edge_text, format_name

LEAST_IN_ROW = 3
"""From so many causes in a row on an arc leads past one of them."""


def set_in_matrix(canvas: Canvas) -> Canvas | None:
    """The canvas with all covariances between cores in a matrix; None where the style or their number forbids it."""
    keys = collect_between_cores(canvas.graph, canvas.structure)
    if canvas.style.covariances != "auto" or len(keys) < LEAST_IN_MATRIX or set(keys) <= set(canvas.matrix):
        return None
    return replace(canvas, matrix=tuple(dict.fromkeys((*canvas.matrix, *keys))))


def set_across_in_matrix(canvas: Canvas) -> Canvas:
    """The canvas without arcs between factors left and right of one column of indicators, as these would cross it."""
    if canvas.style.covariances != "auto" or canvas.structure.two_sided is None:
        return canvas
    left, right = map(set, canvas.structure.two_sided)
    across = {key for a, b, key in canvas.graph.edges(keys=True) if {a, b} & left and {a, b} & right}
    found = [key for key in collect_between_cores(canvas.graph, canvas.structure) if key in across]
    return replace(canvas, matrix=tuple(dict.fromkeys((*canvas.matrix, *found))))


def set_row_in_matrix(canvas: Canvas) -> Canvas:
    """The canvas without arcs between three or more causes that stand in a row below their indicators.

    Arcs past the one in the middle would cross its loadings.
    """
    structure = canvas.structure
    row = {name for name in structure.cores if structure.ranks[name] == 0 and structure.indicators.get(name)}
    keys = set(collect_between_cores(canvas.graph, structure)) - set(canvas.matrix)
    found = [edge for edge in canvas.graph.edges(keys=True) if edge[2] in keys and {*edge[:2]} <= row]
    if canvas.style.covariances != "auto" or len({name for edge in found for name in edge[:2]}) < LEAST_IN_ROW:
        return canvas
    return replace(canvas, matrix=(*canvas.matrix, *(key for *_, key in found)))


def set_in_note(canvas: Canvas) -> Canvas:
    """The canvas with the estimated covariances between indicators in a line of the legend instead of arcs."""
    graph, structure, style = canvas.graph, canvas.structure, canvas.style
    found = [
        (a, b, key, format_edge_text(data, style))
        for a, b, key, data in graph.edges(keys=True, data=True)
        if data["role"] == "covariance" and {a, b} <= set(structure.owner) and not data.get("candidate")
    ]
    if not found or not style.legend or not all(text for *_, text in found):
        return canvas
    chosen = graph.copy()
    chosen.remove_edges_from([entry[:3] for entry in found])
    labels = {name: " ".join(format_name(name, style, canvas.hints.labels).split()) for name in structure.owner}
    # Labels of different stages may be alike.
    names = {name: label if label == name else f"{label} ({name})" for name, label in labels.items()}
    word = "correlation" if style.values in ("standardized", "both") else "covariance"
    pairs = [f"{names[a]} and {names[b]} {text}" for a, b, _, text in found]
    note = f"Residual {word}{'s' if len(found) > 1 else ''}: {'; '.join(pairs)}"
    return replace(canvas, graph=chosen, hints=replace(canvas.hints, legend=(*canvas.hints.legend, note)))


def set_in_lines(canvas: Canvas) -> Canvas | None:
    """The canvas with its numbers in two lines; None where no number has anything beside it."""
    broken = replace(canvas, in_lines=True)
    texts = [data for *_, data in canvas.graph.edges(data=True) if data["role"] != "variance"]
    return broken if any("\n" in broken.format_number(data) for data in texts) else None


def set_stars_in_note(canvas: Canvas) -> Canvas:
    """The canvas with one line of the legend for the stars of all loadings; as it is where not all have the same."""
    graph, style = canvas.graph, canvas.style
    loadings = [edge for edge in graph.edges(keys=True, data=True) if edge[3]["role"] == "loading"]
    tested = [data["pvalue"] for *_, data in loadings if not data["fixed"] and data["pvalue"] is not None]
    level = next((level for level, _ in STARS if all(p < level for p in tested)), None)
    if style.significance != "stars" or not style.legend or not tested or level is None:
        return canvas
    plain = replace(canvas, style=replace(style, significance="none"))
    chosen = graph.copy()
    for a, b, key, data in loadings:
        chosen.edges[a, b, key]["text"] = plain.format_number(data)
    # Beside the meaning of the stars.
    note = f"all free loadings p < {level:g}".replace("0.", ".")
    return replace(canvas, graph=chosen, hints=replace(canvas.hints, legend=(note, *canvas.hints.legend)))
