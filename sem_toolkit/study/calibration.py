"""From what the paper fixes to the numbers of the population: answers, not responses, get the recovered moments.

Fixed are the means, SDs and correlations that `recover` and `item_search` find. Everything else is a choice and is
taken from the population that is given: factor correlations, effects, loadings, and the moments of all other items.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from sem_toolkit.study.intervals import FloatArray
from sem_toolkit.study.population import Facet, Item, Population, ResidualBlock
from sem_toolkit.study.population_moments import (
    compute_answer_covariance,
    compute_answer_moments,
    compute_factor_correlations,
    compute_hermite_coefficients,
    compute_survey_moments,
)
from sem_toolkit.study.published import PrintedTable
from sem_toolkit.study.recovery import Recovery
from sem_toolkit.study.score_items import CompositeSums, OutcomeSums, ScoreItems

MARKET_ITEMS = ("c11", "c8")
"""Industrial capital and venture capital, in the order of the text."""


@dataclass(frozen=True)
class FixedMoments:
    """What the printed tables fix: means, SDs (divisor n − 1) and correlations, by column name."""

    means: Mapping[str, float]
    sds: Mapping[str, float]
    correlations: Mapping[tuple[str, str], float]


def build_fixed_moments(recovery: Recovery, scores: ScoreItems, tables: Sequence[PrintedTable]) -> FixedMoments:
    """Moments of the recovered items and scores; the recovery has one solution, the score search one smallest set."""
    outcome = scores.outcome.smallest
    if outcome is None or not recovery.is_unique:
        raise ValueError("the printed tables do not fix the moments")
    n, y = recovery.n, recovery.outcome
    means = {y: outcome.total / (n * outcome.items)}
    spread = {y: outcome.squares / outcome.items**2 - n * means[y] ** 2}
    products: dict[tuple[str, str], float] = {}
    for name, sums in recovery.solutions[0].sums.items():
        moments = sums.build_moments(n)
        crossed = np.array(outcome.crossed[name][0]) / outcome.items - n * moments.means * means[y]
        _enter(means, spread, products, [row.term for row in sums.table.predictors], moments.means, moments.centred)
        products |= {(row.term, y): float(c) for row, c in zip(sums.table.predictors, crossed, strict=True)}
    for name, found in scores.composites.items():
        terms = [row.term for table in tables if table.name == name for row in table.predictors]
        _enter_composites(means, spread, products, terms, found[0], outcome, n, y)
    correlations = {(a, b): c / np.sqrt(spread[a] * spread[b]) for (a, b), c in products.items()}
    return FixedMoments(means, {name: float(np.sqrt(s / (n - 1))) for name, s in spread.items()}, correlations)


def _enter(
    means: dict[str, float],
    spread: dict[str, float],
    products: dict[tuple[str, str], float],
    terms: list[str],
    own_means: FloatArray,
    centred: FloatArray,
) -> None:
    for i, term in enumerate(terms):
        means[term], spread[term] = float(own_means[i]), float(centred[i, i])
        products |= {(other, term): float(centred[j, i]) for j, other in enumerate(terms[:i])}


def _enter_composites(
    means: dict[str, float],
    spread: dict[str, float],
    products: dict[tuple[str, str], float],
    terms: list[str],
    found: CompositeSums,
    outcome: OutcomeSums,
    n: int,
    y: str,
) -> None:
    k = np.array(found.items, dtype=np.float64)
    own_means = np.array(found.totals) / (n * k)
    centred = np.array(found.products) / np.outer(k, k) - n * np.outer(own_means, own_means)
    _enter(means, spread, products, terms, own_means, centred)
    for term, total, own, items in zip(terms, found.crossed, own_means, found.items, strict=True):
        products[term, y] = total / (items * outcome.items) - n * own * means[y]


def build_draft(population: Population) -> Population:
    """The population with the moments of its answers in the place of those of its responses."""
    moments = {item.code: compute_answer_moments(item.mean, item.sd) for item in population.items}
    items = (replace(i, mean=moments[i.code][0], sd=moments[i.code][1]) for i in population.items)
    return replace(population, items=tuple(items))


def calibrate_population(draft: Population, fixed: FixedMoments, market_r2: float) -> Population:
    """The draft with all numbers that the paper fixes put in, rounded to four decimals.

    draft      `mean` and `sd` of its items are those of the answers wanted; score items are scaled to the score
    market_r2  of the outcome on MARKET_ITEMS, printed without coefficients

    The shares of the two items in market_r2 are those of the draft.
    """
    wanted = {item.code: item for item in draft.items}
    population = _set_answers(
        draft, {c: (fixed.means.get(c, i.mean), fixed.sds.get(c, i.sd)) for c, i in wanted.items()}
    )
    for score, members in draft.composites.items():
        population = _scale_score(population, wanted, score, members, fixed)
    population = _set_synergy(population, fixed)
    return _round(_set_loadings(population, fixed, market_r2))


def solve_response(mean: float, sd: float) -> tuple[float, float]:
    """Mean and SD of the normal response whose five-point answer has this mean and SD."""
    from scipy.optimize import root

    def miss(x: FloatArray) -> list[float]:
        found = compute_answer_moments(float(x[0]), float(np.exp(x[1])))
        return [found[0] - mean, found[1] - sd]

    found = root(miss, [mean, np.log(max(sd * sd - 1 / 12, 0.01)) / 2], tol=1e-12)
    if not found.success:
        raise ValueError(f"no five-point answer has mean {mean} and SD {sd}")
    return float(found.x[0]), float(np.exp(found.x[1]))


def _set_answers(population: Population, answers: Mapping[str, tuple[float, float]]) -> Population:
    items = []
    for item in population.items:
        mean, sd = solve_response(*answers[item.code]) if item.code in answers else (item.mean, item.sd)
        items.append(replace(item, mean=mean, sd=sd))
    return replace(population, items=tuple(items))


def _scale_score(
    population: Population, wanted: Mapping[str, Item], score: str, members: tuple[str, ...], fixed: FixedMoments
) -> Population:
    """Shift and scale the members' answers until their mean has the fixed mean and SD."""
    shift = fixed.means[score] - float(np.mean([wanted[code].mean for code in members]))

    def build(factor: float) -> Population:
        return _set_answers(population, {c: (wanted[c].mean + shift, wanted[c].sd * factor) for c in members})

    def miss(factor: float) -> float:
        _, covariance = compute_survey_moments(build(factor))
        return float(np.sqrt(covariance.loc[score, score])) - fixed.sds[score]

    return build(_solve(miss, 0.85, 1.2))


def _set_synergy(population: Population, fixed: FixedMoments) -> Population:
    """Loadings of the two facets, and the effect of synergy, from the scores' three correlations."""
    (first, second), (y,) = _split_scores(population)
    position = population.factors.index("synergy")

    def build(x: FloatArray) -> Population:
        facets = tuple(replace(f, loading=float(v)) for f, v in zip(population.facets, x[:2], strict=True))
        effects = [*population.effects]
        effects[position] = float(x[2])
        return replace(population, facets=facets, effects=tuple(effects))

    def miss(x: FloatArray) -> list[float]:
        _, c = compute_survey_moments(build(x))
        r = c.to_numpy() / np.sqrt(np.outer(np.diag(c), np.diag(c)))
        place = {name: number for number, name in enumerate(c.columns)}
        pairs = ((first, second), (first, y), (second, y))
        return [float(r[place[a], place[b]]) - fixed.correlations[a, b] for a, b in pairs]

    from scipy.optimize import root

    start = [*(facet.loading for facet in population.facets), population.effects[position]]
    found = root(miss, start, tol=1e-10)
    if not found.success:
        raise ValueError("no facets of synergy give the fixed correlations")
    return build(found.x)


def _split_scores(population: Population) -> tuple[list[str], list[str]]:
    facets = {facet.name for facet in population.facets}
    factor = {item.code: item.factor for item in population.items}
    scores = {score: factor[members[0]] for score, members in population.composites.items()}
    return [s for s, f in scores.items() if f in facets], [s for s, f in scores.items() if f not in facets]


def _set_loadings(population: Population, fixed: FixedMoments, market_r2: float) -> Population:
    """Loadings of the recovered items from their correlations with the outcome, then the residual correlations."""
    _, (y,) = _split_scores(population)
    factors = compute_factor_correlations(population)
    series = {item.code: compute_hermite_coefficients(item.mean, item.sd) for item in population.items}
    members = [item for item in population.items if item.code in population.composites[y]]
    outcome_sd = fixed.sds[y]

    def correlate(item: Item, loading: float) -> float:
        with_success = loading * float(factors.loc[item.factor, "success"])
        each = [compute_answer_covariance(series[item.code], series[m.code], with_success * m.loading) for m in members]
        return float(np.mean(each)) / (outcome_sd * compute_answer_moments(item.mean, item.sd)[1])

    loadings = {item.code: item.loading for item in population.items}
    for item in population.items:
        if (item.code, y) in fixed.correlations:

            def miss(loading: float, item: Item = item) -> float:
                return correlate(item, loading) - fixed.correlations[item.code, y]

            loadings[item.code] = _solve(miss, 0.05, 0.98)
    population = replace(population, items=tuple(replace(i, loading=loadings[i.code]) for i in population.items))
    population = _set_market(population, y, market_r2)
    return replace(
        population, residual_blocks=tuple(_set_block(population, b, fixed) for b in population.residual_blocks)
    )


def _set_market(population: Population, y: str, r2: float) -> Population:
    pair = list(MARKET_ITEMS)

    def build(factor: float) -> Population:
        scaled = dict.fromkeys(pair, factor)
        items = (replace(i, loading=i.loading * scaled.get(i.code, 1.0)) for i in population.items)
        return replace(population, items=tuple(items))

    def miss(factor: float) -> float:
        _, c = compute_survey_moments(build(factor))
        crossed = c.loc[pair, y].to_numpy()
        return float(crossed @ np.linalg.solve(c.loc[pair, pair].to_numpy(), crossed) / c.loc[y, y]) - r2

    return build(_solve(miss, 0.6, 1.35))


def _set_block(population: Population, block: ResidualBlock, fixed: FixedMoments) -> ResidualBlock:
    items = {item.code: item for item in population.items}
    series = {code: compute_hermite_coefficients(items[code].mean, items[code].sd) for code in block.codes}
    rows = []
    for number, code in enumerate(block.codes):
        values = []
        for other in block.codes[:number]:
            a, b = items[code], items[other]
            target = fixed.correlations.get((other, code), fixed.correlations.get((code, other), np.nan))
            sds = [compute_answer_moments(item.mean, item.sd)[1] for item in (a, b)]

            def miss(r: float, a: Item = a, b: Item = b, target: float = target * sds[0] * sds[1]) -> float:
                return compute_answer_covariance(series[a.code], series[b.code], r) - target

            rest = np.sqrt((1 - a.loading**2) * (1 - b.loading**2))
            values.append((_solve(miss, -0.95, 0.95) - a.loading * b.loading) / rest)
        rows.append(tuple(values))
    return ResidualBlock(block.codes, tuple(rows))


def _solve(miss: Callable[[float], float], low: float, high: float) -> float:
    from scipy.optimize import brentq

    return float(brentq(miss, low, high, xtol=1e-12))


def _round(population: Population) -> Population:
    return replace(
        population,
        effects=tuple(round(value, 4) for value in population.effects),
        facets=tuple(Facet(f.name, f.factor, round(f.loading, 4)) for f in population.facets),
        items=tuple(
            Item(i.code, i.factor, round(i.loading, 4), round(i.mean, 4), round(i.sd, 4)) for i in population.items
        ),
        residual_blocks=tuple(
            ResidualBlock(b.codes, tuple(tuple(round(v, 4) for v in row) for row in b.correlations))
            for b in population.residual_blocks
        ),
    )
