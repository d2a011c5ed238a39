"""Which covariances stand in a matrix beside the picture instead of being arcs: those between many cores."""

from collections.abc import Iterable

from sem_toolkit.diagram.content.structure import Structure
from sem_toolkit.diagram.content.style import DiagramStyle
from sem_toolkit.libraries import nx

MATRIX_FROM = 16
"""From this many covariances of cores on they become a matrix beside the picture."""

LEAST_IN_MATRIX = 6
"""A picture that fits no page with its arcs may have a matrix of no fewer covariances than this."""

MATRIX_FROM_WITH_PATHS = 10
"""The same where structural paths leave the cores on one side and indicators take the other."""

MATRIX_FROM_OF_CAUSES = 6
"""The same where all of them are between factors of the first rank, so that arcs cross the paths that leave them."""

MATRIX_FROM_WITH_STAGES = 7
"""The same where stages fix the places of the cores, so that arcs have long ways to go."""

MATRIX_FROM_OF_MEDIATORS = 6
"""The same where all of them are between mediators, whose paths take both sides."""

MATRIX_FROM_BETWEEN_GROUPS, LEAST_IN_GROUP = 7, 3
"""The same where so many are between groups of three or more cores that share what they load on, such as the growth
factors of two processes: all of these cross each other.
"""

DENSE, MOST_SPARSE_ARCS = 0.4, 20
"""Covariances of fewer than this share of all pairs stay arcs up to a larger number: they are short where they stand,
such as those within the waves of a panel.
"""

MOST_EXOGENOUS_ARCS = 6
"""Covariances that are taken from the data (fixed.x) are arcs only when they are no more than this."""


def choose_matrix(
    graph: "nx.MultiDiGraph[str]", structure: Structure, style: DiagramStyle, staged: bool
) -> tuple[str, ...]:
    """Keys of the covariances that become a matrix instead of arcs: between cores, and those of the data if many."""
    between = collect_between_cores(graph, structure)
    if style.covariances == "matrix":
        return between
    if style.covariances != "auto":
        return ()
    enough = MATRIX_FROM_WITH_STAGES if staged else MATRIX_FROM_WITH_PATHS if structure.links else MATRIX_FROM
    if _are_between(graph, between, structure):
        enough = min(enough, MATRIX_FROM_OF_MEDIATORS)
    if _count_between_groups(graph, between, structure) >= MATRIX_FROM_BETWEEN_GROUPS:
        enough = min(enough, MATRIX_FROM_BETWEEN_GROUPS)
    if _are_of_causes(graph, between, structure):
        enough = min(enough, MATRIX_FROM_OF_CAUSES)
    dense = compute_density([(a, b) for a, b, key in graph.edges(keys=True) if key in set(between)]) >= DENSE
    chosen = set(between) if len(between) >= (enough if dense else MOST_SPARSE_ARCS) else set()
    covariances = [(key, data) for _, _, key, data in graph.edges(keys=True, data=True) if data["role"] == "covariance"]
    if _count_exogenous(graph) > MOST_EXOGENOUS_ARCS:
        chosen |= {key for key, data in covariances if data["exogenous"]}
    return tuple(key for key, _ in covariances if key in chosen)


def _are_between(graph: "nx.MultiDiGraph[str]", keys: tuple[str, ...], structure: Structure) -> bool:
    """Whether these covariances are all between cores of one rank that are neither first nor last."""
    ends = {name for a, b, key in graph.edges(keys=True) if key in set(keys) for name in (a, b)}
    causes, effects = ({link[k] for link in structure.links} for k in (0, 1))
    return bool(ends) and ends <= causes & effects and len({structure.ranks[name] for name in ends}) == 1


def _count_between_groups(graph: "nx.MultiDiGraph[str]", keys: tuple[str, ...], structure: Structure) -> int:
    """How many of these covariances lead from one group of cores that share their indicators to another one."""
    if structure.two_sided is not None:
        # Groups on two sides of one column.
        return 0
    loadings: nx.Graph[str] = nx.Graph(list(structure.loadings))
    group: dict[str, int] = {}
    for number, part in enumerate(nx.connected_components(loadings)):
        cores = [name for name in structure.cores if name in part]
        if len(cores) >= LEAST_IN_GROUP:
            group |= dict.fromkeys(cores, number)
    pairs = [(a, b) for a, b, key in graph.edges(keys=True) if key in set(keys) and {a, b} <= set(group)]
    return sum(group[a] != group[b] for a, b in pairs)


def _are_of_causes(graph: "nx.MultiDiGraph[str]", keys: tuple[str, ...], structure: Structure) -> bool:
    """Whether these covariances are all between causes with indicators of their own, in a model with effects."""
    ends = {name for a, b, key in graph.edges(keys=True) if key in set(keys) for name in (a, b)}
    first = all(structure.ranks[name] == 0 and structure.indicators.get(name) for name in ends)
    return bool(ends) and bool(structure.links) and first


def compute_density(pairs: Iterable[tuple[str, str]]) -> float:
    """Which share of all pairs of the names that occur these pairs are; 1 where there are none."""
    found = {frozenset(pair) for pair in pairs}
    count = len({name for pair in found for name in pair})
    return len(found) / (count * (count - 1) / 2) if count > 1 else 1.0


def collect_between_cores(graph: "nx.MultiDiGraph[str]", structure: Structure) -> tuple[str, ...]:
    """Keys of the covariances between cores, those that a model only might have left aside."""
    return tuple(
        key
        for a, b, key, data in graph.edges(keys=True, data=True)
        if data["role"] == "covariance" and a in structure.ranks and b in structure.ranks and not data.get("candidate")
    )


def _count_exogenous(graph: "nx.MultiDiGraph[str]") -> int:
    return sum(data["role"] == "covariance" and data["exogenous"] for _, _, data in graph.edges(data=True))
