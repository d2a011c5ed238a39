"""Properties over random identified models: convergence, honest certificates, invariance, engines that agree.

The seeds are fixed; the same checks over 10 000 models are recorded in docs/estimation.md.
"""

import numpy as np
import pytest

from sem_toolkit.discrepancy import ML
from sem_toolkit.estimation import EstimationOptions, Objective, Solution, estimate
from sem_toolkit.estimation.engines.description import find_obstacle
from sem_toolkit.model import build_model
from sem_toolkit.sample import Sample, SampleGroup
from sem_toolkit.spec import TableOptions, build_parameter_table, parse_spec

from .conftest import load_reference
from .random_models import KINDS, RandomCase, draw_case

NATIVE = EstimationOptions(engine="native")


def fit(case: RandomCase, engine: str = "native") -> Solution:
    return estimate(case.model, case.sample, EstimationOptions(engine=engine))  # type: ignore[arg-type]


def fit_text(text: str, sample: Sample, options: TableOptions, estimator: str = "ML") -> Solution:
    model = build_model(build_parameter_table(parse_spec(text), options))
    return estimate(model, sample, EstimationOptions(engine="native", estimator=estimator))


@pytest.mark.slow
@pytest.mark.parametrize("kind", sorted(KINDS))
def test_random_models_converge_without_restarts(kind: str) -> None:
    for seed in range(12):
        solution = fit(draw_case(seed, kind=kind))
        assert solution.certificate.converged, (kind, seed, solution.certificate.messages)
        assert len(solution.transcript) == 1 or not solution.certificate.admissible
        assert solution.certificate.gradient_max < 1e-8


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_certificates_withstand_finite_differences(kind: str) -> None:
    """Gradient and curvature again, from values of the discrepancy alone."""
    solution = fit(draw_case(100, kind=kind))
    objective = Objective(solution.model, solution.criterion)
    theta = solution.model.constraints.linear.reduce(solution.x)

    def value(at: np.ndarray) -> float:
        point = objective.locate(at)
        assert point is not None
        return point.value

    point = objective.locate(theta)
    assert point is not None
    scale = 1.0 / np.sqrt(np.diagonal(point.information))
    rng = np.random.default_rng(5)
    for _ in range(25):
        direction = rng.normal(size=len(theta))
        direction *= scale / np.linalg.norm(direction)
        step = 1e-3
        ahead, behind = value(theta + step * direction), value(theta - step * direction)
        assert abs(ahead - behind) / (2.0 * step) < 3e-6
        curvature = (ahead - 2.0 * point.value + behind) / step**2
        assert curvature > 0.5 * solution.certificate.hessian_min_eig > 0.0


@pytest.mark.slow
@pytest.mark.parametrize("kind", sorted(KINDS))
def test_small_samples_always_end_with_a_verdict(kind: str) -> None:
    for seed in range(4):
        certificate = fit(draw_case(seed, n=30, kind=kind)).certificate
        assert certificate.verdict in {"converged", "improper", "not identified", "no optimum found"}
        assert certificate.converged or any(message.severity == "error" for message in certificate.messages)


@pytest.mark.parametrize("kind", [kind for kind in sorted(KINDS) if kind != "multiple causes"])
def test_engines_agree_on_random_models(kind: str) -> None:
    case = next(case for seed in range(200, 400) if (case := draw_case(seed, kind=kind)).model.n_parameters < 60)
    assert find_obstacle(case.model, ML) is None
    native, semopy = fit(case), fit(case, "semopy")
    assert semopy.certificate.engine == "semopy"
    np.testing.assert_allclose(semopy.x, native.x, rtol=1e-6, atol=1e-6)


def rescale(sample: Sample, factors: np.ndarray) -> Sample:
    groups = []
    for group in sample.groups:
        mean = None if group.mean is None else group.mean * factors
        data = None if group.data is None else group.data * factors
        covariance = group.covariance * factors[:, None] * factors
        groups.append(SampleGroup(group.label, group.n, covariance, mean, data))
    return Sample(sample.variables, tuple(groups), sample.n_read)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "estimator"),
    [
        (name, estimator)
        for name in ("hs_cfa_marker", "poldem_sem", "mg_metric", "growth_linear")
        for estimator in ("ML", "GLS", "WLS", "DWLS")
        if (name, estimator) != ("poldem_sem", "WLS")  # 75 rows are too few for its 66 moments
    ],
)
def test_scale_of_the_variables_does_not_matter(name: str, estimator: str) -> None:
    reference = load_reference(name)
    options = EstimationOptions(engine="native", estimator=estimator)
    p = reference.model.n_observed
    # the loadings of growth curves are fixed, so that all variables must share their scale
    factors = np.full(p, 1e4) if name == "growth_linear" else 10.0 ** np.resize([4.0, -4.0, 0.0, 2.0, -1.0], p)
    plain = estimate(reference.model, reference.sample, options)
    scaled = estimate(reference.model, rescale(reference.sample, factors), options)
    assert scaled.certificate.converged
    assert scaled.discrepancy == pytest.approx(plain.discrepancy, rel=1e-8)
    expected = plain.moments.covariance * factors[:, None] * factors
    np.testing.assert_allclose(scaled.moments.covariance, expected, rtol=1e-6)


def test_order_of_the_columns_does_not_matter() -> None:
    reference = load_reference("poldem_sem")
    (group,) = reference.sample.groups
    order = np.random.default_rng(1).permutation(len(reference.sample.variables))
    assert group.mean is not None
    shuffled = SampleGroup("", group.n, group.covariance[np.ix_(order, order)], group.mean[order])
    sample = Sample(tuple(reference.sample.variables[i] for i in order), (shuffled,), group.n)
    plain, other = (estimate(reference.model, s, NATIVE) for s in (reference.sample, sample))
    np.testing.assert_allclose(other.x, plain.x, rtol=1e-10)


def test_order_of_the_groups_does_not_matter() -> None:
    reference = load_reference("mg_scalar")
    plain = estimate(reference.model, reference.sample, NATIVE)
    swapped = Sample(reference.sample.variables, reference.sample.groups[::-1], reference.sample.n_read)
    other = estimate(reference.model, swapped, NATIVE)
    assert other.discrepancy == pytest.approx(plain.discrepancy, rel=1e-10)


@pytest.mark.parametrize("marker", ["x1", "x2", "x3"])
def test_choice_of_the_marker_does_not_matter(marker: str) -> None:
    sample = load_reference("hs_cfa_marker").sample
    terms = " + ".join(f"1*{x}" if x == marker else f"NA*{x}" for x in ("x1", "x2", "x3"))
    rest = "textual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9"
    solution = fit_text(f"visual =~ {terms}\n{rest}", sample, TableOptions(call="cfa"))
    standard = fit_text(f"visual =~ x1 + x2 + x3\n{rest}", sample, TableOptions(call="cfa", std_lv=True))
    assert solution.discrepancy == pytest.approx(standard.discrepancy, rel=1e-10)
    np.testing.assert_allclose(solution.moments.covariance, standard.moments.covariance, rtol=1e-7)
