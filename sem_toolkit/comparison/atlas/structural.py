"""The usual rivals of a structural part: a path less, a path more, mediation reversed, nothing left out."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations

from sem_toolkit.comparison.atlas.anatomy import Anatomy
from sem_toolkit.comparison.atlas.rival import GIVEN, Rival
from sem_toolkit.comparison.equivalents import Structure, build_structure, settle_covariances
from sem_toolkit.fit import Prepared
from sem_toolkit.libraries import nx
from sem_toolkit.spec.drafts import Draft


def list_structural_rivals(prepared: Prepared, draft: Draft, anatomy: Anatomy) -> Iterator[Rival]:
    """Every path fixed at 0, every direct path added, each mediation reversed, and the saturated structural part.

    Covariances that the rules would add or leave out, as other variables have become outcomes, are typed as they were.
    """
    for rival in _list_rivals(draft, anatomy):
        spec = rival.draft.settle().spec
        paths = build_structure(replace(prepared, spec=spec).table).paths
        joined = {frozenset(path) for path in paths}
        covariances = frozenset(pair for pair in anatomy.structure.covariances if pair not in joined)
        settled = settle_covariances(prepared, spec, Structure(paths, covariances))
        yield rival if settled is None else replace(rival, draft=Draft(settled))


def _list_rivals(draft: Draft, anatomy: Anatomy) -> Iterator[Rival]:
    if not anatomy.structure.paths:
        return
    yield from _list_dropped(draft, anatomy)
    missing = list_missing_paths(anatomy)
    yield from _list_added(draft, anatomy, missing)
    yield from _list_reversed(draft, anatomy)
    if len(missing) > 1:
        saturated = draft
        for cause, effect in missing:
            saturated = _add_path(saturated, cause, effect)
        claim = "everything may go with everything: the structural part says nothing that data could refute"
        yield _rival("saturated", f"all {len(missing)} missing paths added", claim, saturated)


def list_missing_paths(anatomy: Anatomy) -> list[tuple[str, str]]:
    """Paths (cause, effect) that would join what is not joined, in causal order; none where there are loops.

    Two variables that are nobody's effect are left alone: they covary, or are said not to.
    """
    if not nx.is_directed_acyclic_graph(anatomy.graph):
        return []
    effects = {effect for _, effect in anatomy.structure.paths}
    involved = {name for path in anatomy.structure.paths for name in path} | {
        name for pair in anatomy.structure.covariances for name in pair
    }
    order = [name for name in anatomy.order if name in involved]
    return [
        (one, other) for one, other in combinations(order, 2) if other in effects and not anatomy.is_joined(one, other)
    ]


def _list_dropped(draft: Draft, anatomy: Anatomy) -> Iterator[Rival]:
    paths = anatomy.structure.paths
    for cause, effect in anatomy.paths:
        if not draft.has(effect, "~", cause) or draft.is_fixed(effect, "~", cause):
            continue
        through = _find_mediators(paths, cause, effect)
        dropped = draft.fix(effect, "~", cause)
        if through:
            change = f"full mediation: no direct path from {cause} to {effect}"
            claim = f"{cause} acts on {effect} only through {', '.join(through)}"
            yield _rival(f"full-mediation-{cause}-{effect}", change, claim, dropped)
        else:
            change, claim = f"no path from {cause} to {effect}", f"{cause} has no effect of its own on {effect}"
            yield _rival(f"without-{cause}-{effect}", change, claim, dropped)


def _list_added(draft: Draft, anatomy: Anatomy, missing: list[tuple[str, str]]) -> Iterator[Rival]:
    for cause, effect in missing:
        added = _add_path(draft, cause, effect)
        through = _find_mediators(anatomy.structure.paths, cause, effect)
        if through:
            change = f"partial mediation: a direct path from {cause} to {effect}"
            claim = f"{cause} acts on {effect} also apart from {', '.join(through)}"
            yield _rival(f"partial-mediation-{cause}-{effect}", change, claim, added)
        else:
            change, claim = f"a path from {cause} to {effect}", f"{cause} has an effect of its own on {effect}"
            yield _rival(f"with-{cause}-{effect}", change, claim, added)


def _list_reversed(draft: Draft, anatomy: Anatomy) -> Iterator[Rival]:
    """For each mediator with causes: its outcome becomes the mediator."""
    paths = anatomy.structure.paths
    for mediator, outcome in anatomy.paths:
        causes = [cause for cause, effect in anatomy.paths if effect == mediator]
        if not causes or not draft.has(outcome, "~", mediator):
            continue
        after = set(paths) - {(mediator, outcome)} | {(outcome, mediator)}
        changed = draft.remove(outcome, "~", mediator).add(mediator, "~", outcome)
        for cause in causes:
            if (cause, outcome) not in paths and draft.has(mediator, "~", cause):
                after = after - {(cause, mediator)} | {(cause, outcome)}
                changed = changed.remove(mediator, "~", cause).add(outcome, "~", cause)
        if not nx.is_directed_acyclic_graph(nx.DiGraph(after)):
            continue
        change = f"mediation reversed: {', '.join(causes)} → {outcome} → {mediator}"
        claim = f"{outcome} carries the effect of {', '.join(causes)} to {mediator}, not the other way round"
        yield _rival(f"reversed-{mediator}-{outcome}", change, claim, changed)


def _find_mediators(paths: frozenset[tuple[str, str]], cause: str, effect: str) -> list[str]:
    return sorted({middle for start, middle in paths if start == cause and (middle, effect) in paths})


def _add_path(draft: Draft, cause: str, effect: str) -> Draft:
    """A free path; one that is typed as 0 is freed."""
    return draft.free(effect, "~", cause) if draft.has(effect, "~", cause) else draft.add(effect, "~", cause)


def _rival(name: str, change: str, claim: str, draft: Draft) -> Rival:
    return Rival(name, "structure", change, claim, GIVEN, draft)
