"""Inequalities that the start does not satisfy, also where their functions have no value there."""

import numpy as np
import pytest

from sem_toolkit.estimation import EstimationOptions, Solution, estimate
from sem_toolkit.estimation.conditions import solve_least_distance
from sem_toolkit.model import build_model
from sem_toolkit.sample import Sample, SampleGroup
from sem_toolkit.spec import TableOptions, build_parameter_table, parse_spec

from .conftest import load_reference

MODEL = """visual =~ 1*x1 + {a}*x2 + {b}*x3
textual =~ x4 + x5 + x6
x1 ~~ {v}*x1
"""


def fit(constraints: str = "", a: str = "a", b: str = "b", v: str = "v") -> Solution:
    covariance = load_reference("hs_cfa_marker").sample.groups[0].covariance[:6, :6]
    sample = Sample(tuple(f"x{i}" for i in range(1, 7)), (SampleGroup("", 301, covariance),), 301)
    table = build_parameter_table(parse_spec(MODEL.format(a=a, b=b, v=v) + constraints), TableOptions(call="cfa"))
    return estimate(build_model(table), sample, EstimationOptions(engine="native"))


@pytest.mark.parametrize(
    ("constraints", "where"),
    [
        ("sqrt(a) > 5\nlog(b) < -10", {"a": 25.0, "b": np.exp(-10.0)}),
        ("log(b) < -10", {"b": np.exp(-10.0)}),
        ("log(a - 3) > 0", {"a": 4.0}),
        ("sqrt(a - 10) > 1", {"a": 11.0}),
        ("log(10 - a) < -3", {"a": 10.0 - np.exp(-3.0)}),
        ("log(-a) > 0", {"a": -1.0}),
        ("log(log(a)) > 0", {"a": np.e}),
        ("r := log(v)\nr < -6", {"v": np.exp(-6.0)}),
    ],
)
def test_the_optimum_lies_on_the_edge_that_the_constraints_draw(constraints: str, where: dict[str, float]) -> None:
    """The same estimates as with the values at that edge fixed, which no search under constraints is needed for."""
    found = fit(constraints)
    fixed = fit(**{name: repr(float(value)) for name, value in where.items()})
    assert found.certificate.converged
    assert found.discrepancy == pytest.approx(fixed.discrepancy, rel=1e-9)
    assert [constraint.multiplier > 0.0 for constraint in found.active] == [True] * len(where)
    labels = [row.label for row in found.model.parameters]
    for name, value in where.items():
        assert found.x[labels.index(name)] == pytest.approx(value, rel=1e-9)


def test_what_holds_without_effort_changes_nothing() -> None:
    assert fit("log(a) > -3\nsqrt(b) < 5").discrepancy == pytest.approx(fit().discrepancy, rel=1e-10)


@pytest.mark.parametrize("constraints", ["log(a) > 2\na < 7", "sqrt(a)+sqrt(b) < -0.1", "abs(a) < -1", "abs(a) == -1"])
def test_what_cannot_hold_is_named(constraints: str) -> None:
    certificate = fit(constraints).certificate
    assert certificate.verdict == "no optimum found"
    (message,) = [message for message in certificate.messages if message.code == "infeasible-constraints"]
    assert constraints.split("\n", maxsplit=1)[0] in message.message


def test_the_shortest_step_is_the_one_on_the_nearest_edge() -> None:
    rows = np.array([[1.0, 0.0], [1.0, 1.0], [0.0, -1.0]])
    step, multipliers = solve_least_distance(rows, np.array([1.0, 3.0, -9.0]))  # type: ignore[misc]
    np.testing.assert_allclose(step, [1.5, 1.5], atol=1e-12)
    np.testing.assert_allclose(multipliers, [0.0, 1.5, 0.0], atol=1e-12)
    assert solve_least_distance(np.array([[1.0], [-1.0]]), np.array([1.0, 1.0])) is None
    nothing, _ = solve_least_distance(rows, -np.ones(3))  # type: ignore[misc]
    np.testing.assert_array_equal(nothing, 0.0)
