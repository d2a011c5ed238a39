"""Every continuous-data case: parameters, standardised solution, fit measures and R² are lavaan's."""

import json
import math

import numpy as np
import pytest

from sem_toolkit.inference import (
    build_modification_indices,
    build_parameter_estimates,
    build_standardized_solution,
    compute_fit_measures,
    compute_r2,
    compute_residual_summaries,
    compute_residuals,
    compute_test_statistics,
    evaluate_solution,
    resolve_inference_options,
)
from tests.support import ORACLES


def is_usable(case):
    """Whether the case is about complete continuous data, and lavaan has an answer."""
    given = case["options"]
    beyond = "missing" in given or given.get("ordered") or "parameterization" in given
    refused = any("not identified" in warning for warning in case.get("warnings") or [])
    return bool(case.get("converged") and case.get("parameters") and not beyond and not refused)


CASES = [path.stem for path in sorted((ORACLES / "cases").glob("*.json")) if is_usable(json.loads(path.read_text()))]

# Estimates that lavaan's stopping rule leaves a little off the optimum, by more than the tolerance of standard errors.
FLAT = {"heywood": 3e-3, "bifactor": 3e-3, "con_ineq_active": 2e-3}

# lavaan differentiates abs() by a complex step, which gives 0: see docs/differences.md.
DIFFERENT = {"con_defined": {"w"}}


def options_of(case):
    given = case["options"]
    return resolve_inference_options(given.get("estimator", "ML"), given.get("se"), given.get("test"))


def reference_rows(case, block):
    return [row for row in case[block] if row["lhs"] not in DIFFERENT.get(case["id"], ())]


@pytest.mark.parametrize("name", CASES)
def test_parameters(name, solve, compare_rows):
    solution = solve(name)
    frame = build_parameter_estimates(solution, options=options_of(solution.case))
    loose = FLAT.get(name, 1e-4)
    columns = {"est": (5e-5, max(5e-5, loose / 2)), "se": (loose, 1e-6)}
    columns |= dict.fromkeys(("ci.lower", "ci.upper", "std.lv", "std.all", "std.nox"), (loose, max(1e-4, loose)))
    compare_rows(frame, reference_rows(solution.case, "parameters"), columns)


@pytest.mark.parametrize("name", CASES)
def test_standardized_solution(name, solve, compare_rows):
    solution = solve(name)
    frame = build_standardized_solution(solution, options=options_of(solution.case))
    loose = FLAT.get(name, 2e-4)
    columns = {"est.std": (loose, 1e-4), "se": (loose, max(1e-6, loose / 10)), "ci.lower": (loose, 2e-4)}
    compare_rows(frame, reference_rows(solution.case, "standardized"), columns)


@pytest.mark.parametrize("name", CASES)
def test_fit_measures(name, solve):
    solution = solve(name)
    ours, theirs = compute_fit_measures(solution, options_of(solution.case)), solution.case["fit_measures"]
    assert set(ours) <= set(theirs), f"not among lavaan's measures: {set(ours) - set(theirs)}"
    faults = []
    for measure, value in theirs.items():
        relative = (
            1e-4
            if measure.endswith((".scaled", ".robust", ".factor")) or "rmsea" in measure
            else 1e-5
            if "rmr" in measure
            else 1e-6
        )
        if value is not None and not math.isclose(ours.get(measure, math.nan), value, rel_tol=relative, abs_tol=2e-6):
            faults.append(f"{measure}: {ours.get(measure)} against {value}")
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("name", CASES)
def test_r2(name, solve):
    solution = solve(name)
    theirs = solution.case.get("r2") or {}
    ours = compute_r2(solution)
    groups = theirs if len(ours) > 1 else {"": theirs}
    for label, values in groups.items():
        assert set(ours[label]) == set(values)
        for variable, value in values.items():
            if value is None:
                assert math.isnan(ours[label][variable])
            else:
                assert ours[label][variable] == pytest.approx(value, rel=2e-5, abs=2e-5)


@pytest.mark.parametrize("name", CASES)
def test_tests(name, solve):
    solution = solve(name)
    ours = {test.test: test for test in compute_test_statistics(solution, options_of(solution.case))}
    for theirs in solution.case["tests"]:
        found = ours[theirs["test"]]
        assert found.df == pytest.approx(theirs["df"], rel=1e-5)
        assert found.stat == pytest.approx(theirs["stat"], rel=1e-5, abs=1e-6)
        assert sum(found.stat_group) == pytest.approx(theirs["stat"], rel=1e-5, abs=1e-6)
        for name_, value in (("scaling_factor", found.scaling_factor), ("shift_parameter", found.shift_parameter)):
            if theirs.get(name_) is not None:
                assert value == pytest.approx(np.sum(theirs[name_]), rel=1e-5)


@pytest.mark.parametrize("name", [name for name in CASES if name != "composite"])
def test_modification_indices(name, solve, compare_rows):
    solution = solve(name)
    columns = {"mi": (1e-3, 5e-5), "epc": (1e-3, 5e-5)}
    columns |= dict.fromkeys(("sepc.lv", "sepc.all", "sepc.nox"), (1e-3, 5e-5))
    compare_rows(build_modification_indices(solution), solution.case.get("modification_indices", []), columns)


@pytest.mark.parametrize("name", [name for name in CASES if name != "large_20x6"])
def test_residual_correlations(name, solve):
    solution = solve(name)
    for ours, theirs in zip(
        compute_residuals(solution, options=options_of(solution.case)), solution.case["residuals_cor"], strict=True
    ):
        order = [ours.variables.index(variable) for variable in theirs["cov"]["names"]]
        where = np.ix_(order, order)
        reference = np.array(theirs["cov"]["matrix"], dtype=float)
        np.testing.assert_allclose(ours.cov[where], reference, atol=1e-5)
        large = np.abs(reference) > 2e-4  # lavaan does not standardise smaller ones
        np.testing.assert_allclose(
            ours.cov_z[where][large], select(theirs["cov.z"]["matrix"], large), rtol=2e-3, atol=1e-3
        )
        if "mean" in theirs:
            reference = np.array(theirs["mean"]["values"], dtype=float)
            large = np.abs(reference) > 2e-4
            np.testing.assert_allclose(ours.mean[order], reference, atol=1e-5)
            np.testing.assert_allclose(
                ours.mean_z[order][large], select(theirs["mean.z"]["values"], large), rtol=2e-3, atol=1e-3
            )


def select(values, where):
    return np.array(values, dtype=float)[where]


@pytest.mark.parametrize("name", [name for name in CASES if name != "large_20x6"])
def test_residual_summaries(name, solve):
    solution = solve(name)
    summaries = compute_residual_summaries(evaluate_solution(solution), options_of(solution.case))
    names = {"": "rms", ".se": "se", ".exactfit.z": "exact_z"}
    unbiased = {"": "unbiased", ".se": "unbiased_se", ".ci.lower": "lower", ".ci.upper": "upper"}
    unbiased |= {".closefit.z": "close_z", ".closefit.pvalue": "close_pvalue"}
    for ours, theirs in zip(summaries, solution.case["residuals_summary"], strict=True):
        table = {row["stat"]: row for row in theirs["table"]}
        for part, summary in ours.items():
            for prefix, attributes in (("crmr", names), ("ucrmr", unbiased)):
                for suffix, attribute in attributes.items():
                    value = table[prefix + suffix].get(part)
                    if value is not None:
                        assert getattr(summary, attribute) == pytest.approx(value, rel=2e-3, abs=2e-5), (
                            part,
                            attribute,
                        )
