"""A diagram in words and tables: what is drawn, where it stands, and what is wrong with it."""

from collections.abc import Iterable

from rich.console import RenderableType

from sem_toolkit.diagram import Diagram
from sem_toolkit.libraries import pd
from sem_toolkit.report.text_tables import build_frame_table

_NUMBERS = ("est", "se", "pvalue", "std")


def build_picture(diagram: Diagram) -> Iterable[RenderableType]:
    """How much is drawn, every path with its number, and what covers or crosses what."""
    hits = len(diagram.hits())
    yield (
        f"{len(diagram.graph)} variables, {diagram.graph.number_of_edges()} paths, "
        f"{hits} {'thing covers' if hits == 1 else 'things cover'} another"
    )
    paths = build_paths(diagram)
    unused = [name for name in paths if paths[name].isna().all() or (paths[name] == "").all()]
    yield build_frame_table("Paths", paths.drop(columns=unused))
    problems = build_problems(diagram)
    if len(problems):
        yield build_frame_table("Problems", problems)


def build_paths(diagram: Diagram) -> "pd.DataFrame":
    """One row a path: its name in the spec, its ends, its role, and its numbers as far as they are known."""
    rows = [
        {
            "path": key,
            "from": source,
            "to": target,
            "role": data["role"],
            "label": data["label"],
            "fixed": data["fixed"],
        }
        | {name: data.get(name) for name in _NUMBERS}
        for source, target, key, data in diagram.graph.edges(keys=True, data=True)
    ]
    frame = pd.DataFrame(rows, columns=["path", "from", "to", "role", "label", "fixed", *_NUMBERS])
    return frame.astype(dict.fromkeys(_NUMBERS, float)).rename(columns={"std": "std.all"})


def build_variables(diagram: Diagram) -> "pd.DataFrame":
    """One row a variable that is drawn: its centre and size in points (1/72 inch), down from the upper left corner."""
    rows = [
        {"variable": node.name, "shape": node.shape, "x": node.box.x, "y": node.box.y}
        | {"width": node.box.width, "height": node.box.height}
        for node in diagram.scene.nodes
    ]
    return pd.DataFrame(rows, columns=["variable", "shape", "x", "y", "width", "height"])


def build_problems(diagram: Diagram) -> "pd.DataFrame":
    """One row a problem, hits first."""
    rows = [(problem.kind, problem.message, problem.is_hit) for problem in diagram.problems()]
    return pd.DataFrame(rows, columns=["kind", "problem", "hit"])
