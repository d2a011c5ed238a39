"""Rivals that the data argue for: cross-loadings, residual covariances, and factors that fall apart in two."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.comparison.atlas.anatomy import Anatomy
from sem_toolkit.comparison.atlas.rival import GIVEN, Rival
from sem_toolkit.fit import Fit
from sem_toolkit.spec.drafts import Draft

LEAST_INDEX = 10.83
"""Smallest modification index that argues for a parameter: χ² with one degree of freedom at p = .001."""
_FEWEST = 4  # items of a factor that may be split


def list_argued_rivals(
    draft: Draft, anatomy: Anatomy, fit: Fit, most: int, least: float = LEAST_INDEX
) -> Iterator[Rival]:
    """Rivals by the modification indices of the given model's fit, at most `most` cross-loadings and covariances.

    The only item of a factor has no part in them: what it shares with others is the factor's.
    """
    if not fit.converged:
        return
    items = {item for found in anatomy.factors.values() if len(found) > 1 for item in found}
    indices = fit.modification_indices
    strong = indices[indices["mi"] >= least].sort_values("mi", ascending=False, kind="stable")
    counts = {"=~": 0, "~~": 0}
    seen: set[tuple[str, str, str]] = set()
    for row in strong.to_dict("records"):
        lhs, op, rhs = row["lhs"], row["op"], row["rhs"]
        is_loading = op == "=~" and lhs in anatomy.factors and rhs in items
        is_covariance = op == "~~" and lhs != rhs and {lhs, rhs} <= items
        if not (is_loading or is_covariance) or counts[op] >= most or (lhs, op, rhs) in seen:
            continue
        seen.add((lhs, op, rhs))
        counts[op] += 1
        argued = f"modification index {row['mi']:.1f}, expected {row['sepc.all']:+.2f}"
        change, claim = describe_addition(lhs, op, rhs)
        name = f"cross-loading-{lhs}-{rhs}" if is_loading else f"residuals-{lhs}-{rhs}"
        yield Rival(name, "measurement", f"{change} ({argued})", claim, GIVEN, draft.add(lhs, op, rhs))
    yield from _list_split(draft, anatomy, fit, least)


def describe_addition(lhs: str, op: str, rhs: str) -> tuple[str, str]:
    """What a parameter more changes, and what it claims of the world, in words."""
    if op == "=~":
        return f"{rhs} also loads on {lhs}", f"{rhs} measures {lhs} as well"
    if op == "~":
        return f"a path from {rhs} to {lhs}", f"{rhs} has an effect of its own on {lhs}"
    return f"residuals of {lhs} and {rhs} covary", f"{lhs} and {rhs} share something of their own"


def _list_split(draft: Draft, anatomy: Anatomy, fit: Fit, least: float) -> Iterator[Rival]:
    for factor, items in anatomy.factors.items():
        parts = find_clusters(fit, factor, items, least)
        if parts is None:
            continue
        stay, leave = parts
        name = anatomy.pick_name(f"{factor}_b")
        split = draft
        for item in leave:
            split = split.remove(factor, "=~", item).add(name, "=~", item)
        for cause, effect in anatomy.paths:
            if cause == factor:
                split = split.add(effect, "~", name)
            if effect == factor:
                split = split.add(name, "~", cause)
        if any(effect == factor for _, effect in anatomy.paths) and not split.has(factor, "~~", name):
            split = split.add(factor, "~~", name)
        for higher in anatomy.higher:
            if split.has(higher, "=~", factor):
                split = split.add(higher, "=~", name)
        change = f"{factor} is two factors: {', '.join(stay)} | {', '.join(leave)}"
        claim = f"the items of {factor} measure two things"
        yield Rival(f"split-{factor}", "measurement", change, claim, GIVEN, split, loses_hints=True)


def find_clusters(
    fit: Fit, factor: str, items: tuple[str, ...], least: float = LEAST_INDEX
) -> tuple[list[str], list[str]] | None:
    """Two clusters of a factor's items by what the model leaves of their correlations; None where nothing
    argues for it.

    The clusters are the signs of the first eigenvector of the residual correlations, the items all turned one way. They
    count where both have two items or more and the strongest modification index of residuals that go together more
    than the factor explains is within one.
    """
    if len(items) < _FEWEST:
        return None
    group = fit.residuals[0]
    places = [group.variables.index(item) for item in items]
    residuals = np.array(group.cov)[np.ix_(places, places)]
    np.fill_diagonal(residuals, 0.0)
    signs = _find_signs(fit, factor, items)
    residuals *= np.outer(signs, signs)
    _, vectors = np.linalg.eigh(residuals)
    sign = vectors[:, -1] > 0
    clusters = [[item for item, on in zip(items, sign, strict=True) if on == side] for side in (True, False)]
    if min(map(len, clusters)) < 2:
        return None
    indices = fit.modification_indices
    within = indices[(indices["op"] == "~~") & indices["lhs"].isin(items) & indices["rhs"].isin(items)]
    direction = dict(zip(items, signs, strict=True))
    turned = within["epc"] * within["lhs"].map(direction) * within["rhs"].map(direction)
    within = within[turned > 0]
    if within.empty or within["mi"].max() < least:
        return None
    best = within.loc[within["mi"].idxmax()]
    if not any({best["lhs"], best["rhs"]} <= {*cluster} for cluster in clusters):
        return None
    first, second = sorted(clusters, key=lambda cluster: (items[0] not in cluster, -len(cluster)))
    return first, second


def _find_signs(fit: Fit, factor: str, items: tuple[str, ...]) -> NDArray[np.float64]:
    """Sign of each item's loading, in the first group."""
    rows = fit.parameters
    own = rows[(rows["op"] == "=~") & (rows["lhs"] == factor) & (rows["group"] == 1)].set_index("rhs")["est"]
    return np.array([-1.0 if own.get(item, 1.0) < 0 else 1.0 for item in items])
