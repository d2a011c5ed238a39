"""Intervals from given draws, accelerations and leave-one-out estimates, as lavaan and boot have them."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from sem_toolkit.fit import fit
from sem_toolkit.resampling.bootstrap import bootstrap, build_limits, compute_acceleration
from sem_toolkit.resampling.bootstrap.quantities import Quantities

ORACLES = Path(__file__).parents[2] / "oracles"
CASES = ["intervals_mediation", "intervals_poldem"]


def _read(case: str) -> tuple[dict[str, Any], Quantities, np.ndarray, np.ndarray, np.ndarray]:
    """The case, its quantities, their estimates, their values for the given draws, and at the mean of these."""
    oracle = json.loads((ORACLES / "resampling" / f"{case}.json").read_text())
    draws = pd.read_csv(ORACLES / "resampling" / oracle["draws"])
    own = fit(oracle["spec"], ORACLES / "data" / oracle["data"], engine="native")
    quantities = Quantities(own.evaluated.evaluation, with_standardized=True)
    names = [row.label or f"{row.lhs}{row.op}{row.rhs}" for row in own.solution.model.parameters]
    x = draws[names].to_numpy()
    given = dict(zip(oracle["columns"], oracle["estimate"], strict=True))
    estimate = quantities.compute(np.array([[given[name] for name in names]]))[0]
    return oracle, quantities, estimate, quantities.compute(x), quantities.compute(x.mean(axis=0)[None])[0]


def _key(row: dict[str, Any]) -> tuple[str, str, str]:
    return row["lhs"], row["op"], "" if row["op"] == ":=" else row["rhs"]


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("kind", ["norm", "basic", "perc", "bca.simple"])
def test_limits_are_lavaans(case: str, kind: str) -> None:
    oracle, quantities, estimate, draws, centre = _read(case)
    places = {(q.lhs, q.op, q.rhs): k for k, q in enumerate(quantities.listed) if q.scale == "est"}
    for block in oracle["intervals"]:
        lower, upper = build_limits(draws, estimate, block["level"], kind, centre=centre)
        compared = 0
        for row in block[kind]:
            place = places.get(_key(row))
            if place is None:  # a fixed parameter
                continue
            compared += 1
            assert draws[:, place].std() == pytest.approx(row["se"], rel=1e-8)
            assert lower[place] == pytest.approx(row["ci_lower"], rel=1e-7, abs=1e-8)
            assert upper[place] == pytest.approx(row["ci_upper"], rel=1e-7, abs=1e-8)
        assert compared == len(places)


@pytest.mark.parametrize("case", CASES)
def test_limits_of_standardised_values_are_lavaans(case: str) -> None:
    oracle, quantities, estimate, draws, _ = _read(case)
    places = {(q.lhs, q.op, q.rhs): k for k, q in enumerate(quantities.listed) if q.scale == "std.all"}
    lower, upper = build_limits(draws, estimate, 0.95, "perc")
    compared = 0
    for row in oracle["std_perc"]:
        place = places.get(_key(row))
        if place is not None and row["se"]:
            compared += 1
            assert estimate[place] == pytest.approx(row["est_std"], rel=1e-7)
            assert lower[place] == pytest.approx(row["ci_lower"], rel=1e-7)
            assert upper[place] == pytest.approx(row["ci_upper"], rel=1e-7)
    assert compared > 5


@pytest.mark.parametrize("case", CASES)
def test_accelerated_limits_with_the_jackknife_are_exact(case: str) -> None:
    oracle, quantities, estimate, draws, _ = _read(case)
    if "bca_jackknife" not in oracle:
        pytest.fail("the case has no accelerated limits")
    names = [q.lhs for q in quantities.listed if q.op == ":="]
    for block in oracle["bca_jackknife"]:
        chosen = [k for k, q in enumerate(quantities.listed) if q.scale == "est" and q.lhs in block["quantities"]]
        chosen = [k for k in chosen if quantities.listed[k].op == ":="]
        order = [block["quantities"].index(quantities.listed[k].lhs) for k in chosen]
        a = np.array(block["acceleration"])[order]
        lower, upper = build_limits(draws[:, chosen], estimate[chosen], block["level"], "bca", a)
        np.testing.assert_allclose(lower, np.array(block["ci_lower"])[order], rtol=1e-7)
        np.testing.assert_allclose(upper, np.array(block["ci_upper"])[order], rtol=1e-7)
    assert names


@pytest.mark.parametrize("case", ["jackknife_mediation", "jackknife_poldem"])
def test_estimates_without_one_row_are_lavaans(case: str) -> None:
    oracle = json.loads((ORACLES / "resampling" / f"{case}.json").read_text())
    data = ORACLES / "data" / oracle["data"]
    found = bootstrap(oracle["spec"], data, draws=2, interval="bca", engine="native")
    assert found.without is not None
    names = [q.label or f"{q.lhs}{q.op}{q.rhs}" for q in found.quantities]
    for place, name in enumerate(oracle["without"]["columns"]):
        own = found.without[:, names.index(name)]
        reference = np.array([row[place] for row in oracle["without"]["rows"]])
        # lavaan's own stopping rule leaves 1e-5 or so of a standard error of the jackknife
        np.testing.assert_allclose(own, reference, atol=2e-5 * float(np.abs(reference).max()))
        assert compute_acceleration(own[:, None])[0] == pytest.approx(oracle["acceleration"][place], rel=5e-3, abs=1e-5)


def test_the_acceleration_is_its_formula() -> None:
    oracle = json.loads((ORACLES / "resampling" / "jackknife_mediation.json").read_text())
    without = np.array(oracle["without"]["rows"])
    np.testing.assert_allclose(compute_acceleration(without), oracle["acceleration"], rtol=1e-8)


def test_the_acceleration_is_for_accelerated_limits_alone() -> None:
    draws = np.random.default_rng(2).gamma(2.0, size=(400, 1))
    estimate, acceleration = np.array([1.7]), np.array([0.08])
    simple = build_limits(draws, estimate, 0.95, "bca.simple", acceleration)
    np.testing.assert_array_equal(simple, build_limits(draws, estimate, 0.95, "bca.simple"))
    assert (build_limits(draws, estimate, 0.95, "bca", acceleration) > simple).all()
