"""The usual rivals of a measurement model: one factor, second-order, bifactor, a method factor, merged factors …

Each is made from the user's text by as few edits as it takes. Sources: bifactor(S−1): Eid, Geiser, Koch & Heene (2017),
Psychological Methods 22, 541-562; the place of the second-order model in the bifactor model: Yung, Thissen & McLeod
(1999), Psychometrika 64, 113-128.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import combinations

from sem_toolkit.comparison.atlas.anatomy import Anatomy
from sem_toolkit.comparison.atlas.rival import GIVEN, Rival
from sem_toolkit.spec.drafts import Draft

CORRELATED = "correlated"
SECOND_ORDER = "second-order"


def list_measurement_rivals(draft: Draft, anatomy: Anatomy, reversed_items: Sequence[str]) -> Iterator[Rival]:
    """The rivals that need no data; `reversed_items` are those that a method factor would be for.

    There are none where every factor has one indicator: nothing is measured then that could be measured otherwise.
    """
    if all(len(items) == 1 for items in anatomy.factors.values()):
        return
    yield from _list_whole(draft, anatomy)
    yield from _list_method(draft, anatomy, reversed_items)
    yield from _list_merged(draft, anatomy)


# -- another idea of all the factors together: without structural part


def _list_whole(draft: Draft, anatomy: Anatomy) -> Iterator[Rival]:
    factors = list(anatomy.factors)
    if len(factors) < 2:
        return
    bare = _drop_structure(draft, anatomy)
    parent = GIVEN
    if bare.text != draft.text:
        lost = f" (without {', '.join(anatomy.outer)})" if anatomy.outer else ""
        claim = "the factors are told apart, and nothing is said of how they come to go together"
        yield _rival(CORRELATED, f"only the factors, all correlated{lost}", claim, GIVEN, bare, loses_hints=True)
        parent = CORRELATED
    one = _merge(bare, anatomy, factors, anatomy.pick_name("general"))
    yield _rival("one-factor", "one factor behind all items", "all items measure one and the same thing", parent, one,
                 loses_hints=True)  # fmt: skip
    claim = "the factors have nothing to do with each other"
    yield _rival("uncorrelated", "factors uncorrelated", claim, parent, _separate(bare, factors), loses_hints=True)
    general = anatomy.pick_name("general")
    if len(factors) > 2:
        second = bare
        for name in factors:
            second = second.add(general, "=~", name)
        claim = "one general factor is why the factors go together"
        yield _rival(SECOND_ORDER, f"a factor of the factors: {general}", claim, parent, second, loses_hints=True)
    # of four factors or more the correlated model is in neither, and the second-order one is in the bifactor model
    yield from _list_bifactor(bare, anatomy, general, parent, SECOND_ORDER if len(factors) > 3 else parent)
    yield from _list_exploratory(bare, anatomy, parent)


def _list_exploratory(bare: Draft, anatomy: Anatomy, parent: str) -> Iterator[Rival]:
    """Exploratory factors in their place: Asparouhov & Muthén (2009), Structural Equation Modeling 16, 397-438."""
    factors = [name for name, items in anatomy.factors.items() if len(items) > 1]
    items = list(dict.fromkeys(item for name in factors for item in anatomy.factors[name]))
    p, m = len(items), len(factors)
    if m < 2 or (p - m) ** 2 < p + m:
        return
    wanted = set(factors)
    free = bare.remove_where(lambda lhs, op, rhs: op == "=~" and lhs in wanted)
    left = " + ".join(f'efa("esem")*{name}' for name in factors)
    claim = "how many factors there are is known, and not which item measures which of them"
    change = "every item may measure every factor (exploratory, rotated)"
    yield _rival("esem", change, claim, parent, free.append(f"{left} =~ {' + '.join(items)}"), loses_hints=True)


def _list_bifactor(bare: Draft, anatomy: Anatomy, general: str, parent: str, within: str) -> Iterator[Rival]:
    """within: the model that the bifactor model is set against."""
    items = list(dict.fromkeys(item for found in anatomy.factors.values() for item in found))
    specific, said = _make_specific(bare, anatomy, list(anatomy.factors))
    if not specific:
        return
    whole = said
    for item in items:
        whole = whole.add(general, "=~", item)
    whole = _separate(whole, [general, *specific])
    claim = "every item measures one general factor, and beside it what is left of its own"
    change = f"a general factor of all items, uncorrelated with the others{_tell_pairs(anatomy, specific)}"
    yield _rival("bifactor", change, claim, within, whole, loses_hints=True)
    first, *others = anatomy.factors
    specific, said = _make_specific(bare, anatomy, others)
    if not specific:
        return
    rest = said
    for item in items:
        if item not in anatomy.factors[first]:
            rest = rest.add(first, "=~", item)
    for name in specific:
        rest = rest.add(first, "~~", name, "0")
    claim = f"{first} is in every item; the others are what it leaves of them"
    change = f"{first} is the general factor (S−1), the others are what it leaves{_tell_pairs(anatomy, specific)}"
    yield _rival("bifactor-s-1", change, claim, parent, rest, loses_hints=True)


def _make_specific(bare: Draft, anatomy: Anatomy, factors: Sequence[str]) -> tuple[list[str], Draft]:
    """Factors that are to hold what a general one leaves: single items go, of two items both loadings are 1."""
    kept, draft = [], bare
    for name in factors:
        items = anatomy.factors[name]
        if len(items) == 1:
            draft = draft.remove_variable(name)
            continue
        kept.append(name)
        if len(items) == 2:
            for item in items:
                draft = draft.fix(name, "=~", item, 1.0)
    return kept, draft


def _tell_pairs(anatomy: Anatomy, factors: Sequence[str]) -> str:
    pairs = [name for name in factors if len(anatomy.factors[name]) == 2]
    return f"; both loadings of {', '.join(pairs)} are 1" if pairs else ""


def _drop_structure(draft: Draft, anatomy: Anatomy) -> Draft:
    """Only the factors and their items: no paths, no factors of factors, nothing said of how the factors covary."""
    latent = {*anatomy.factors, *anatomy.higher}
    outer = set(anatomy.outer)

    def is_structural(lhs: str, op: str, rhs: str) -> bool:
        if op == "~":
            return {lhs, rhs} <= latent | outer
        if op == "=~":
            return lhs in anatomy.higher
        return op == "~~" and (lhs != rhs or lhs in outer or lhs in anatomy.higher) and {lhs, rhs} <= latent | outer

    return draft.remove_where(is_structural).settle()


def _separate(draft: Draft, factors: Sequence[str]) -> Draft:
    for one, other in combinations(factors, 2):
        draft = draft.add(one, "~~", other, "0")
    return draft


# -- several factors as one


def _list_merged(draft: Draft, anatomy: Anatomy) -> Iterator[Rival]:
    if len(anatomy.factors) < 3 and not anatomy.structure.paths:
        return  # with two factors this is the one factor
    for one, other in combinations(anatomy.factors, 2):
        name = anatomy.pick_name(f"{one}_{other}")
        merged = _merge(draft, anatomy, [one, other], name)
        claim = f"{one} and {other} are the same thing"
        yield _rival(f"merged-{one}-{other}", f"{one} and {other} are one factor", claim, GIVEN, merged,
                     loses_hints=True)  # fmt: skip


def _merge(draft: Draft, anatomy: Anatomy, factors: Sequence[str], name: str) -> Draft:
    """Several factors under one name; what would then be said twice, or of the factor and itself, goes."""
    wanted = set(factors)
    draft = draft.remove_where(lambda lhs, op, rhs: op != "=~" and lhs != rhs and {lhs, rhs} <= wanted)
    draft = _free_markers(draft, anatomy, factors[1:])
    for old in factors:
        draft = _remove_repeated(draft, old, name).rename(old, name)
    return draft.settle()


def _remove_repeated(draft: Draft, old: str, new: str) -> Draft:
    """Without parameters of the old factor that are there already under the new name."""

    def is_repeated(lhs: str, op: str, rhs: str) -> bool:
        renamed = [new if name == old else name for name in (lhs, rhs)]
        return old in (lhs, rhs) and draft.has(renamed[0], op, renamed[1])

    return draft.remove_where(is_repeated)


def _free_markers(draft: Draft, anatomy: Anatomy, factors: Sequence[str]) -> Draft:
    """Loadings that were typed as the scale of their factor are scales no longer."""
    for name in factors:
        for item in anatomy.factors[name]:
            if draft.is_fixed(name, "=~", item):
                draft = draft.free(name, "=~", item)
    return draft


# -- a factor of how the items were put


def _list_method(draft: Draft, anatomy: Anatomy, reversed_items: Sequence[str]) -> Iterator[Rival]:
    items = [item for item in reversed_items if any(item in found for found in anatomy.factors.values())]
    if len(items) < 2:
        return
    name = anatomy.pick_name("method")
    added = draft
    for item in items:
        added = added.add(name, "=~", item, "1" if len(items) == 2 else "")
    caused = {effect for _, effect in anatomy.structure.paths} | {
        rhs for lhs, op, rhs in draft.list_terms() if op == "=~" and lhs in anatomy.higher
    }
    for other in (*anatomy.factors, *anatomy.higher):
        if other not in caused:  # the others are without covariance with a new factor by themselves
            added = added.add(name, "~~", other, "0")
    claim = "reversed items share something beyond what they measure: how they are worded"
    change = f"a method factor of the reversed items {', '.join(items)}"
    yield _rival("method-reversed", change, claim, GIVEN, added)


def _rival(name: str, change: str, claim: str, parent: str, draft: Draft, *, loses_hints: bool = False) -> Rival:
    return replace(Rival(name, "measurement", change, claim, parent, draft), loses_hints=loses_hints)
