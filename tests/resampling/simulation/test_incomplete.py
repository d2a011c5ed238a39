"""Samples with missing answers: all at once they are what single fits of them are."""

from typing import Any

import numpy as np
import pytest

from sem_toolkit.resampling.simulation.analyses import SingleFitter, build_analysis
from sem_toolkit.resampling.simulation.incomplete import build_incomplete_fitter
from sem_toolkit.resampling.simulation.missing_rules import parse_missing_rule
from sem_toolkit.resampling.simulation.population import build_population
from sem_toolkit.resampling.simulation.sampling import Sampling, build_sampling
from sem_toolkit.spec import parse_spec

FACTORS = "f1 =~ .8*a1 + .7*a2 + .6*a3\nf2 =~ .75*b1 + .7*b2 + .65*b3\nf2 ~ .4*f1\na2 ~ .3*1"
FREE = "f1 =~ a1 + a2 + a3\nf2 =~ b1 + b2 + b3\nf2 ~ a*f1"
RULES = [parse_missing_rule(text) for text in ("a2 ~ 0.1", "b2 ~ .2 + .8*a1", "b3 ~ .1")]
CASES: dict[str, tuple[str, tuple[str, ...], dict[str, Any]]] = {
    "definition": (f"{FREE}\ntwice := 2*a", ("",), {}),
    "groups": ("f1 =~ a1 + a2 + a3\nf2 =~ b1 + b2 + b3\nf2 ~ f1", ("1", "2"), {"group_equal": ["loadings"]}),
    "misspecified": ("f =~ a1 + a2 + a3 + b1 + b2 + b3", ("",), {"std_lv": True}),
}


def _sample(groups: tuple[str, ...], n: int) -> Sampling:
    return build_sampling(build_population(parse_spec(FACTORS), groups), n, missing=RULES)


@pytest.mark.parametrize("name", CASES)
def test_stacks_give_what_single_fits_give(name: str) -> None:
    text, groups, options = CASES[name]
    sampling = _sample(groups, 200)
    analysis = build_analysis(parse_spec(text), sampling, options={**options, "missing": "ml"})
    samples = sampling.draw(np.random.default_rng(5), 5)
    samples[0][3, 0] = np.nan  # a row without any answer does not count
    for rows in samples:
        rows[4] = np.nan_to_num(rows[4], nan=0.1)  # a sample without any empty cell
    fitter = build_incomplete_fitter(analysis, sampling)
    assert fitter is not None
    stacked, single = fitter.fit(samples), SingleFitter(analysis, sampling).fit(samples)
    assert stacked.verdict.tolist() == single.verdict.tolist()
    np.testing.assert_allclose(stacked.est, single.est, atol=1e-7)
    np.testing.assert_allclose(stacked.se, single.se, atol=1e-7)
    for measure, values in stacked.measures.items():
        np.testing.assert_allclose(values, single.measures[measure], atol=1e-6, err_msg=measure)


@pytest.mark.parametrize(
    ("text", "options"),
    [
        (FREE, {"missing": "ml", "estimator": "MLR"}),
        (FREE, {"missing": "listwise"}),
        ("b1 ~ a1 + a2\nb2 ~ a1", {"missing": "ml"}),  # exogenous variables are fixed
        ("f1 =~ a1 + a2 + a3", {"missing": "ml"}),  # as many parameters as moments: there is no test
    ],
    ids=["MLR", "listwise", "exogenous", "saturated"],
)
def test_other_analyses_are_left_to_single_fits(text: str, options: dict[str, Any]) -> None:
    sampling = _sample(("",), 200)
    assert build_incomplete_fitter(build_analysis(parse_spec(text), sampling, options=options), sampling) is None
