"""Places from graphviz's own ranks (engine dot), for those who prefer them."""

from sem_toolkit.diagram.content.structure import Structure
from sem_toolkit.diagram.geometry.plane import Rectangle
from sem_toolkit.diagram.places.measures import Measures, Side, Spacing
from sem_toolkit.diagram.places.placement import Placement
from sem_toolkit.diagram.rendering import render_dot


def place_by_dot(edges: list[tuple[str, str]], structure: Structure, measures: Measures, spacing: Spacing) -> Placement:
    """Ask graphviz for centres; names are replaced by numbers, so that no name is ever read as DOT."""
    names = list(measures.nodes)
    number = {name: k for k, name in enumerate(names)}
    lines = [
        "digraph model {",
        f'  graph [rankdir=LR, nodesep="{spacing.item / 72 + 0.06:.3f}", ranksep="{spacing.rank / 72:.3f}"];',
        '  node [shape=box, fixedsize=true, label=""];',
    ]
    for name in names:
        box = measures.nodes[name]
        lines.append(f'  n{number[name]} [width="{box.width / 72:.4f}", height="{box.height / 72:.4f}"];')
    lines += [f"  n{number[a]} -> n{number[b]};" for a, b in edges]
    text = render_dot("\n".join([*lines, "}"]), "plain", engine="dot").decode()
    places: dict[str, Rectangle] = {}
    for line in text.splitlines():
        words = line.split()
        if words[0] == "node":
            name = names[int(words[1][1:])]
            places[name] = measures.nodes[name].moved(float(words[2]) * 72, -float(words[3]) * 72)
    return Placement(places, _find_sides(places, structure))


def _find_sides(places: dict[str, Rectangle], structure: Structure) -> dict[str, Side]:
    sides: dict[str, Side] = {}
    for core in structure.cores:
        items = [places[name] for name in structure.indicators.get(core, ())]
        before = bool(items) and sum(item.x for item in items) / len(items) < places[core].x
        sides[core] = "left" if before else "right"
    return sides
