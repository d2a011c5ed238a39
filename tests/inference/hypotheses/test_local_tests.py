"""Conditional independences of path models: found as by d-separation, tested as partial correlations."""

import itertools

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from scipy import stats

from sem_toolkit import ModelError, fit
from sem_toolkit.inference import build_local_independence_tests, evaluate_solution
from sem_toolkit.inference.hypotheses.local_tests import compute_partial_correlation, find_independences


def frame_of(names, n=400, seed=4):
    rng = np.random.default_rng(seed)
    data = rng.standard_normal((n, len(names))) @ np.triu(
        np.full((len(names), len(names)), 0.3) + 0.7 * np.eye(len(names))
    )
    return pd.DataFrame(data, columns=list(names))


def evaluate(spec, names, **options):
    return evaluate_solution(fit(spec, frame_of(names), **options).solution)


def test_a_chain():
    found = find_independences(evaluate("b ~ a\nc ~ b\nd ~ c", "abcd"))
    assert [(i.first, i.second, set(i.given)) for i in found] == [
        ("a", "c", {"b"}),
        ("a", "d", {"c"}),
        ("b", "d", {"a", "c"}),
    ]


def test_every_independence_is_a_d_separation():
    spec = "c ~ a + b\nd ~ c\ne ~ c + a\nf ~ d + e"
    graph = nx.DiGraph([("a", "c"), ("b", "c"), ("c", "d"), ("c", "e"), ("a", "e"), ("d", "f"), ("e", "f")])
    # exogenous variables may covary, and so may the outcomes that predict nothing: none here but f
    graph.add_edges_from([("hidden", "a"), ("hidden", "b")])
    found = find_independences(evaluate(spec, "abcdef"))
    pairs = {frozenset((i.first, i.second)) for i in found}
    for i in found:
        assert nx.is_d_separator(graph, {i.first}, {i.second}, set(i.given))
    for first, second in itertools.combinations("abcdef", 2):
        adjacent = graph.has_edge(first, second) or graph.has_edge(second, first) or {first, second} == {"a", "b"}
        assert (frozenset((first, second)) in pairs) is not adjacent


def test_partial_correlation_is_that_of_regression_residuals():
    data = frame_of("abcd").to_numpy()
    covariance = np.cov(data, rowvar=False, ddof=0)
    design = np.column_stack([np.ones(len(data)), data[:, 2:]])
    residuals = data[:, :2] - design @ np.linalg.lstsq(design, data[:, :2], rcond=None)[0]
    expected = np.corrcoef(residuals, rowvar=False)[0, 1]
    assert compute_partial_correlation(covariance, 0, 1, [2, 3]) == pytest.approx(expected, abs=1e-12)


def test_table_ends_with_fishers_c():
    result = fit("b ~ a\nc ~ b\nd ~ c", frame_of("abcd"))
    table = build_local_independence_tests(result.solution)
    single, total = table.iloc[:-1], table.iloc[-1]
    assert total["z"] == pytest.approx(-2 * np.log(single["pvalue"]).sum())
    assert (total["first"], len(single)) == ("all", 3)


@pytest.mark.parametrize(
    ("spec", "message"),
    [("f =~ a + b + c", "latent variables"), ("a ~ b + c\nb ~ a + d", "cycle")],
)
def test_models_without_a_basis_set(spec, message):
    with pytest.raises(ModelError, match=message):
        find_independences(evaluate(spec, "abcd"))


def test_each_independence_is_tested_by_fishers_z():
    found = build_local_independence_tests(fit("b ~ a\nc ~ b\nd ~ c", frame_of("abcd")).solution)
    given = np.array([1, 1, 2])
    z = np.arctanh(found["r"][:3]) * np.sqrt(400 - 3 - given)
    np.testing.assert_allclose(found["z"][:3], z, rtol=1e-12)
    np.testing.assert_allclose(found["pvalue"][:3], 2.0 * stats.norm.sf(np.abs(z)), rtol=1e-9)
