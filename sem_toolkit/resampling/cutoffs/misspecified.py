"""The misspecified models of dynamic cut-offs: which terms each level adds to a factor model, and of what size.

Several factors: the weakest item of a factor also loads on another one. One factor: residuals correlate in pairs.
Source: McNeish & Wolf (2023), Psychological Methods 28, 61-88.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sem_toolkit.caching import cached_property
from sem_toolkit.diagnostics import Diagnostic, ModelError
from sem_toolkit.resampling.simulation.population import Population, build_population
from sem_toolkit.spec import Spec, parse_spec

RESIDUAL_CORRELATION = 0.3
"""Of each pair of items, with one factor."""
_ROOM = 0.95
"""Of the largest loading that leaves the item a variance of 1."""
_DIGITS = 4
_FEWEST = 4


@dataclass(frozen=True)
class Loading:
    """A standardised loading."""

    factor: str
    item: str
    value: float


@dataclass(frozen=True, eq=False)
class Level:
    """A population in which the model does not hold, or (0) in which it does.

    added  the terms that the levels up to this one have added, as they stand in the spec
    spec   of the population, with standardised values
    """

    number: int
    added: tuple[str, ...]
    spec: Spec

    @cached_property
    def population(self) -> Population:
        """Its moments; ModelError where no population has these values."""
        return build_population(self.spec, standardized=True)


@dataclass(frozen=True, eq=False)
class FactorModel:
    """What of a standardised factor model the misspecifications are made from.

    correlations  factor pairs, in alphabetical order, to their correlation
    linked        items whose residuals correlate already
    """

    loadings: tuple[Loading, ...]
    correlations: dict[tuple[str, str], float]
    linked: frozenset[str]

    @property
    def factors(self) -> tuple[str, ...]:
        """In the order of the spec."""
        return tuple(dict.fromkeys(loading.factor for loading in self.loadings))

    @property
    def eligible(self) -> list[Loading]:
        """Loadings of items that have no other loading and no correlated residual, the weakest first."""
        items = [loading.item for loading in self.loadings]
        own = [entry for entry in self.loadings if items.count(entry.item) == 1 and entry.item not in self.linked]
        return sorted(own, key=lambda entry: abs(entry.value))

    def count_items(self, factor: str) -> int:
        """Items of a factor."""
        return sum(loading.factor == factor for loading in self.loadings)

    def compute_coefficient_h(self, factor: str) -> float:
        """Maximal reliability h/(1 + h) with h = Σ λ²/(1 − λ²).

        Source: Hancock & Mueller (2001), in Structural equation modeling: present and future, 195-216.
        """
        squares = np.array([loading.value**2 for loading in self.loadings if loading.factor == factor])
        total = float(np.sum(squares / (1.0 - squares)))
        return total / (1.0 + total)

    def get_correlation(self, one: str, other: str) -> float | None:
        """Of two factors; None where they are not joined."""
        return self.correlations.get((min(one, other), max(one, other)))


def build_levels(spec: Spec) -> tuple[Level, ...]:
    """The true population and the misspecified ones, each with the terms of those before it.

    spec  a factor model with standardised values

    Raises ModelError for models that are no such factor models, or have too few items for a misspecification.
    """
    model = read_factor_model(spec)
    terms = _pair_residuals(model) if len(model.factors) == 1 else _cross_load(model)
    steps = _divide(len(terms), model) if len(model.factors) == 1 else range(1, len(terms) + 1)
    if not terms:
        message = "no item is left to be misspecified: all of them load twice or have correlated residuals"
        raise ModelError(Diagnostic("error", "no-misspecification", message, hint="take the direct cut-offs"))
    return tuple(
        Level(number, tuple(terms[:count]), _append(spec, terms[:count])) for number, count in enumerate((0, *steps))
    )


def read_factor_model(spec: Spec) -> FactorModel:
    """Loadings and correlations of a spec with standardised values; ModelError for models with paths."""
    population = build_population(spec, standardized=True)
    rows = population.table.rows
    if paths := [row for row in rows if row.op == "~"]:
        message = (
            f"dynamic cut-offs are those of factor models, and this one has a path: {paths[0].lhs} ~ {paths[0].rhs}"
        )
        raise ModelError(Diagnostic("error", "not-a-factor-model", message, hint="take the direct cut-offs"))
    factors = {row.lhs for row in rows if row.op == "=~"}
    if any(row.op == "=~" and row.rhs in factors for row in rows) or not factors:
        message = "dynamic cut-offs are those of factors of observed variables, and this model is none of these"
        raise ModelError(Diagnostic("error", "not-a-factor-model", message, hint="take the direct cut-offs"))
    loadings = tuple(Loading(row.lhs, row.rhs, row.ustart or 0.0) for row in rows if row.op == "=~")
    covariances = [row for row in rows if row.op == "~~" and row.lhs != row.rhs and row.ustart]
    correlations = {
        (min(row.lhs, row.rhs), max(row.lhs, row.rhs)): row.ustart or 0.0
        for row in covariances
        if {row.lhs, row.rhs} <= factors
    }
    linked = {name for row in covariances for name in (row.lhs, row.rhs)} - factors
    return FactorModel(loadings, correlations, frozenset(linked))


def _cross_load(model: FactorModel) -> list[str]:
    """One term fewer than factors: the weakest item of a factor on the most reliable one that it correlates with.

    Factors of three items and more come before those of two. A pair of factors is used once.
    """
    weakest: dict[str, Loading] = {}
    for entry in model.eligible:
        weakest.setdefault(entry.factor, entry)
    order = sorted(weakest.values(), key=lambda entry: (model.count_items(entry.factor) < 3, abs(entry.value)))
    chosen, used = [], set()
    for entry in sorted(order[: len(model.factors) - 1], key=lambda entry: abs(entry.value)):
        others = [
            name
            for name in model.factors
            if name != entry.factor
            and model.get_correlation(name, entry.factor) is not None
            and frozenset((name, entry.factor)) not in used
        ]
        if others:
            other = max(others, key=model.compute_coefficient_h)
            used.add(frozenset((other, entry.factor)))
            chosen.append((entry, other))
    chosen.sort(key=lambda pair: (model.count_items(pair[0].factor) < 3, abs(pair[0].value)))
    return [f"{other} =~ {_limit(model, entry, other):.{_DIGITS}g}*{entry.item}" for entry, other in chosen]


def _limit(model: FactorModel, entry: Loading, other: str) -> float:
    """The size of a cross-loading: that of the item's own, as far as its variance has room for it."""
    own, between = entry.value**2, model.get_correlation(entry.factor, other) or 0.0
    most = np.sqrt(own * between**2 + 1.0 - own) - abs(entry.value * between)
    return min(abs(entry.value), round(_ROOM * float(most), _DIGITS))


def _pair_residuals(model: FactorModel) -> list[str]:
    """Residual correlations of items that are neighbours in the order of their loadings, the weakest first."""
    items = [entry.item for entry in model.eligible]
    if len(items) < _FEWEST:
        message = f"a factor of {len(items)} items without correlated residuals has no room for misspecification"
        raise ModelError(Diagnostic("error", "no-misspecification", message, hint="four items are the fewest"))
    count = 1 if len(items) == _FEWEST else len(items) // 2
    return [f"{items[2 * k + 1]} ~~ {RESIDUAL_CORRELATION}*{items[2 * k]}" for k in range(count)]


def _divide(pairs: int, model: FactorModel) -> list[int]:
    """How many pairs each level has: a third, two thirds, all of them."""
    if len(model.eligible) in (_FEWEST, _FEWEST + 1):
        return list(range(1, pairs + 1))
    return [pairs // 3, 2 * pairs // 3, pairs]


def _append(spec: Spec, terms: Sequence[str]) -> Spec:
    text = spec.text if spec.text.endswith("\n") or not terms else spec.text + "\n"
    return parse_spec(text + "".join(f"{term}\n" for term in terms), spec.source.name)
