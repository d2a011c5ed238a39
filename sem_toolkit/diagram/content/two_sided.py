"""Loadings → the factors that stand left and right of one column of indicators, where a model is drawn like that."""

import numpy as np

from sem_toolkit.libraries import nx

MOST_IN_SIDES = 14
"""More factors than this are not divided between two sides."""

MOST_BESIDE = 3
"""More predictors and outcomes of the factors than this make another picture."""

MOST_WITHIN = 0.12
"""The share of all pairs of loadings of one indicator that may come from factors of the same side."""


def find_two_sides(
    graph: "nx.MultiDiGraph[str]",
    cores: tuple[str, ...],
    links: tuple[tuple[str, str], ...],
    satellites: dict[str, tuple[str, ...]],
) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    """Factors for the left and the right of one column of indicators: bifactor, multitrait–multimethod, state–trait.

    Only where nothing but loadings connects the factors, (nearly) no two factors of a side share an indicator, and at
    least a third of the indicators have two loadings; otherwise None. Factors of higher order are on neither side: they
    stand beyond that of the factors they load on.
    """
    loadings = [(a, b) for a, b, data in graph.edges(data=True) if data["role"] == "loading"]
    higher = {factor for factor, item in loadings if graph.nodes[item]["kind"] == "latent"}
    structural = set(links) - set(loadings)
    beside = {core for core in cores if graph.nodes[core]["kind"] == "observed"}
    # A factor that shares no indicator and is linked to those that do is a predictor or an outcome like these.
    often = {item for item in {item for _, item in loadings} if sum(item == other for _, other in loadings) > 1}
    linked = {name for link in structural for name in link}
    beside |= {factor for factor in linked - higher if not any(a == factor and b in often for a, b in loadings)}
    composite = any(graph.nodes[core]["kind"] == "composite" for core in cores)
    if (
        satellites
        or composite
        or len(beside) > MOST_BESIDE
        or any((a in beside) == (b in beside) for a, b in structural)
    ):
        return None
    first = tuple(core for core in cores if core not in higher and core not in beside)
    shared: dict[frozenset[str], int] = {}
    double = single = 0
    for name, kind in graph.nodes(data="kind"):
        factors = [a for a, b in loadings if b == name]
        if kind == "latent" or name in beside or beside.intersection(factors):
            continue
        if any(factor in higher for factor in factors):
            return None
        double += len(factors) > 1
        single += len(factors) == 1
        for i, a in enumerate(factors):
            for b in factors[i + 1 :]:
                shared[frozenset((a, b))] = shared.get(frozenset((a, b)), 0) + 1
    if double == 0 or double < single / 2 or len(first) > MOST_IN_SIDES:
        return None
    sides = _split_sides(first, shared)
    if sides is None or any(len({name in sides[0] for factor, name in loadings if factor == h}) > 1 for h in higher):
        return None
    return sides


def _split_sides(
    factors: tuple[str, ...], shared: dict[frozenset[str], int]
) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    """The division in which factors of a side share least (a maximum cut, all divisions tried); None if still much.

    Of equally good ones that which leaves the first factors of the model on the left.
    """
    number = {name: k for k, name in enumerate(factors)}
    masks = np.arange(2 ** (len(factors) - 1))
    right = (masks[:, None] >> np.arange(len(factors) - 1)[::-1]) & 1
    right = np.column_stack([np.zeros(len(masks), int), right])
    within = np.zeros(len(masks))
    for pair, weight in shared.items():
        one, other = (number[name] for name in pair)
        within += weight * (right[:, one] == right[:, other])
    best = int(np.argmin(within))
    if within[best] > max(MOST_WITHIN * sum(shared.values()), 0.0):
        return None
    chosen = [name for name in factors if right[best, number[name]] == 0]
    return tuple(chosen), tuple(name for name in factors if name not in chosen)
