"""What the page gets of a picture: the SVG, and where its variables and paths stand in it and in the text."""

from typing import TYPE_CHECKING

from sem_toolkit.diagram import Diagram
from sem_toolkit.fit.records import clean
from sem_toolkit.spec import Parameter, ParameterTable
from sem_toolkit.studio.records import Places, Record

if TYPE_CHECKING:
    import pandas as pd


def build_picture(
    diagram: Diagram, table: ParameterTable, places: Places, estimates: "pd.DataFrame | None", group: int = 1
) -> Record:
    """svg, picture (its size), nodes, paths and scale; paths are those that are drawn, candidates among them."""
    scene = diagram.scene
    kinds = dict(diagram.graph.nodes(data="kind"))
    nodes = [
        {
            "name": node.name,
            "kind": kinds.get(node.name) or "constant",
            **{key: round(getattr(node.box, key), 2) for key in ("x", "y", "width", "height")},
        }
        for node in scene.nodes
    ]
    rows = {f"{row.lhs} {row.op} {row.rhs}".strip(): row for row in table.parameters if row.group == group}
    known = _index_estimates(estimates, group)
    paths = [_build_path(key, data, rows.get(key), places, known) for _, _, key, data in
             diagram.graph.edges(keys=True, data=True)]  # fmt: skip
    return {
        "svg": diagram.to_svg(),
        "picture": {"width": round(scene.width, 2), "height": round(scene.height, 2)},
        "nodes": nodes,
        "paths": paths,
        "scale": 1,
    }


def _build_path(
    key: str, data: Record, row: Parameter | None, places: Places, known: dict[tuple[str, ...], Record]
) -> Record:
    lhs, op, rhs = (*key.removeprefix("candidate ").split(" "), "")[:3]
    place = places.find(row.origin.span) if row is not None and row.user == 1 else None
    return {
        "id": key,
        "lhs": lhs,
        "op": op,
        "rhs": rhs,
        "role": data["role"],
        "candidate": bool(data.get("candidate")),
        "fixed": data["fixed"],
        "free": not data["fixed"],
        "typed": place is not None,
        "from": place[0] if place else None,
        "to": place[1] if place else None,
        "label": data["label"],
        **known.get((lhs, op, rhs), dict.fromkeys(("est", "se", "p", "std"))),
    }


def _index_estimates(estimates: "pd.DataFrame | None", group: int) -> dict[tuple[str, ...], Record]:
    if estimates is None:
        return {}
    own = estimates[estimates["group"] == group] if "group" in estimates else estimates
    columns = own[["lhs", "op", "rhs", "est", "se", "pvalue", "std.all"]].itertuples(index=False, name=None)
    return {
        (lhs, op, rhs): {"est": clean(est), "se": clean(se), "p": clean(p), "std": clean(std)}
        for lhs, op, rhs, est, se, p, std in columns
    }
