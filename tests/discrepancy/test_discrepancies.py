"""Discrepancy functions: exact derivatives by finite differences, and closed forms at the sample moments."""

import numpy as np
import pytest

from sem_toolkit.diagnostics import DataError
from sem_toolkit.estimation import (
    EstimationOptions,
    Objective,
    build_targets,
    compute_start,
    estimate,
    fill_exogenous_moments,
)
from sem_toolkit.estimation.objective import Point
from sem_toolkit.model import build_model
from sem_toolkit.sample import Sample, SampleGroup, build_sample, list_group_labels, read_table
from sem_toolkit.spec import TableOptions, build_parameter_table, parse_spec
from sem_toolkit.spec.names import observed_variables
from tests.estimation.conftest import ORACLES, Reference, load_reference

ESTIMATORS = ["ML", "GLS", "ULS", "WLS", "DWLS"]


def build_objective(reference: Reference, options: EstimationOptions) -> tuple[Objective, Point]:
    model = build_model(fill_exogenous_moments(reference.model.table, reference.sample, options))
    targets = build_targets(model, reference.sample, unbiased=options.kind.unbiased)
    objective = Objective(model, options.kind.build(targets, None))
    theta = model.constraints.linear.reduce(compute_start(model, targets))
    point = objective.locate(theta)
    assert point is not None
    return objective, point


def difference(function, theta: np.ndarray, step: float = 1e-4) -> np.ndarray:  # type: ignore[no-untyped-def]
    slopes = []
    for i in range(len(theta)):
        unit = step * np.eye(len(theta))[i]
        wide = (function(theta + 2 * unit) - function(theta - 2 * unit)) / (4 * step)
        slopes.append((4 * (function(theta + unit) - function(theta - unit)) / (2 * step) - wide) / 3)
    return np.array(slopes)


def value_at(objective: Objective, theta: np.ndarray) -> float:
    point = objective.locate(theta)
    assert point is not None
    return point.value


def gradient_at(objective: Objective, theta: np.ndarray) -> np.ndarray:
    point = objective.locate(theta)
    assert point is not None
    return point.gradient


@pytest.mark.parametrize("estimator", ESTIMATORS)
@pytest.mark.parametrize("name", ["hs_cfa_marker", "mg_scalar", "growth_linear", "path_med_randomx"])
def test_gradient_and_hessian_are_exact(name: str, estimator: str) -> None:
    objective, point = build_objective(load_reference(name), EstimationOptions(estimator=estimator))
    slope = difference(lambda theta: value_at(objective, theta), point.theta)
    np.testing.assert_allclose(point.gradient, slope, rtol=1e-6, atol=1e-8)
    curvature = difference(lambda theta: gradient_at(objective, theta), point.theta)
    scale = np.abs(curvature).max()
    np.testing.assert_allclose(point.hessian, curvature, rtol=1e-5, atol=1e-7 * scale)


def test_gradient_and_hessian_of_composites_are_exact() -> None:
    objective, point = build_objective(load_reference("composite"), EstimationOptions())
    slope = difference(lambda theta: value_at(objective, theta), point.theta)
    np.testing.assert_allclose(point.gradient, slope, rtol=1e-6, atol=1e-8)
    curvature = difference(lambda theta: gradient_at(objective, theta), point.theta)
    np.testing.assert_allclose(point.hessian, curvature, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_a_saturated_model_has_discrepancy_zero(estimator: str) -> None:
    _, point = build_objective(load_reference("path_saturated"), EstimationOptions(estimator=estimator))
    assert point.value == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_information_is_the_hessian_where_the_model_fits(estimator: str) -> None:
    _, point = build_objective(load_reference("path_saturated"), EstimationOptions(estimator=estimator))
    information, hessian = point.information, point.hessian
    np.testing.assert_allclose(information, hessian, rtol=1e-7, atol=1e-8 * np.abs(hessian).max())


def test_weights_without_raw_data_are_refused() -> None:
    reference = load_reference("cov_input")
    options = EstimationOptions(estimator="WLS")
    targets = build_targets(reference.model, reference.sample, unbiased=options.kind.unbiased)
    with pytest.raises(DataError, match="needs raw data"):
        options.kind.build(targets, None)


def test_weights_from_too_few_rows_are_refused() -> None:
    reference = load_reference("hs_cfa_marker")
    (group,) = reference.sample.groups
    assert group.data is not None
    few = SampleGroup("", 40, np.cov(group.data[:40].T, bias=True), group.data[:40].mean(axis=0), group.data[:40])
    sample = Sample(reference.sample.variables, (few,), 40)
    options = EstimationOptions(estimator="WLS")
    with pytest.raises(DataError, match="40 rows and 45 moments"):
        options.kind.build(build_targets(reference.model, sample, unbiased=True), None)


def test_means_are_asked_for() -> None:
    reference, moments = load_reference("hs_meanstructure"), load_reference("cov_input")
    with pytest.raises(DataError, match="no means"):
        build_targets(build_model(reference.model.table), moments.sample, unbiased=False)


ONE_FACTOR = "visual =~ x1 + x2 + x3\nx1 ~~ r*x1\nx2 ~~ r*x2"
CURVE = "i =~ 1*t1 + 1*t2 + 1*t3 + 1*t4\ns =~ 0*t1 + 1*t2 + 2*t3 + 3*t4"


@pytest.mark.parametrize(
    ("estimator", "options", "likelihood", "minimum"),
    [
        ("ULS", {}, "normal", 0.00368990827035),
        ("WLS", {"meanstructure": True}, "normal", 0.00325117965393),
        ("ML", {"group_equal": ("loadings",)}, "normal", 0.00671792547615),
        ("ML", {"group_equal": ("loadings",)}, "wishart", 0.00670246535388),
        ("GLS", {"group_equal": ("loadings",)}, "normal", 0.00571522647498),
        ("WLS", {"group_equal": ("loadings",)}, "normal", 0.00533724658096),
        ("ULS", {"group_equal": ("loadings",)}, "normal", 0.0094994129127),
    ],
)
def test_minima_equal_those_of_lavaan_0_6(
    estimator: str, options: dict[str, object], likelihood: str, minimum: float
) -> None:
    """fmin of R's lavaan 0.6-14 for Holzinger and Swineford's visual tests, residuals of two of them equal."""
    frame = read_table(ORACLES / "data" / "hs.csv")
    groups = list_group_labels(frame, "school") if options.get("group_equal") else ("",)
    table = build_parameter_table(parse_spec(ONE_FACTOR), TableOptions(call="cfa", **options), groups)  # type: ignore[arg-type]
    sample = build_sample(frame, observed_variables(table), group="school" if len(groups) > 1 else None)
    settings = EstimationOptions(estimator=estimator, engine="native", likelihood=likelihood)  # type: ignore[arg-type]
    solution = estimate(build_model(table), sample, settings)
    assert solution.certificate.converged
    assert solution.discrepancy == pytest.approx(minimum, rel=1e-9)


@pytest.mark.parametrize(
    ("estimator", "minimum"),
    [
        ("ML", 0.010085917100703),
        ("GLS", 0.010655235687307),
        ("ULS", 0.0076983599722058),
        ("WLS", 0.0099687072238464),
    ],
)
def test_minima_of_growth_curves_equal_those_of_lavaan_0_6(estimator: str, minimum: float) -> None:
    """Structured means with every estimator: fmin of R's lavaan 0.6-14 for Demo.growth."""
    table = build_parameter_table(parse_spec(CURVE), TableOptions(call="growth"))
    sample = build_sample(read_table(ORACLES / "data" / "demo_growth.csv"), observed_variables(table))
    solution = estimate(build_model(table), sample, EstimationOptions(estimator=estimator, engine="native"))
    assert solution.discrepancy == pytest.approx(minimum, rel=1e-9)


def test_a_composite_with_predictors_keeps_the_variance_of_its_weights() -> None:
    """C2 depends on C1: Var(C2) stays wᵀSw, blocks of indicators keep their covariances, derivatives are exact."""
    text = "C1 <~ x1 + x2 + x3\nC2 <~ z1 + z2 + z3\neta =~ y1 + y2 + y3\nC2 ~ C1\neta ~ C1 + C2"
    table = build_parameter_table(parse_spec(text), TableOptions(call="sem"))
    sample = build_sample(read_table(ORACLES / "data" / "composite.csv"), observed_variables(table))
    solution = estimate(build_model(table), sample, EstimationOptions(engine="native"))
    assert solution.certificate.verdict == "converged"
    model, S = solution.model, sample.groups[0].covariance
    place = {name: i for i, name in enumerate(model.variables)}
    weights = np.array(
        [1.0, *(solution.x[i] for i, row in enumerate(model.parameters) if row.lhs == "C2" and row.op == "<~")]
    )
    block = [place[name] for name in ("z1", "z2", "z3")]
    np.testing.assert_allclose(
        solution.moments.covariance[0][np.ix_(block, block)], S[np.ix_(block, block)], rtol=1e-12
    )
    variance = solution.moments.all_covariance[0][place["C2"], place["C2"]]
    assert variance == pytest.approx(weights @ S[np.ix_(block, block)] @ weights, rel=1e-12)
    # exchanging the free covariance of the oracle case for an effect leaves the same model
    reference = load_reference("composite", engine="native")
    minimum = estimate(reference.model, reference.sample, reference.options).discrepancy
    assert solution.discrepancy == pytest.approx(minimum, rel=1e-9)
    objective = Objective(model, solution.criterion)
    theta = solution.x * 1.05
    point = objective.locate(theta)
    assert point is not None
    slope = difference(lambda at: value_at(objective, at), theta)
    np.testing.assert_allclose(point.gradient, slope, rtol=1e-6, atol=1e-8)
    curvature = difference(lambda at: gradient_at(objective, at), theta)
    np.testing.assert_allclose(point.hessian, curvature, rtol=1e-5, atol=1e-6)
