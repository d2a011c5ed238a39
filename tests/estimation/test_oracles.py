"""Estimates, discrepancy and implied moments against lavaan's, by either engine."""

from functools import cache

import numpy as np
import pytest

from sem_toolkit.estimation import Solution, estimate
from sem_toolkit.estimation.engines.description import find_obstacle

from .conftest import Reference, list_cases, load_model, load_reference, stopping_slack

UNIDENTIFIED = {"nonident", "nonident_df_negative"}
CASES = [name for name in list_cases() if name not in UNIDENTIFIED]
FOR_SEMOPY = [name for name in CASES if name != "large_20x6" and find_obstacle(*load_model(name)) is None]


@cache
def solve(name: str, engine: str) -> tuple[Reference, Solution]:
    """A case and where an engine ends with it; several tests look at the same."""
    reference = load_reference(name, engine=engine)
    return reference, estimate(reference.model, reference.sample, reference.options)


@pytest.mark.parametrize("name", CASES)
def test_native_finds_the_estimates_of_lavaan(name: str) -> None:
    check_case(name, "native")


@pytest.mark.parametrize("name", FOR_SEMOPY)
def test_semopy_finds_the_estimates_of_lavaan(name: str) -> None:
    check_case(name, "semopy")


def test_semopy_is_asked_about_many_models() -> None:
    assert len(FOR_SEMOPY) > 30
    assert {"hs_cfa_marker", "hs_cfa_stdlv", "poldem_sem", "poldem_eqload", "path_med_fixedx"} <= set(FOR_SEMOPY)


def check_case(name: str, engine: str) -> None:
    reference, solution = solve(name, engine)
    certificate = solution.certificate
    assert certificate.converged, certificate.messages
    assert certificate.engine == engine
    assert certificate.gradient_max < 1e-8
    assert certificate.hessian_min_eig > 0.0
    slack = 2.0 * stopping_slack(name)
    np.testing.assert_allclose(solution.x, reference.x, rtol=5e-5, atol=5e-5 + slack)
    minimum = reference.case["fit_measures"]["fmin"]
    tolerance = 1e-9 if reference.model.constraints.equalities else 1e-12  # lavaan meets these to 1e-8 only
    assert solution.discrepancy <= minimum + tolerance
    assert solution.discrepancy == pytest.approx(minimum, rel=1e-6, abs=5e-9)
    for group, expected in enumerate(reference.case.get("implied_cov", [])):
        covariance = solution.moments.covariance[group]
        np.testing.assert_allclose(covariance, expected["cov"]["matrix"], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", FOR_SEMOPY)
def test_engines_agree(name: str) -> None:
    native, semopy = (solve(name, engine)[1] for engine in ("native", "semopy"))
    np.testing.assert_allclose(native.x, semopy.x, rtol=1e-6, atol=1e-6)
    assert native.discrepancy == pytest.approx(semopy.discrepancy, rel=1e-9, abs=1e-13)


@pytest.mark.parametrize("name", CASES)
def test_group_discrepancies_add_up(name: str) -> None:
    reference, solution = solve(name, "native")
    assert solution.targets.share @ solution.by_group == pytest.approx(solution.discrepancy, rel=1e-12, abs=1e-15)
    statistics = reference.case["tests"][0] if "tests" in reference.case else {"stat": None}
    if statistics["stat"] is not None and statistics["test"] == "standard":
        rows = solution.targets.n - (1 if reference.options.likelihood == "wishart" else 0)
        assert 2.0 * rows @ solution.by_group == pytest.approx(statistics["stat"], rel=1e-6, abs=1e-8)
