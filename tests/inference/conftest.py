"""Reference cases as solutions: lavaan's estimates, polished to the exact optimum by Fisher steps for ML."""

import json
import math
from dataclasses import dataclass, replace

import numpy as np
import pytest

from sem_toolkit.estimation import EstimationOptions, compute_tangent
from sem_toolkit.inference import evaluate_solution
from sem_toolkit.inference.at_estimate import compute_equality_basis
from sem_toolkit.inference.weights.information import compute_expected_information, compute_gradient_of_fit
from sem_toolkit.model import build_model
from sem_toolkit.sample import build_sample, build_sample_from_moments, read_table
from sem_toolkit.spec.table import ParameterTable
from tests.support import ORACLES


@dataclass(frozen=True, eq=False)
class CaseSolution:
    """What inference needs of a solution, and the case that it stands for."""

    model: object
    sample: object
    options: EstimationOptions
    x: np.ndarray
    case: dict

    stages = None

    @property
    def tangent(self):
        """Directions that no equality and no inequality or bound at which lavaan's estimate lies forbids."""
        basis = compute_equality_basis(self.model.constraints, self.x)
        values, slopes = self.model.constraints.inequality_values(self.x)
        active = values < 1e-6 * (1.0 + np.abs(slopes) @ np.abs(self.x))
        return basis @ compute_tangent(slopes[active] @ basis, basis.shape[1])


def read_case(name):
    return json.loads((ORACLES / "cases" / f"{name}.json").read_text())


def build_table(case):
    rows = []
    for record in case["partable"]:
        row = {key: value for key, value in record.items() if value is not None}
        if not row["free"] and row["op"] not in (":=", "==", "<", ">"):
            row["ustart"] = record["est"]
        rows.append(row)
    return ParameterTable.from_records(rows, tuple(case.get("group_labels") or [""]))


def build_case_sample(case, model):
    options = case["options"]
    if case["data"]:
        return build_sample(read_table(ORACLES / "data" / case["data"]), model.observed, options.get("group"))
    given, means = options["sample_cov"], options.get("sample_mean")
    covariances = [given] if "names" in given else list(given.values())
    if means is not None:
        means = [part["values"] for part in ([means] if "names" in means else means.values())]
    sizes = [int(size) for size in np.ravel(options["sample_nobs"])]
    matrices = [part["matrix"] for part in covariances]
    return build_sample_from_moments(
        covariances[0]["names"], matrices, sizes, model.observed, means, labels=case.get("group_labels")
    )


def solve_case(name):
    case = read_case(name)
    model = build_model(build_table(case))
    x = np.zeros(model.n_parameters)
    for record in case["partable"]:
        if record["free"]:
            x[record["free"] - 1] = record["est"]
    likelihood = "wishart" if case["resolved_options"]["likelihood"] == "wishart" else "normal"
    options = EstimationOptions(case["options"].get("estimator", "ML"), likelihood=likelihood)
    solution = CaseSolution(model, build_case_sample(case, model), options, x, case)
    limited = model.constraints.inequalities or model.constraints.has_bounds
    return solution if limited or case["resolved_options"]["estimator"] != "ML" else polish(solution)


def polish(solution):
    for _ in range(5):
        at = evaluate_solution(solution)
        gradient = at.basis.T @ compute_gradient_of_fit(at)
        step = -at.basis @ np.linalg.solve(at.basis.T @ compute_expected_information(at) @ at.basis, gradient)
        if at.model.constraints.equalities:
            values, slopes = at.model.constraints.equality_values(solution.x)
            basis = at.model.constraints.linear.basis
            step = step - basis @ np.linalg.lstsq(slopes @ basis, values, rcond=None)[0]
        solution = replace(solution, x=solution.x + step)
    return solution


@pytest.fixture(scope="session")
def solve():
    """From the name of a reference case to its solution, each made once."""
    made = {}

    def get(name):
        if name not in made:
            made[name] = solve_case(name)
        return made[name]

    return get


def key(row):
    lhs, op, rhs = row["lhs"], row["op"], row["rhs"]
    return (*(sorted((lhs, rhs)) if op == "~~" else (lhs, rhs)), op, row.get("group", 1) or 1)


@pytest.fixture(scope="session")
def compare_rows():
    """Hold rows of a table to those of a reference: column → (relative, absolute) tolerance."""

    def compare(frame, reference, columns):
        mine = {key(row): row for row in frame.to_dict("records")}
        faults = []
        for row in reference:
            if row["op"] in {"==", "<", ">"}:
                continue
            found = mine.get(key(row))
            assert found is not None, f"no row {key(row)}"
            for column, (relative, absolute) in columns.items():
                theirs, ours = row.get(column.replace(".", "_")), found[column]
                slack = 0.0 if column == "se" else 2e-4 * (row.get("se") or 0.0)  # what the stopping rule may cost
                if theirs is not None and not math.isclose(ours, theirs, rel_tol=relative, abs_tol=absolute + slack):
                    faults.append(f"{key(row)} {column}: {ours} against {theirs}")
        assert not faults, "\n".join(faults)

    return compare
