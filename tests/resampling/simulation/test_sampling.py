"""How samples are drawn: groups, categories, clusters, missing answers."""

import numpy as np
import pytest

from sem_toolkit.diagnostics import OptionError
from sem_toolkit.resampling.simulation.missing_rules import parse_missing_rule
from sem_toolkit.resampling.simulation.population import build_population
from sem_toolkit.resampling.simulation.sampling import ClusterRule, Shapes, build_sampling
from sem_toolkit.spec import parse_spec

POPULATION = build_population(parse_spec("m ~ .4*x\ny ~ .35*m + .15*x"))


def place(name, population=POPULATION):
    return population.variables.index(name)


def draw(sampling, draws=1, seed=1):
    return sampling.draw(np.random.default_rng(seed), draws)


def test_rows_are_dealt_to_groups_by_their_shares():
    population = build_population(parse_spec("y ~ c(.2, .6)*x"), ("1", "2"))
    sampling = build_sampling(population, 100, (1, 2))
    assert sampling.sizes == (33, 67)
    frame = sampling.build_frame([part[0] for part in draw(sampling)])
    assert frame["group"].value_counts().to_dict() == {"2": 67, "1": 33}


def test_thresholds_make_categories_with_their_probabilities():
    population = build_population(parse_spec("f =~ .8*u + .7*x2 + .6*x3\nu | -.5*t1 + 1*t2"))
    rows = draw(build_sampling(population, 200_000))[0][0, :, place("u", population)]
    assert sorted(set(rows)) == [1.0, 2.0, 3.0]
    assert [(rows == code).mean() for code in (1, 2, 3)] == pytest.approx([0.3085, 0.5328, 0.1587], abs=5e-3)


def test_answers_go_missing_at_the_rate_and_by_the_cause_of_their_rule():
    rules = [parse_missing_rule("m ~ 0.2"), parse_missing_rule("y ~ 0.3 + 1.5*x")]
    rows = draw(build_sampling(POPULATION, 100_000, missing=rules))[0][0]
    gone = np.isnan(rows)
    assert not gone[:, place("x")].any()
    assert gone[:, place("m")].mean() == pytest.approx(0.2, abs=5e-3)
    high = rows[:, place("x")] > 1.0
    expected = 1.0 / (1.0 + np.exp(-(np.log(0.3 / 0.7) + 1.5 * rows[high, place("x")])))
    assert gone[high, place("y")].mean() == pytest.approx(expected.mean(), abs=0.02)


def test_clusters_share_what_lies_between_them():
    sampling = build_sampling(POPULATION, 4_000, clusters=ClusterRule(400, 0.3))
    rows = draw(sampling)[0][0]
    frame = sampling.build_frame([rows])
    assert frame["cluster"].nunique() == 400
    means = frame.groupby("cluster").mean().to_numpy()
    # variance of means of 10 rows: 0.3 + 0.7/10
    assert means.var(axis=0) == pytest.approx(np.full(3, 0.37), abs=0.07)
    assert np.cov(rows.T) == pytest.approx(POPULATION.covariance[0], abs=0.12)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x2", "no rule"),
        ("x2 ~ 1.2", "share between 0 and 1"),
        ("x2 ~ 0.2 + x1", "no rule"),
        ("~ 0.2", "no rule"),
    ],
)
def test_what_is_no_rule_is_refused(text, said):
    with pytest.raises(OptionError, match=said):
        parse_missing_rule(text)


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        (["w ~ 0.2"], 'names "w"'),
        (["m ~ 0.2 + 1*w"], 'names "w"'),
        (["m ~ 0.2", "all ~ 0.1"], "two rules"),
        (["m ~ 0.2 + 1*y", "y ~ 0.1"], "would not be MAR"),
        (["m ~ 0.2 + 1*m"], "would not be MAR"),
    ],
)
def test_rules_that_contradict_are_refused(rules, said):
    with pytest.raises(OptionError, match=said):
        build_sampling(POPULATION, 100, missing=[parse_missing_rule(rule) for rule in rules])


@pytest.mark.parametrize(
    "build",
    [
        lambda: build_sampling(POPULATION, 1),
        lambda: build_sampling(POPULATION, 100, clusters=ClusterRule(1, 0.1)),
        lambda: build_sampling(POPULATION, 100, clusters=ClusterRule(101, 0.1)),
        lambda: build_sampling(POPULATION, 100, clusters=ClusterRule(10, 1.0)),
        lambda: build_sampling(POPULATION, 100, shapes=Shapes({"w": 1.0}, {})),
    ],
)
def test_what_makes_no_sample_is_refused(build):
    with pytest.raises(OptionError):
        build()
