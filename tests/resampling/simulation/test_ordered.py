"""Samples of ordered answers: all at once they are what single fits of them are."""

from typing import Any

import numpy as np
import pytest

from sem_toolkit.resampling.simulation.analyses import SingleFitter, build_analysis
from sem_toolkit.resampling.simulation.ordered import build_ordered_fitter
from sem_toolkit.resampling.simulation.population import build_population
from sem_toolkit.resampling.simulation.sampling import Sampling, build_sampling
from sem_toolkit.spec import parse_spec

CUTS = "\n".join(f"a{i} | -1*t1 + 0*t2 + 1*t3\nb{i} | -.5*t1 + .5*t2" for i in range(1, 4))
FACTORS = f"f1 =~ .8*a1 + .7*a2 + .6*a3\nf2 =~ .75*b1 + .7*b2 + .65*b3\nf2 ~ .4*f1\n{CUTS}"
CASES: dict[str, tuple[str, tuple[str, ...], dict[str, Any]]] = {
    "WLSMV": ("f1 =~ a1 + a2 + a3\nf2 =~ b1 + b2 + b3\nf2 ~ a*f1\ntwice := 2*a", ("",), {}),
    "ULSMV of groups": ("f1 =~ a1 + c(u, u)*a2 + a3\nf2 =~ b1 + b2 + b3\nf2 ~ f1", ("1", "2"), {"estimator": "ULSMV"}),
    "misspecified": ("f1 =~ a1 + a2 + b1\nf2 =~ a3 + b2 + b3\nf2 ~~ f1", ("",), {"std_lv": True}),
}


def _sample(groups: tuple[str, ...], n: int) -> Sampling:
    return build_sampling(build_population(parse_spec(FACTORS), groups), n)


@pytest.mark.parametrize(
    "name", ["WLSMV", *(pytest.param(name, marks=pytest.mark.slow) for name in CASES if name != "WLSMV")]
)
def test_stacks_give_what_single_fits_give(name: str) -> None:
    text, groups, options = CASES[name]
    sampling = _sample(groups, 300)
    analysis = build_analysis(parse_spec(text), sampling, options=options)
    samples = sampling.draw(np.random.default_rng(5), 5)
    fitter = build_ordered_fitter(analysis, sampling)
    assert fitter is not None
    stacked, single = fitter.fit(samples), SingleFitter(analysis, sampling).fit(samples)
    assert stacked.verdict.tolist() == single.verdict.tolist()
    np.testing.assert_allclose(stacked.est, single.est, atol=1e-7)
    np.testing.assert_allclose(stacked.se, single.se, atol=1e-7)
    for measure, values in stacked.measures.items():
        np.testing.assert_allclose(values, single.measures[measure], atol=1e-6, err_msg=measure)


def test_a_sample_without_a_category_is_fitted_by_itself() -> None:
    sampling = _sample(("",), 200)
    analysis = build_analysis(parse_spec(CASES["WLSMV"][0]), sampling)
    (samples,) = sampling.draw(np.random.default_rng(6), 3)
    first = samples[1][:, 0]
    first[first == 4.0] = 3.0
    fitter = build_ordered_fitter(analysis, sampling)
    assert fitter is not None
    stacked, single = fitter.fit([samples]), SingleFitter(analysis, sampling).fit([samples])
    np.testing.assert_allclose(stacked.est, single.est, atol=1e-7)
    assert np.isnan(stacked.est).sum(axis=1).tolist() == [0, 1, 0]


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("f1 =~ a1 + a2 + a3", {}),  # as many parameters as correlations: there is no test
        (CASES["WLSMV"][0], {"estimator": "WLS"}),
        pytest.param(CASES["WLSMV"][0], {"parameterization": "theta"}, marks=pytest.mark.slow),
        pytest.param(f"{CASES['WLSMV'][0]}\na1 | u*t1\nhalf := u/2", {}, marks=pytest.mark.slow),
        (f"{CASES['WLSMV'][0]}\na1 | u*t1\nb1 | u*t1", {}),
    ],
    ids=["saturated", "WLS", "theta", "a threshold in a definition", "equal thresholds"],
)
def test_other_analyses_of_answers_are_left_to_single_fits(text: str, options: dict[str, Any]) -> None:
    sampling = _sample(("",), 200)
    assert build_ordered_fitter(build_analysis(parse_spec(text), sampling, options=options), sampling) is None
