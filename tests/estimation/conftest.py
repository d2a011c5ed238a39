"""Reference fits: the parameter tables and data of the oracle cases."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sem_toolkit.discrepancy import Kind
from sem_toolkit.estimation import EstimationOptions
from sem_toolkit.model import Model, build_model
from sem_toolkit.sample import Sample, SampleGroup, build_sample, build_sample_from_moments, read_table
from sem_toolkit.spec.names import observed_variables
from sem_toolkit.spec.table import Parameter, ParameterTable

ORACLES = Path(__file__).parent.parent / "oracles"


@dataclass(frozen=True)
class Reference:
    """One oracle case: its model, its sample, lavaan's estimates x in the order of the free parameters, the case."""

    model: Model
    sample: Sample
    options: EstimationOptions
    x: np.ndarray
    case: dict[str, Any]


def load_reference(name: str, **options: Any) -> Reference:
    reduced = ORACLES / "reduced" / f"{name}.json"
    case = json.loads((reduced if reduced.exists() else ORACLES / "cases" / f"{name}.json").read_text())
    table = ParameterTable.from_records(case["partable"], tuple(case.get("group_labels") or ("",)))
    settings = read_options(case, **options)
    rows = sorted((row for row in case["partable"] if row["free"] > 0), key=lambda row: row["free"])
    return Reference(
        build_model(table), load_sample(case, table), settings, np.array([row["est"] for row in rows]), case
    )


def load_model(name: str) -> tuple[Model, Kind]:
    """The model of a case and its estimator, without its data."""
    case = json.loads((ORACLES / "cases" / f"{name}.json").read_text())
    table = ParameterTable.from_records(case["partable"], tuple(case.get("group_labels") or ("",)))
    return build_model(table), read_options(case).kind


def read_options(case: dict[str, Any], **options: Any) -> EstimationOptions:
    resolved = case["resolved_options"]
    likelihood = "wishart" if resolved["likelihood"] == "wishart" else "normal"
    return EstimationOptions(**{"estimator": resolved["estimator"], "likelihood": likelihood, **options})


def load_sample(case: dict[str, Any], table: ParameterTable) -> Sample:
    names = observed_variables(table)
    if case.get("data"):
        return build_sample(read_table(ORACLES / "data" / case["data"]), names, group=case["options"].get("group"))
    given = case["options"]
    if "sample_cov" not in given:  # reduced cases: moments with divisor n, as lavaan used them
        moments = case["sample_cov"][0]["cov"]
        order = [moments["names"].index(name) for name in names]
        group = SampleGroup("", case["n"], np.array(moments["matrix"])[np.ix_(order, order)])
        return Sample(names, (group,), case["n"])
    covariances = given["sample_cov"] if "matrix" not in given["sample_cov"] else {"": given["sample_cov"]}
    means = given.get("sample_mean")
    means = {"": means} if means and "values" in means else means
    first = next(iter(covariances.values()))["names"]
    return build_sample_from_moments(
        first,
        [np.array(covariances[label]["matrix"]) for label in covariances],
        given["sample_nobs"],
        names,
        mean=None if not means else [np.array(means[label]["values"]) for label in covariances],
        labels=tuple(covariances),
    )


def list_cases() -> list[str]:
    """Ids of all cases of continuous data that lavaan could fit."""
    found = []
    for path in sorted((ORACLES / "cases").glob("*.json")):
        case = json.loads(path.read_text())
        usable = case.get("converged") and "partable" in case and "missing" not in case["options"]
        if usable and not any(row["op"] in ("|", "~*~") for row in case["partable"]):
            found.append(path.stem)
    return [*found, "large_20x6"]


def stopping_slack(name: str) -> float:
    """How far from the exact minimum lavaan stopped in this case."""
    cases = json.loads((ORACLES / "accuracy.json").read_text())["cases"]
    return float((cases.get(name) or {}).get("max_abs", 1e-5))


def build_runaway() -> tuple[Model, Sample, EstimationOptions]:
    """One factor for three items of which the outer two are uncorrelated: the better it fits, the further it runs."""
    S = np.array([[1.0, 0.4, 0.0], [0.4, 1.0, 0.3], [0.0, 0.3, 1.0]])
    sample = Sample(("x1", "x2", "x3"), (SampleGroup("", 200, S),), 200)
    rows = [Parameter("f", "=~", "x1", ustart=1.0)]
    rows += [Parameter("f", "=~", f"x{i}", free=i - 1) for i in (2, 3)]
    rows += [Parameter(f"x{i}", "~~", f"x{i}", free=i + 2) for i in (1, 2, 3)]
    rows += [Parameter("f", "~~", "f", free=6)]
    return build_model(ParameterTable(tuple(rows))), sample, EstimationOptions(engine="native")
