"""Candidates for equivalent models of a measurement: what factors could be instead.

A factor of three factors and their covariances; a factor of two variables and their covariance; a factor of factors and
a testlet model, in which every item measures the general factor and a specific one in the same proportion.
Sources: Yung, Thissen & McLeod (1999), Psychometrika 64, 113-128; Rijmen (2010), Journal of Educational Measurement 47,
361-372; Hershberger & Marcoulides (2013), in Hancock & Mueller, Structural equation modeling: a second course, 3-39.
Whether a candidate is equivalent in the model at hand is left to NET.
"""

from collections.abc import Iterator, Sequence
from itertools import combinations

from sem_toolkit.comparison.equivalents.equivalent import Equivalent
from sem_toolkit.comparison.equivalents.factors import Factors
from sem_toolkit.comparison.equivalents.structural import (
    Structure,
    build_structure,
    build_table_of,
    settle_covariances,
)
from sem_toolkit.fit import Prepared
from sem_toolkit.spec import Spec
from sem_toolkit.spec.drafts import Draft

_SECOND_ORDER_RANGE = "with proper estimates where the product of the correlations is positive, and none is too small"


def list_factor_moves(prepared: Prepared) -> Iterator[Equivalent]:
    """Candidates, those that change least first."""
    factors = Factors(prepared.table)
    yield from _list_second_order(prepared, factors)
    yield from _list_first_order(prepared, factors)
    yield from _list_two_item_factors(prepared, factors)
    yield from _list_residual_covariances(prepared, factors)
    yield from _list_testlets(prepared, factors)
    yield from _list_factors_of_testlets(prepared, factors)


# -- three factors: their covariances, or a factor behind them


def _find_triple(factors: Factors) -> tuple[str, ...]:
    """Three factors that covary with each other and with nothing else; () where there are none such."""
    pairs = [pair for pair in factors.list_covariances() if pair <= factors.indicators.keys()]
    names = [name for name in factors.indicators if any(name in pair for pair in pairs)]
    free = len(pairs) == 3 and not any(pair in factors.tied for pair in pairs)
    return tuple(names) if len(names) == 3 and free else ()


def _list_second_order(prepared: Prepared, factors: Factors) -> Iterator[Equivalent]:
    triple = _find_triple(factors)
    if not triple:
        return
    name = factors.pick_name("general")
    draft = _remove_covariances(Draft(prepared.spec), triple)
    for factor in triple:
        draft = draft.add(name, "=~", factor)
    spec = _settle(prepared, draft, without=triple, new=name)
    if spec is not None:
        change = f"the covariances of {', '.join(triple)} become a factor behind them, {name}"
        yield Equivalent((change,), spec, "measurement", _SECOND_ORDER_RANGE)


def _list_first_order(prepared: Prepared, factors: Factors) -> Iterator[Equivalent]:
    for name, found in factors.indicators.items():
        whole = len(found) == 3 and {*found} <= factors.indicators.keys()
        if whole and factors.is_alone(name) and factors.has_plain_loadings(name):
            draft = Draft(prepared.spec).remove_variable(name)
            spec = _settle(prepared, draft, joined=found)
            if spec is not None:
                change = f"the factor behind {', '.join(found)}, {name}, becomes their covariances"
                yield Equivalent((change,), spec, "measurement", _SECOND_ORDER_RANGE)


# -- two variables: their covariance, or a factor of the two


def _list_two_item_factors(prepared: Prepared, factors: Factors) -> Iterator[Equivalent]:
    """For free covariances of residuals of items, and for that of two factors which covary with nothing else."""
    pairs = factors.list_covariances(factors.items)
    of_factors = factors.list_covariances(factors.indicators)
    pairs += of_factors if len(of_factors) == 1 else []
    for pair in pairs:
        if pair in factors.tied:
            continue
        one, other = sorted(pair)
        name = factors.pick_name(f"{one}_{other}")
        draft = _remove_covariances(Draft(prepared.spec), (one, other))
        draft = draft.add(name, "=~", one, "1").add(name, "=~", other, "1")
        if prepared.table_options.std_lv:
            draft = draft.free(name, "~~", name)
        spec = _settle(prepared, draft, without=(one, other), new=name)
        if spec is not None:
            change = f"{one} ~~ {other} becomes a factor of the two, {name}"
            yield Equivalent((change,), spec, "measurement", "with proper estimates where the covariance is positive")


def _list_residual_covariances(prepared: Prepared, factors: Factors) -> Iterator[Equivalent]:
    for name in factors.indicators:
        rows = factors.get_loadings(name)
        if len(rows) != 2 or not factors.is_alone(name):
            continue
        values = [row.ustart or 0.0 for row in rows if not row.free]
        if len(values) == 1 or 0.0 in values:
            continue  # a free loading more than a covariance has
        one, other = (row.rhs for row in rows)
        draft = Draft(prepared.spec).remove_variable(name)
        if not draft.has(one, "~~", other):
            draft = draft.add(one, "~~", other)
        sign = "negative" if values and values[0] * values[1] < 0 else "positive"
        change = f"{name}, the factor of {one} and {other} alone, becomes their covariance"
        spec = draft.settle().spec
        yield Equivalent((change,), spec, "measurement", f"with proper estimates where the covariance is {sign}")


# -- items that measure a general factor through their own, or beside it in the same proportion


def _list_testlets(prepared: Prepared, factors: Factors) -> Iterator[Equivalent]:
    """From a factor of factors, or from three factors that covary."""
    triple = _find_triple(factors)
    if triple and not build_structure(prepared.table).paths:
        yield from _write_testlet(prepared, factors, "", triple)
    for name, found in factors.indicators.items():
        if (
            {*found} <= factors.indicators.keys()
            and len(found) > 2
            and factors.is_alone(name)
            and factors.has_plain_loadings(name)
        ):
            yield from _write_testlet(prepared, factors, name, found)


def _write_testlet(prepared: Prepared, factors: Factors, given: str, parts: Sequence[str]) -> Iterator[Equivalent]:
    own = {factor: factors.indicators[factor] for factor in parts}
    items = [item for found in own.values() for item in found]
    if len({*items}) < len(items) or not {*items} <= factors.items or not all(map(factors.has_plain_loadings, parts)):
        return
    general = given or factors.pick_name("general")
    latent = {given, *parts} - {""}

    def is_replaced(lhs: str, op: str, rhs: str) -> bool:
        return lhs == given or rhs == given or (op == "~~" and {lhs, rhs} <= latent)

    draft = Draft(prepared.spec).remove_where(is_replaced)
    for item in items:
        owner, label = next(factor for factor in parts if item in own[factor]), f"l_{item}"
        if item == items[0]:  # the scale of the general factor, and of the first specific one
            draft = draft.fix(owner, "=~", item, 1.0).add(general, "=~", item, "1")
            continue
        draft = draft.free(owner, "=~", item) if item == own[owner][0] else draft
        draft = draft.label(owner, "=~", item, label).add(general, "=~", item, label)
    for one, other in combinations((general, *parts), 2):
        draft = draft.add(one, "~~", other, "0")
    for factor in (general, *parts) if prepared.table_options.std_lv else ():
        draft = draft.free(factor, "~~", factor)
    before = f"{given}, the factor behind {', '.join(parts)}," if given else f"the covariances of {', '.join(parts)}"
    change = f"{before} {'becomes' if given else 'become'} a factor of all items beside them, in the same proportions"
    yield Equivalent((change,), draft.settle().spec, "measurement", _SECOND_ORDER_RANGE)


def _list_factors_of_testlets(prepared: Prepared, factors: Factors) -> Iterator[Equivalent]:
    labels = {(row.lhs, row.rhs): row.label for row in factors.rows if row.op == "=~" and row.label}
    for general, items in factors.indicators.items():
        parts = [
            name
            for name, found in factors.indicators.items()
            if name != general
            and all((name, item) in labels and labels[name, item] == labels.get((general, item)) for item in found)
        ]
        own = [item for name in parts for item in factors.indicators[name]]
        if len(parts) < 3 or sorted(own) != sorted(items) or not all(map(factors.is_alone, (general, *parts))):
            continue
        latent = {general, *parts}
        draft = Draft(prepared.spec)
        for name in sorted(latent):
            draft = draft.remove_variable(name)
        for name in parts:
            for item in factors.indicators[name]:
                draft = draft.add(name, "=~", item)
        change = f"{general}, the factor of all items, becomes a factor behind {', '.join(parts)}"
        if len(parts) == 3:
            other = f"{general}, the factor of all items, becomes the covariances of {', '.join(parts)}"
            yield Equivalent((other,), draft.settle().spec, "measurement", _SECOND_ORDER_RANGE)
        for name in parts:
            draft = draft.add(general, "=~", name)
        yield Equivalent((change,), draft.settle().spec, "measurement")


# -- texts


def _remove_covariances(draft: Draft, names: Sequence[str]) -> Draft:
    return draft.remove_where(lambda lhs, op, rhs: op == "~~" and lhs != rhs and {lhs, rhs} <= {*names})


def _settle(
    prepared: Prepared, draft: Draft, without: Sequence[str] = (), joined: Sequence[str] = (), new: str = ""
) -> Spec | None:
    """The text with the covariances of the given model, but for those among `without`, and with those among `joined`.

    new  a factor that is to covary with nothing
    """
    spec = draft.settle().spec
    given = build_structure(prepared.table)
    known = {name for pair in given.covariances for name in pair} | {name for path in given.paths for name in path}
    gone = {frozenset(pair) for pair in combinations(without, 2)}
    came = {frozenset(pair) for pair in combinations(joined, 2)}
    table = build_table_of(prepared, spec)
    left = {name for row in table.parameters for name in (row.lhs, row.rhs)}
    covariances = frozenset(pair for pair in (given.covariances - gone) | came if pair <= left)
    also = {*known & left, *([new] if new else [])}
    also |= {row.lhs for row in table.parameters if row.op == "=~"}
    return settle_covariances(prepared, spec, Structure(given.paths, covariances), also)
