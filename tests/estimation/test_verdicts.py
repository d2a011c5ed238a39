"""Certificates: what is called an optimum, and what is not."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from sem_toolkit.diagnostics import OptionError
from sem_toolkit.discrepancy import MaximumLikelihood
from sem_toolkit.estimation import EstimationOptions, Objective, estimate
from sem_toolkit.estimation.certificate import Geometry, compute_smallest_eigenvalue, examine
from sem_toolkit.fit import fit
from sem_toolkit.model import build_model
from sem_toolkit.sample import Sample, SampleGroup
from sem_toolkit.spec import TableOptions, build_parameter_table, parse_spec
from sem_toolkit.spec.table import Parameter, ParameterTable

from .conftest import ORACLES, build_runaway, load_reference

MODES = ORACLES.parent / "estimation" / "modes"


@pytest.mark.parametrize("engine", ["native", "semopy"])
@pytest.mark.parametrize("name", ["nonident", "nonident_df_negative"])
def test_unidentified_models_are_named(name: str, engine: str) -> None:
    reference = load_reference(name, engine=engine)
    certificate = estimate(reference.model, reference.sample, reference.options).certificate
    assert certificate.verdict == "not identified"
    assert not certificate.converged
    assert any("traded against each other" in message.message for message in certificate.messages)


@pytest.mark.parametrize("engine", ["native", "semopy"])
def test_a_heywood_case_is_improper_and_names_the_variance(engine: str) -> None:
    reference = load_reference("heywood", engine=engine)
    certificate = estimate(reference.model, reference.sample, reference.options).certificate
    assert (certificate.verdict, certificate.converged, certificate.admissible) == ("improper", True, False)
    assert [m.code for m in certificate.messages if m.severity == "warning"] == ["negative-variance"]
    assert "h1 ~~ h1" in certificate.messages[0].message


def test_active_bounds_are_reported() -> None:
    reference = load_reference("con_ineq_active")
    solution = estimate(reference.model, reference.sample, reference.options)
    assert solution.certificate.verdict == "converged at a boundary"
    assert [constraint.text for constraint in solution.active] == ["visual =~ x2 >= 0.7", "speed =~ x9 <= 1"]
    assert all(constraint.multiplier > 0.0 for constraint in solution.active)
    told = [message for message in solution.certificate.messages if message.code == "active-constraint"]
    assert ["visual =~ x2 >= 0.7" in told[0].message, "speed =~ x9 <= 1" in told[1].message] == [True, True]
    assert solution.tangent.shape == (21, 19)
    np.testing.assert_allclose(solution.tangent[[0, 5]], 0.0, atol=1e-15)


def test_inactive_inequalities_change_nothing() -> None:
    free = estimate(*_parts("hs_cfa_marker"))
    bounded = estimate(*_parts("con_ineq_inactive"))
    assert bounded.certificate.verdict == "converged"
    assert bounded.discrepancy == pytest.approx(free.discrepancy, rel=1e-12)
    assert bounded.active == ()


def test_non_linear_equalities_hold_exactly() -> None:
    reference = load_reference("con_nonlinear")
    solution = estimate(reference.model, reference.sample, reference.options)
    np.testing.assert_allclose(reference.model.constraints.equality_values(solution.x)[0], 0.0, atol=1e-11)
    assert solution.tangent.shape == (21, 19)


def test_a_runaway_of_lavaan_ends_in_a_lower_improper_optimum() -> None:
    """lavaan drifts to loadings of 1e5 at 0.0219 there; a negative factor variance reaches a true minimum below."""
    reference = load_reference("nonconv", engine="native")
    solution = estimate(reference.model, reference.sample, reference.options)
    assert solution.certificate.verdict == "improper"
    assert solution.discrepancy < 1e-4
    assert len(solution.transcript) > 1


def test_a_model_without_an_optimum_says_so() -> None:
    solution = estimate(*build_runaway())
    assert solution.certificate.verdict == "no optimum found"
    assert not solution.certificate.converged
    assert any(message.severity == "error" for message in solution.certificate.messages)


def test_estimation_without_free_parameters() -> None:
    rows = (
        Parameter("y", "~", "x", ustart=0.5),
        Parameter("y", "~~", "y", ustart=1.0),
        Parameter("x", "~~", "x", ustart=1.0),
    )
    sample = Sample(("y", "x"), (SampleGroup("", 50, np.array([[1.2, 0.4], [0.4, 1.1]])),), 50)
    solution = estimate(build_model(ParameterTable(rows)), sample)
    assert solution.certificate.verdict == "converged"
    sigma = np.array([[1.25, 0.5], [0.5, 1.0]])
    S = sample.groups[0].covariance
    ratio = S @ np.linalg.inv(sigma)
    expected = 0.5 * (np.trace(ratio) - np.log(np.linalg.det(ratio)) - 2.0)
    assert solution.discrepancy == pytest.approx(expected, rel=1e-12)


def test_unknown_estimators_are_refused() -> None:
    with pytest.raises(OptionError, match="MLX"):
        EstimationOptions(estimator="MLX")


@pytest.mark.parametrize("size", [5, 61, 150])
def test_smallest_eigenvalue(size: int) -> None:
    rng = np.random.default_rng(size)
    root = np.linalg.qr(rng.normal(size=(size, size)))[0]
    values = np.concatenate([[0.003], np.linspace(0.01, 3.0, size - 1)])
    square = (root * values) @ root.T
    assert compute_smallest_eigenvalue(square) == pytest.approx(0.003, rel=1e-3)


@pytest.mark.parametrize("size", [1, 7, 90, 260])
@pytest.mark.parametrize("shift", [0.0, 2.0], ids=["positive definite", "indefinite"])
def test_the_smallest_eigenvalue_is_that_of_the_whole_spectrum(size: int, shift: float) -> None:
    draws = np.random.default_rng(size).normal(size=(size, 3 * size))
    square = draws @ draws.T / (3 * size) + 0.2 * np.eye(size) - shift * np.eye(size)
    assert compute_smallest_eigenvalue(square) == pytest.approx(np.linalg.eigvalsh(square)[0], rel=2e-3)


def _parts(name: str):  # type: ignore[no-untyped-def]
    reference = load_reference(name, engine="native")
    return reference.model, reference.sample, reference.options


def test_a_marker_without_loading_is_replaced_and_reported() -> None:
    """Population loadings 0, .8, .7, .75, .6 with the first as marker: in this sample no optimum exists with it."""
    rng = np.random.default_rng(34)
    loadings = np.array([0.0, 0.8, 0.7, 0.75, 0.6])
    factor = rng.normal(size=150)
    data = factor[:, None] * loadings + rng.normal(size=(150, 5)) * np.sqrt(1 - loadings**2)
    group = SampleGroup("", 150, np.cov(data.T, bias=True), data.mean(axis=0), data)
    sample = Sample(tuple(f"x{i}" for i in range(1, 6)), (group,), 150)
    table = build_parameter_table(parse_spec("f =~ x1 + x2 + x3 + x4 + x5"), TableOptions(call="cfa"))
    solution = estimate(build_model(table), sample, EstimationOptions(engine="native"))
    assert solution.certificate.verdict == "converged"
    (message,) = (m for m in solution.certificate.messages if m.code == "marker-replaced")
    assert "f (x1, r = 0.00 -> x2, r = 0.57)" in message.message
    fixed = [row.rhs for row in solution.model.table.rows if row.op == "=~" and row.free == 0]
    assert fixed == ["x2"]
    unscaled = build_parameter_table(parse_spec("f =~ x1 + x2 + x3 + x4 + x5"), TableOptions(call="cfa", std_lv=True))
    standard = estimate(build_model(unscaled), sample, EstimationOptions(engine="native"))
    assert solution.discrepancy == pytest.approx(standard.discrepancy, rel=1e-10)
    off = estimate(build_model(table), sample, EstimationOptions(engine="native", bad_marker_crit=0.0))
    assert off.certificate.verdict == "converged"  # beyond infinity: the marker's loading has the other sign
    assert off.discrepancy == pytest.approx(standard.discrepancy, rel=1e-10)
    assert off.certificate.starts > 1


def test_impossible_starting_values_are_given_up() -> None:
    reference = load_reference("hs_cfa_marker", engine="native")
    rows = tuple(
        row._replace(ustart=-5.0) if row.op == "~~" and row.lhs == row.rhs else row
        for row in reference.model.table.rows
    )
    model = build_model(replace(reference.model.table, rows=rows))
    solution = estimate(model, reference.sample, reference.options)
    assert solution.certificate.verdict == "converged"
    np.testing.assert_allclose(solution.x, reference.x, rtol=1e-5, atol=1e-5)


def test_a_non_linear_inequality_can_be_active() -> None:
    """a * b < 0.3 holds with equality, its multiplier is positive, and the point is an optimum on the curve."""
    text = "visual =~ x1 + a*x2 + b*x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9\na*b < 0.3"
    table = build_parameter_table(parse_spec(text), TableOptions(call="cfa"))
    solution = estimate(build_model(table), load_reference("hs_cfa_marker").sample, EstimationOptions())
    assert solution.certificate.verdict == "converged at a boundary"
    (constraint,) = solution.active
    assert not constraint.is_equality
    assert constraint.multiplier > 0.0
    a, b = solution.x[:2]
    assert a * b == pytest.approx(0.3, abs=1e-10)
    assert np.abs(solution.tangent.T @ constraint.slope).max() < 1e-12
    free = load_reference("hs_cfa_marker").case["fit_measures"]["fmin"]
    assert free < solution.discrepancy < free + 0.01


def test_restarts_are_reproducible() -> None:
    model, sample, options = build_runaway()
    options = replace(options, restarts=1, multistart=3)
    first, second = (estimate(model, sample, options) for _ in range(2))
    assert len(first.transcript) > 3
    assert first.transcript == second.transcript
    np.testing.assert_array_equal(first.x, second.x)


@pytest.mark.parametrize(
    "constraint",
    ["sqrt(-1 - a^2) == b", "1/(a - a) == b", "a^1e308 == 1", pytest.param("log(a) < -10000", marks=pytest.mark.slow)],
)
def test_constraints_that_cannot_hold_end_in_a_verdict(constraint: str) -> None:
    reference = load_reference("hs_cfa_marker", engine="native")
    spec = parse_spec(f"visual =~ x1 + a*x2 + b*x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9\n{constraint}")
    table = build_parameter_table(spec, TableOptions(call="cfa").for_fit())
    assert estimate(build_model(table), reference.sample, reference.options).certificate.verdict == "no optimum found"


def test_a_root_holds_where_it_has_a_value() -> None:
    """χ² of lavaan 0.7-3."""
    reference = load_reference("hs_cfa_marker", engine="native")
    spec = parse_spec("visual =~ x1 + a*x2 + b*x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9\nsqrt(a) == b")
    table = build_parameter_table(spec, TableOptions(call="cfa").for_fit())
    solution = estimate(build_model(table), reference.sample, reference.options)
    assert solution.certificate.verdict == "converged"
    assert 2 * 301 * solution.discrepancy == pytest.approx(85.3268298492756, rel=1e-7)


@pytest.mark.parametrize("text", ["c <~ x1 + x2 + x3", "c <~ x1 + x2\nx4 ~ 0*c"])
def test_composites_that_reach_nothing_are_not_identified(text: str) -> None:
    data = np.random.default_rng(6).normal(size=(60, 4))
    group = SampleGroup("", 60, np.cov(data.T, bias=True), data.mean(axis=0), data)
    sample = Sample(tuple(f"x{i}" for i in range(1, 5)), (group,), 60)
    model = build_model(build_parameter_table(parse_spec(text), TableOptions(call="sem")))
    certificate = estimate(model, sample, EstimationOptions(engine="native")).certificate
    assert (certificate.verdict, certificate.converged) == ("not identified", False)
    assert "traded" in certificate.messages[0].message


@pytest.mark.parametrize(
    ("change", "is_optimum"),
    [
        ({}, True),
        ({"curvature": -0.1}, False),  # a saddle
        ({"curvature": 5e-9}, False),
        ({"gradient_max": 2e-8}, False),
        ({"missed": 2e-8}, False),
        ({"inward": 2e-6}, False),
        ({"is_singular": True}, False),
    ],
)
def test_what_an_optimum_is(change: dict[str, float], is_optimum: bool) -> None:
    geometry = Geometry(gradient_max=5e-9, curvature=0.1, is_singular=False, missed=5e-9, inward=5e-7)
    assert replace(geometry, **change).is_optimum is is_optimum  # type: ignore[arg-type]


def test_other_seeds_try_other_starts() -> None:
    model, sample, options = build_runaway()
    options = replace(options, restarts=1, multistart=0)
    first, second = (estimate(model, sample, replace(options, seed=seed)).transcript for seed in (1, 2))
    assert [a.discrepancy for a in first] != [a.discrepancy for a in second]


def test_a_saddle_is_no_optimum() -> None:
    """Between two optima of a MIMIC model the gradient is 0, but one direction leads down."""
    solution = fit(MODES / "mimic.lav", MODES / "mimic.csv", engine="native").solution
    objective = Objective(solution.model, MaximumLikelihood(solution.targets))
    theta = np.array([-0.5794, -0.8482, 1.1724, 0.0979, -0.1421, 0.5368, 0.4866, 0.3898, 0.2682, 0.0665])
    for _ in range(8):
        point = objective.locate(theta)
        assert point is not None
        theta = theta - np.linalg.solve(point.hessian, point.gradient)
    certificate = examine(objective, point, "native", 0).certificate
    assert (certificate.verdict, certificate.converged) == ("no optimum found", False)
    assert certificate.gradient_max < 1e-9
    assert certificate.hessian_min_eig == pytest.approx(-0.17368, abs=1e-4)
    assert "not curved upwards there (smallest eigenvalue -0.174)" in certificate.messages[0].message
    values, vectors = np.linalg.eigh(point.hessian)
    assert values[0] < 0.0 < values[1]
    for sign in (1.0, -1.0):
        beside = objective.locate(point.theta + sign * 0.01 * vectors[:, 0])
        assert beside is not None
        assert beside.value < point.value


_SQUARES = """
S1 =~ NA*y1 + s*y1
S2 =~ NA*y2 + s*y2
S1 ~~ 1*S1 + .5*S2
S2 ~~ 1*S2
y1 ~~ e*y1
y2 ~~ e*y2
s > 0
"""
"""Only the square of s counts: the covariance of y1 and y2 is s²/2."""


def _correlate(correlation: float) -> pd.DataFrame:
    return pd.DataFrame([[1.0, correlation], [correlation, 1.0]], index=["y1", "y2"], columns=["y1", "y2"])


def test_an_inequality_without_force_makes_no_optimum_of_a_saddle() -> None:
    found = fit(_SQUARES, sample_cov=_correlate(0.3), sample_nobs=200)
    assert found.certificate.verdict == "converged"
    np.testing.assert_allclose(found.parameters["est"][0] ** 2, 2 * 0.3 * 199 / 200, rtol=1e-8)
    objective = Objective(found.solution.model, MaximumLikelihood(found.solution.targets))
    loadings = [row.op == "=~" for row in found.solution.model.parameters]
    at_zero = objective.locate(objective.model.constraints.linear.basis.T @ np.where(loadings, 0.0, 0.9975))
    assert at_zero is not None
    certificate = examine(objective, at_zero, "native", 0).certificate
    assert (certificate.verdict, certificate.converged) == ("no optimum found", False)
    assert certificate.hessian_min_eig < -1e-3


def test_an_inequality_without_force_may_still_be_where_the_optimum_is() -> None:
    found = fit(_SQUARES, sample_cov=_correlate(-0.3), sample_nobs=200)
    assert found.certificate.verdict == "converged at a boundary"
    np.testing.assert_allclose(found.parameters["est"][:2], 0.0, atol=1e-8)
    assert found.fit_measures["chisq"] == pytest.approx(-200 * np.log(1 - 0.3**2), rel=1e-9)
    assert np.isfinite(found.fit_measures["gfi"])


@pytest.mark.parametrize("unit", [1e-4, 1.0, 1e4])
@pytest.mark.parametrize(("share", "verdict"), [(1.05, "converged at a boundary"), (0.999, "converged")])
def test_bounds_are_active_in_any_unit(unit: float, share: float, verdict: str) -> None:
    """A lower bound of a residual variance a little above or below where it would be; the certificate has no unit."""
    data = pd.read_csv(ORACLES / "data" / "hs.csv")[["x1", "x2", "x3", "x4"]]
    data["x1"] *= unit
    free = fit("f =~ x2 + x1 + x3 + x4", data)
    variance = float(free.parameters.query("lhs == 'x1' and op == '~~'")["est"].iloc[0])
    found = fit(f"f =~ x2 + x1 + x3 + x4\nx1 ~~ lower({variance * share:.17g})*x1", data)
    assert found.certificate.verdict == verdict
    assert found.certificate.gradient_max < 1e-8
    if share < 1.0:
        assert found.solution.active == ()
        assert found.certificate.hessian_min_eig == pytest.approx(free.certificate.hessian_min_eig, rel=1e-6)
        return
    (constraint,) = found.solution.active
    assert constraint.text.startswith("x1 ~~ x1 >= ")
    np.testing.assert_allclose(constraint.slope @ found.solution.x, variance * share, rtol=1e-9)
    assert constraint.multiplier * variance == pytest.approx(0.00222014, rel=1e-5)
    moved = fit(f"f =~ x2 + x1 + x3 + x4\nx1 ~~ lower({variance * (share + 1e-4):.17g})*x1", data)
    lost = moved.solution.discrepancy - found.solution.discrepancy
    assert lost == pytest.approx(constraint.multiplier * variance * 1e-4, rel=1e-2)
    assert found.solution.tangent.shape == (8, 7)


def test_a_solution_has_the_hessian_of_its_discrepancy() -> None:
    solution = estimate(*_parts("hs_cfa_marker"))
    objective = Objective(solution.model, MaximumLikelihood(solution.targets))
    step = 1e-4
    ends = [objective.locate(solution.x + sign * step * np.eye(len(solution.x))[0]) for sign in (1.0, -1.0)]
    assert ends[0] is not None
    assert ends[1] is not None
    by_difference = (ends[0].gradient - ends[1].gradient) / (2.0 * step)
    np.testing.assert_allclose(solution.hessian[0], by_difference, atol=1e-7)
