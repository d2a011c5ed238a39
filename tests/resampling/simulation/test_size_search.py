"""The search of the rows for a power against power curves that are known."""

import numpy as np
import pytest
from scipy.special import ndtr

from sem_toolkit.resampling.power.satorra_saris import Setting, build_path_test
from sem_toolkit.resampling.simulation.size_search import find_size
from sem_toolkit.resampling.simulation.sources import build_source
from sem_toolkit.resampling.simulation.study_size import find_study_size
from sem_toolkit.spec import parse_spec


def build_count(effect, seed=1, samples=500):
    """Rejections of a z test whose noncentrality is effect·√n."""
    rng = np.random.default_rng(seed)
    return lambda n: (int(rng.binomial(samples, ndtr(effect * np.sqrt(n) - 1.959964))), samples)


@pytest.mark.parametrize("start", [20, 200, 3000])
@pytest.mark.parametrize("power", [0.8, 0.95])
def test_the_answer_is_within_its_error_wherever_the_search_begins(start, power):
    effect = 0.2
    truth = ((1.959964 + {0.8: 0.841621, 0.95: 1.644854}[power]) / effect) ** 2
    found = find_size(build_count(effect), start, power, 10)
    assert found.settled
    assert abs(found.n - truth) < 3.0 * found.error + 1.0
    assert found.error < 0.021 * truth


@pytest.mark.slow
def test_errors_cover_as_often_as_they_say():
    truth = ((1.959964 + 0.841621) / 0.2) ** 2
    found = [find_size(build_count(0.2, seed), 150, 0.8, 10) for seed in range(100)]
    inside = np.mean([abs(entry.n - 0.5 - truth) < 1.96 * entry.error for entry in found])
    assert inside > 0.88


def test_without_an_effect_there_is_no_answer():
    assert find_size(build_count(0.0), 100, 0.8, 10, most_samples=4000) is None


def test_the_fewest_rows_are_the_answer_where_they_are_enough():
    assert find_size(build_count(5.0), 100, 0.8, 10).n == 10


def test_the_samples_that_are_allowed_end_the_search():
    found = find_size(build_count(0.2, samples=50), 200, 0.8, 10, most_samples=200, precision=1e-6)
    assert not found.settled
    assert found.samples == 200


def test_rows_for_a_path_are_those_of_satorra_and_saris_within_the_error():
    spec = parse_spec("m ~ .4*x\ny ~ .35*m + .15*x")
    source = build_source(spec)
    setting = Setting(source.analysis, source.population, (), {})
    analytic = build_path_test(setting, ("y", "~", "x")).find_n(0.8)
    found = find_study_size(spec, ("y", "~", "x"), 0.8, most_samples=20_000)
    assert abs(found.n - analytic) < 3.0 * found.error
    assert found.error < 0.03 * analytic
