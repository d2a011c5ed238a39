"""How many crossings no drawing of a model can do without, whatever its layout: a lower bound by Euler's formula."""

from collections.abc import Iterable
from typing import TypeAlias

from sem_toolkit.libraries import nx

Plain: TypeAlias = "nx.Graph[str]"


def compute_least_crossings(lines: Iterable[tuple[str, str]]) -> int:
    """A lower bound of the crossings of any drawing of lines between named shapes.

    A planar graph of n ≥ 3 vertices has at most 3n - 6 edges, and 2n - 4 where it has no triangles (Euler): every edge
    beyond that must cross another. Parts that share one vertex only can be drawn apart, so their bounds add up; a part
    that is not planar has at least one crossing. The bound is not always reached.
    """
    plain: Plain = nx.Graph()
    plain.add_edges_from((a, b) for a, b in lines if a != b)
    parts = [_contract_chains(plain.subgraph(part)) for part in nx.biconnected_components(plain)]
    return sum(_bound_part(part) for part in parts)


def _contract_chains(part: Plain) -> Plain:
    """The part without vertices that only lie on the way between two others: they change nothing about crossings."""
    small: Plain = nx.Graph(part)
    for name in list(small):
        if small.degree(name) == 2:
            one, other = small.neighbors(name)
            small.remove_node(name)
            small.add_edge(one, other)
    return small


def _bound_part(part: Plain) -> int:
    n, edges = int(part.number_of_nodes()), int(part.number_of_edges())
    if n < 5 or nx.check_planarity(part)[0]:
        return 0
    most = 2 * n - 4 if not any(nx.triangles(part).values()) else 3 * n - 6
    return max(1, edges - most)
