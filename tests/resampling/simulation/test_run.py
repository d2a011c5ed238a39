"""Samples fitted many at once and one by one, and what they show."""

import numpy as np
import pytest

from sem_toolkit.diagnostics import OptionError
from sem_toolkit.inference.distributions import compute_noncentral_tail
from sem_toolkit.resampling.simulation.analyses import SingleFitter, build_analysis
from sem_toolkit.resampling.simulation.population import build_population
from sem_toolkit.resampling.simulation.run import list_chunks, run_simulation
from sem_toolkit.resampling.simulation.sampling import build_sampling
from sem_toolkit.resampling.simulation.stacked import build_stacked_fitter
from sem_toolkit.resampling.simulation.study import SampleRules, run_study
from sem_toolkit.spec import parse_spec

FACTORS = "f1 =~ .8*a1 + .7*a2 + .6*a3\nf2 =~ .75*b1 + .7*b2 + .65*b3\nf2 ~ .4*f1"
CASES = {
    "factors": (FACTORS, "f1 =~ a1 + a2 + a3\nf2 =~ b1 + b2 + b3\nf2 ~ a*f1\ntwice := 2*a", ("",), {}),
    "paths": ("m ~ .4*x\ny ~ .35*m", "m ~ a*x\ny ~ b*m\nindirect := a*b", ("",), {}),
    "groups": (
        "f =~ .8*a1 + .7*a2 + c(.7, .5)*a3 + .65*a4",
        "f =~ a1 + a2 + a3 + a4",
        ("1", "2"),
        {"call": "cfa", "group_equal": ["loadings"]},
    ),
    "means": (
        "f =~ .8*a1 + .7*a2 + .7*a3 + .65*a4\na1 ~ .3*1",
        "f =~ a1 + a2 + a3 + a4",
        ("",),
        {"meanstructure": True},
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_stacks_give_what_single_fits_give(name):
    text, model, groups, options = CASES[name]
    sampling = build_sampling(build_population(parse_spec(text), groups), 150)
    analysis = build_analysis(parse_spec(model), sampling, options=options)
    samples = sampling.draw(np.random.default_rng(5), 8)
    stacked = build_stacked_fitter(analysis, sampling).fit(samples)
    single = SingleFitter(analysis, sampling).fit(samples)
    assert stacked.verdict.tolist() == single.verdict.tolist()
    assert stacked.est == pytest.approx(single.est, abs=1e-7)
    assert stacked.se == pytest.approx(single.se, abs=1e-7)
    for measure, values in stacked.measures.items():
        assert values == pytest.approx(single.measures[measure], abs=1e-7, nan_ok=True), measure


def test_true_values_are_those_of_the_population_in_the_scale_of_the_model():
    sampling = build_sampling(build_population(parse_spec(FACTORS)), 150)
    analysis = build_analysis(parse_spec(CASES["factors"][1]), sampling)
    truth = {quantity.key[:3]: value for quantity, value in zip(analysis.quantities, analysis.truth, strict=True)}
    assert truth["f1", "=~", "a2"] == pytest.approx(0.7 / 0.8, abs=1e-9)
    assert truth["f2", "~", "f1"] == pytest.approx(0.4 * 0.75 / 0.8, abs=1e-9)
    assert truth["f1", "~~", "f1"] == pytest.approx(0.64, abs=1e-9)
    assert truth["twice", ":=", "2*a"] == pytest.approx(0.75, abs=1e-9)


def test_rejections_of_a_misspecified_model_are_as_many_as_satorra_and_saris_say():
    population = build_population(parse_spec(FACTORS + "\nf1 =~ .3*b3"))
    sampling = build_sampling(population, 300)
    analysis = build_analysis(parse_spec("f1 =~ a1 + a2 + a3\nf2 =~ b1 + b2 + b3\nf2 ~ f1"), sampling)
    summary = run_simulation(sampling, [analysis], 2000)[0]
    rate, error = summary.compute_rejection()
    expected = compute_noncentral_tail(15.507313055865453, 8, 300 * analysis.misfit)
    assert abs(rate - expected) < 3.0 * error
    assert error < 0.0112


def test_coverage_and_bias_are_near_what_they_should_be():
    found = run_study(parse_spec("y ~ .3*x"), [], (400,), 2000, seed=3)
    table = found.summaries[0].build_parameters()
    row = table[table["op"] == "~"].iloc[0]
    assert abs(row["bias"]) < 4.0 * row["bias.error"]
    assert abs(row["coverage"] - 0.95) < 4.0 * row["coverage.error"]
    assert abs(row["sd"] - row["mean se"]) < 4.0 * row["sd.error"]
    assert row["true"] == 0.3


def test_the_same_seed_gives_the_same_numbers():
    given = parse_spec(FACTORS), [], (100,), 300
    assert run_study(*given, seed=7).to_dict() == run_study(*given, seed=7).to_dict()
    assert run_study(*given, seed=8).to_dict() != run_study(*given, seed=7).to_dict()


@pytest.mark.slow
@pytest.mark.parametrize("workers", [2, 4])
def test_the_numbers_do_not_depend_on_who_works(workers):
    given = parse_spec(FACTORS), [], (100,), 1200
    assert run_study(*given, workers=workers).to_dict() == run_study(*given).to_dict()


def test_more_replications_go_on_where_fewer_ended():
    few, many = list_chunks(500, 100, 1), list_chunks(1000, 100, 1)
    for one, other in zip(few, many, strict=False):
        assert one.generator.random(3).tolist() == other.generator.random(3).tolist()


def test_two_models_look_at_the_same_samples():
    models = [parse_spec("m ~ x\ny ~ m"), parse_spec("m ~ x\ny ~ m + x")]
    found = run_study(parse_spec("m ~ .4*x\ny ~ .35*m + .15*x"), models, (150,), 250).summaries
    first, second = (summary.build_parameters().iloc[0] for summary in found)
    assert first["mean"] == pytest.approx(second["mean"], abs=1e-9)
    assert found[0].analysis.misfit > 0.01 > 1e-8 > found[1].analysis.misfit


def test_ordered_variables_and_missing_answers_go_one_by_one():
    text = "f =~ .8*u1 + .7*u2 + .6*u3\nu1 | 0*t1\nu2 | -.5*t1 + .5*t2\nu3 | 0*t1"
    found = run_study(parse_spec(text), [], (300,), 4)
    assert found.summaries[0].converged == 4
    assert any(message.code == "true-values-estimated" for message in found.messages)
    rules = SampleRules(missing=("y ~ 0.2 + 1*x",))
    found = run_study(parse_spec("y ~ .5*x"), [], (200,), 4, rules=rules, options={"missing": "ml"})
    row = found.summaries[0].build_parameters().iloc[0]
    assert row["true"] == pytest.approx(0.5)
    assert abs(row["bias"]) < 0.2


@pytest.mark.parametrize("replications", [0, -5])
def test_no_replications_are_refused(replications):
    with pytest.raises(OptionError, match="nothing to learn"):
        run_study(parse_spec("y ~ .3*x"), [], (100,), replications)
