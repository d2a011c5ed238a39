"""Candidates in which an item is a cause of its factor instead of an effect: the reversed indicator rule.

Source: Hershberger & Marcoulides (2013), in Hancock & Mueller, Structural equation modeling: a second course, 3-39.
"""

from collections.abc import Iterator
from dataclasses import replace

from sem_toolkit.comparison.equivalents.equivalent import Equivalent
from sem_toolkit.comparison.equivalents.factors import Factors
from sem_toolkit.comparison.equivalents.structural import Structure, build_structure, settle_covariances
from sem_toolkit.fit import Prepared
from sem_toolkit.spec.drafts import Draft


def list_reversed_indicators(prepared: Prepared) -> Iterator[Equivalent]:
    """One item of one factor at a time, which must have no causes; what it covaries with becomes an effect of it."""
    factors, structure = Factors(prepared.table), build_structure(prepared.table)
    correlated = {name for pair in factors.list_covariances() for name in pair}
    caused = {effect for _, effect in structure.paths}
    for factor in factors.indicators:
        if factor in caused or factors.list_owners(factor) or not factors.has_plain_loadings(factor):
            continue
        oriented = _orient(structure, factors, factor)
        if oriented is None:
            continue
        for item in factors.indicators[factor]:
            own = factors.list_owners(item) == [factor] and item not in correlated and item in factors.items
            if own and not any(item in path for path in structure.paths):
                found = _reverse(prepared, structure, oriented, factor, item)
                if found is not None:
                    yield found


def _orient(structure: Structure, factors: Factors, factor: str) -> Structure | None:
    """The structure with a path from the factor in place of each of its covariances; None where something is said of
    one of these, or a loop would be made.
    """
    own = [pair for pair in structure.covariances if factor in pair]
    if any(pair in factors.tied for pair in own):
        return None
    others = [next(iter(pair - {factor})) for pair in own]
    changed = replace(
        structure,
        paths=structure.paths | {(factor, other) for other in others},
        covariances=structure.covariances - {*own},
    )
    return changed if changed.is_acyclic() else None


def _reverse(
    prepared: Prepared, structure: Structure, oriented: Structure, factor: str, item: str
) -> Equivalent | None:
    draft = Draft(prepared.spec).remove(factor, "=~", item).add(factor, "~", item)
    others = sorted(effect for _, effect in oriented.paths - structure.paths)
    for other in others:
        for left, right in ((factor, other), (other, factor)):
            draft = draft.remove(left, "~~", right) if (left, "~~", right) in draft.list_terms() else draft
        draft = draft.add(other, "~", factor)
    wanted = replace(oriented, paths=oriented.paths | {(item, factor)})
    spec = settle_covariances(prepared, draft.settle().spec, wanted)
    if spec is None:
        return None
    changes = [f"{factor} =~ {item} becomes {factor} ~ {item}"]
    changes += [f"{' ~~ '.join(sorted((factor, other)))} becomes {other} ~ {factor}" for other in others]
    return Equivalent(tuple(changes), spec, "measurement")
