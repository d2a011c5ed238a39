"""What the parts of a path graph are to each other: cores, their indicators, ranks from causes to effects.

A core is a factor, a composite, or an observed variable with structural paths of its own. Everything else that is
observed belongs to a core as its indicator (or, beside an indicator, as its satellite: a time-varying covariate).
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import permutations

import numpy as np

from sem_toolkit.diagram.content.figure import Figure, Side
from sem_toolkit.diagram.content.two_sided import find_two_sides
from sem_toolkit.libraries import nx

DIRECTED = ("loading", "weight", "regression")


@dataclass(frozen=True)
class Structure:
    """Roles of the variables.

    cores       in order of the model
    indicators  core → its indicators, in the order of the spec
    owner       indicator or satellite → its core
    satellites  indicator → observed variables that touch the model only there
    ranks       core → 0 for causes, growing towards effects
    links       directed pairs of cores (cause, effect), feedback included
    loadings    (factor, what it loads on), cross-loadings and those of higher order included
    figure      the figure of the field as which it is drawn, if any
    order       cores that keep this order in their column
    pinned      core → the side on which its indicators are to stand
    """

    cores: tuple[str, ...]
    indicators: dict[str, tuple[str, ...]]
    owner: dict[str, str]
    satellites: dict[str, tuple[str, ...]]
    ranks: dict[str, int]
    links: tuple[tuple[str, str], ...]
    covariances: tuple[tuple[str, str], ...] = ()
    two_sided: tuple[tuple[str, ...], tuple[str, ...]] | None = field(default=None)
    loadings: tuple[tuple[str, str], ...] = ()
    figure: Figure | None = None
    order: tuple[str, ...] = ()
    pinned: Mapping[str, Side] = field(default_factory=dict)


def build_structure(graph: "nx.MultiDiGraph[str]") -> Structure:
    """Read the roles of the variables off the paths."""
    parents, children = _collect_directed(graph)
    owner = _find_owners(graph, parents, children)
    satellites = _find_satellites(graph, owner)
    beside = {name for names in satellites.values() for name in names}
    cores = tuple(name for name in graph if name not in owner and name not in beside)
    full_owner = owner | {name: owner[at] for at, names in satellites.items() for name in names}
    links = _find_links(graph, full_owner)
    indicators = {
        core: tuple(name for name in _order_indicators(graph, core) if owner.get(name) == core) for core in cores
    }
    return Structure(
        cores=cores,
        indicators=indicators,
        owner=full_owner,
        satellites=satellites,
        ranks=compute_ranks(cores, _turn_measurement(graph, links)),
        links=links,
        covariances=tuple((a, b) for a, b, data in graph.edges(data=True) if data["role"] == "covariance"),
        two_sided=find_two_sides(graph, cores, links, satellites),
        loadings=tuple((a, b) for a, b, data in graph.edges(data=True) if data["role"] == "loading"),
    )


def _collect_directed(
    graph: "nx.MultiDiGraph[str]",
) -> tuple[dict[str, list[tuple[str, str]]], dict[str, list[tuple[str, str]]]]:
    """Parents and children of each variable as (name, role)."""
    parents: dict[str, list[tuple[str, str]]] = defaultdict(list)
    children: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for source, target, data in graph.edges(data=True):
        if data["role"] in DIRECTED:
            parents[target].append((source, data["role"]))
            children[source].append((target, data["role"]))
    return parents, children


def _order_indicators(graph: "nx.MultiDiGraph[str]", core: str) -> list[str]:
    found = [t for _, t, data in graph.out_edges(core, data=True) if data["role"] == "loading"]
    found += [s for s, _, data in graph.in_edges(core, data=True) if data["role"] == "weight"]
    return list(dict.fromkeys(found))


def _find_owners(
    graph: "nx.MultiDiGraph[str]",
    parents: dict[str, list[tuple[str, str]]],
    children: dict[str, list[tuple[str, str]]],
) -> dict[str, str]:
    """Indicator → the factor it is drawn with: the one with the fewest indicators, the first of equals."""
    count = {name: len(_order_indicators(graph, name)) for name in graph}
    owner: dict[str, str] = {}
    for name, kind in graph.nodes(data="kind"):
        if kind != "observed":
            continue
        factors = [source for source, role in parents[name] if role == "loading"]
        composites = [target for target, role in children[name] if role == "weight"]
        alone = len(children[name]) == 1 and not parents[name]
        if factors:
            owner[name] = min(factors, key=lambda factor: count[factor])
        elif composites and alone:
            owner[name] = composites[0]
    return owner


def _find_satellites(graph: "nx.MultiDiGraph[str]", owner: dict[str, str]) -> dict[str, tuple[str, ...]]:
    """Observed variables whose only directed path goes to or from one reflective indicator."""
    found: dict[str, tuple[str, ...]] = {}
    for name, kind in graph.nodes(data="kind"):
        if kind != "observed" or name in owner:
            continue
        edges = [*graph.in_edges(name, data=True), *graph.out_edges(name, data=True)]
        touched = {s if s != name else t for s, t, data in edges if data["role"] in DIRECTED}
        if len(touched) == 1 and (only := next(iter(touched))) in owner and len(graph) > 3:
            found[only] = (*found.get(only, ()), name)
    return found


def _find_links(graph: "nx.MultiDiGraph[str]", owner: dict[str, str]) -> tuple[tuple[str, str], ...]:
    """Directed pairs of cores; a path from or to an indicator counts for its core, within one core not at all."""
    links: dict[tuple[str, str], None] = {}
    for source, target, data in graph.edges(data=True):
        if data["role"] not in DIRECTED:
            continue
        if data["role"] == "loading" and target in owner:
            continue
        if data["role"] == "weight" and source in owner:
            continue
        pair = owner.get(source, source), owner.get(target, target)
        if pair[0] != pair[1]:
            links[pair] = None
    return tuple(links)


def _turn_measurement(graph: "nx.MultiDiGraph[str]", links: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    """The links with first-order factors before a factor of higher order that causes something but has no causes.

    Like indicators of a cause they stand on the side that looks away from its effects, as long as nothing else leads
    to them or from them.
    """
    loadings = {(a, b) for a, b, data in graph.edges(data=True) if data["role"] == "loading"} & set(links)
    turned = set()
    for factor in {a for a, _ in loadings}:
        parts = {b for a, b in loadings if a == factor}
        effects = {b for a, b in links if a == factor} - parts
        alone = all(link == (factor, part) for part in parts for link in links if part in link)
        if effects and alone and not any(b == factor for _, b in links):
            turned |= {(factor, part) for part in parts}
    return tuple((b, a) if (a, b) in turned else (a, b) for a, b in links)


def compute_ranks(cores: tuple[str, ...], links: tuple[tuple[str, str], ...]) -> dict[str, int]:
    """Longest path from a cause; the members of a loop of two share a rank, longer loops are opened in model order."""
    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_nodes_from(cores)
    graph.add_edges_from(links)
    together = {name: name for name in cores}
    for a, b in links:
        if graph.has_edge(b, a):
            together[_find_root(together, b)] = _find_root(together, a)
    merged: nx.DiGraph[str] = nx.DiGraph()
    merged.add_nodes_from(dict.fromkeys(_find_root(together, name) for name in cores))
    for a, b in links:
        source, target = _find_root(together, a), _find_root(together, b)
        if source != target and not (merged.has_node(target) and nx.has_path(merged, target, source)):
            merged.add_edge(source, target)
    depth: dict[str, int] = {}
    for name in nx.topological_sort(merged):
        depth[name] = max((depth[before] + 1 for before in merged.predecessors(name)), default=0)
    return {name: depth[_find_root(together, name)] for name in cores}


def stack_related(structure: Structure) -> Structure | None:
    """Another reading of the ranks: factors whose indicators covary stand in one column, that of the last of them.

    None where there are no such factors in different ranks.
    """
    together = {name: name for name in structure.cores}
    for a, b in structure.covariances:
        one, other = structure.owner.get(a), structure.owner.get(b)
        if one is not None and other is not None and structure.links:
            together[_find_root(together, one)] = _find_root(together, other)
    last: dict[str, int] = {}
    for name, rank in structure.ranks.items():
        root = _find_root(together, name)
        last[root] = max(last.get(root, 0), rank)
    ranks = {name: last[_find_root(together, name)] for name in structure.cores}
    used = sorted(set(ranks.values()))
    ranks = {name: used.index(rank) for name, rank in ranks.items()}
    return replace(structure, ranks=ranks) if ranks != structure.ranks and len(used) > 1 else None


MOST_ORDERED = 7
"""The most factors of which all orders are tried."""


def order_by_shared(structure: Structure) -> tuple[str, ...]:
    """The factors of a measurement model in an order in which those that share an indicator are neighbours.

    Of equally good orders the one nearest to the model's; () where that is good already, or for other models.
    """
    cores, owner = structure.cores, structure.owner
    shared = [(a, owner[b]) for a, b in structure.loadings if b in owner and owner[b] != a and a in cores]
    measured = all(structure.indicators.get(name) for pair in shared for name in pair)
    if structure.links or structure.two_sided or not shared or not measured or not 2 < len(cores) <= MOST_ORDERED:
        return ()
    orders = np.array(list(permutations(range(len(cores)))))
    place = np.argsort(orders, axis=1)
    pairs = np.array([(cores.index(a), cores.index(b)) for a, b in shared])
    apart = (np.abs(place[:, pairs[:, 0]] - place[:, pairs[:, 1]]) - 1).sum(axis=1)
    moved = np.abs(place - np.arange(len(cores))).sum(axis=1)
    best = int(np.lexsort((moved, apart))[0])
    return tuple(cores[k] for k in orders[best]) if apart[best] < apart[0] else ()


LOWER_HALF = 0.5


def order_by_direct_effects(graph: "nx.MultiDiGraph[str]", structure: Structure) -> tuple[str, ...]:
    """The observed causes in an order in which those of single indicators stand outermost, on the side of these.

    So their paths lead past the factor, above or below it (MIMIC models, Jöreskog and Goldberger 1975). () where no
    cause has such a path.
    """
    causes = [name for name in structure.cores if structure.ranks[name] == 0 and not structure.indicators[name]]
    items = [item for core in structure.cores for item in structure.indicators[core]]
    places: dict[str, list[float]] = defaultdict(list)
    for a, b, role in graph.edges(data="role"):
        if role == "regression" and a in causes and b in items:
            places[a].append((items.index(b) + 0.5) / len(items))
    if not places or structure.two_sided or len(causes) < len(places) + 1:
        return ()
    sides = {name: sum(places[name]) / len(places[name]) for name in places}
    above = sorted((name for name in sides if sides[name] < LOWER_HALF), key=sides.__getitem__)
    below = sorted((name for name in sides if name not in above), key=sides.__getitem__)
    return (*above, *(name for name in causes if name not in sides), *below)


def _find_root(together: dict[str, str], name: str) -> str:
    while together[name] != name:
        name = together[name]
    return name
