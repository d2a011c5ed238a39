"""Lower optima elsewhere: the search from scattered starts, its stack solver, and optima beyond infinity."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sem_toolkit.discrepancy.ml import MaximumLikelihood
from sem_toolkit.estimation import (
    EstimationOptions,
    build_targets,
    estimate,
    fill_exogenous_moments,
)
from sem_toolkit.estimation.batch import minimise_stack
from sem_toolkit.estimation.held_thresholds import hold_thresholds
from sem_toolkit.estimation.multistart import draw_starts, release_markers, restore_markers
from sem_toolkit.fit import fit
from sem_toolkit.model import Model, build_model, compute_moments
from sem_toolkit.sample import Sample
from sem_toolkit.spec import TableOptions, build_parameter_table, parse_spec

from .random_models import SMALL_KINDS, draw_small_case

DATA = Path(__file__).parents[1] / "oracles" / "data"
MODES = Path(__file__).parent / "modes"
NATIVE = EstimationOptions(engine="native")


@pytest.mark.parametrize(
    ("name", "verdict", "discrepancy"),
    [
        ("mimic", "converged", 48.7566 / 400),
        ("mimic_misfit", "converged", 1.093473924 / 2.0),
        ("feedback", "converged", 0.03380160 / 2.0),
        ("residuals", "improper", 0.00926014775 / 2.0),
        ("run_away", "improper", 0.3188825247),  # the first search ends where f =~ x2 is 8000 and nothing hangs on it
        ("units_apart", "converged", 0.1713825687),  # c has the unit of x6 or of x1, which is 1/10 000 of it
    ],
)
@pytest.mark.parametrize("engine", ["auto", pytest.param("native", marks=pytest.mark.slow)])
def test_the_lower_optimum_that_lavaan_finds_is_found(name: str, verdict: str, discrepancy: float, engine: str) -> None:
    found = fit(MODES / f"{name}.lav", MODES / f"{name}.csv", engine=engine)
    assert found.certificate.verdict == verdict
    assert found.solution.discrepancy == pytest.approx(discrepancy, rel=1e-5)
    assert found.certificate.starts > 1


def test_parameters_that_groups_share_count_once() -> None:
    """70 parameters in the table, of which 38 are free; the first optimum is at 0.00767."""
    equal = ("loadings", "intercepts", "residuals")
    options = {"std_lv": True, "orthogonal": True, "estimator": "ULSMV", "ordered": False, "group": "grp"}
    found = fit(MODES / "shared_loadings.lav", MODES / "shared_loadings.csv", group_equal=equal, **options)
    assert found.certificate.standing == "lowest of 51 starts"
    assert found.solution.discrepancy == pytest.approx(0.006603, abs=2e-6)


@pytest.mark.parametrize(
    ("name", "verdict", "discrepancy"),
    [
        ("mimic_misfit", "converged", 0.5555916059),  # 0.6906 from one start
        ("feedback", "converged", 0.0149887791),  # no optimum
        ("run_away", "improper", 0.3151347427),  # not identified
        ("units_apart", "converged", 0.1644659615),  # 0.2385
    ],
)
def test_incomplete_rows_are_searched_by_their_saturated_moments(name: str, verdict: str, discrepancy: float) -> None:
    data = pd.read_csv(MODES / f"{name}.csv")
    holes = np.random.default_rng(1).random(data.shape) < 0.01
    if "mimic" in name:
        holes[:, data.columns.isin(["x5", "x6"])] = False
    found = fit(MODES / f"{name}.lav", data.mask(holes), missing="ml")
    assert found.certificate.verdict == verdict
    assert found.certificate.starts > 50
    assert found.solution.discrepancy == pytest.approx(discrepancy, rel=1e-6)


@pytest.mark.parametrize(
    ("name", "discrepancy", "lower"),
    [
        ("ordered_factors", 0.414480851, 0.232515503),
        ("ordered_items", 0.092268871, 0.016027822),
    ],  # the first is lavaan's
)
def test_ordered_variables_are_searched_from_scattered_starts_too(name: str, discrepancy: float, lower: float) -> None:
    data = pd.read_csv(MODES / f"{name}.csv")
    ordered = [column for column in data if column[0] in "abc"]
    first, found = (fit(MODES / f"{name}.lav", data, ordered=ordered, multistart=k) for k in (0, 50))
    assert first.solution.discrepancy == pytest.approx(discrepancy, rel=1e-6)
    assert found.certificate.standing == "lowest of 51 starts"
    assert found.certified
    assert found.solution.discrepancy == pytest.approx(lower, rel=1e-6)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"parameterization": "theta"},
        {"estimator": "WLS"},
        {"conditional_x": False},
        {"group": "w", "group_equal": ["thresholds"]},
    ],
)
def test_thresholds_that_the_sample_alone_decides_are_held(options: dict[str, object]) -> None:
    data = pd.read_csv(MODES / "ordered_items.csv")
    data["w"] = np.where(data["w"] > 0, "p", "q")
    items = ["a1", "b1", "c1"]
    found = fit("a1 ~ b1 + x\nb1 ~ a1 + z\nc1 ~ b1\n", data, ordered=items, multistart=0, **options)
    solution = found.solution
    model, targets = solution.model, build_targets(solution.model, solution.sample, unbiased=False)
    discrepancy = solution.options.kind.build(targets, np.ones(model.n_observed))
    held = hold_thresholds(model, discrepancy)
    n_thresholds = sum(row.op == "|" for row in model.parameters)
    assert n_thresholds > 0
    assert len(held.places) == len(solution.x) - (0 if options.get("group") else n_thresholds)
    x = solution.x[held.places]
    np.testing.assert_allclose(held.expand(x), solution.x, atol=1e-6)
    least = held.discrepancy.value(compute_moments(held.model, x))
    assert least == pytest.approx(solution.discrepancy, rel=1e-9)


def test_an_improper_optimum_of_least_squares_does_not_replace_a_proper_one() -> None:
    """0.0483 is lower, with a negative variance."""
    _, model, sample = draw_small_case(2019)
    solution = estimate(model, sample, EstimationOptions(engine="native", estimator="GLS"))
    assert solution.certificate.verdict == "converged"
    assert solution.discrepancy == pytest.approx(0.0578400792, rel=1e-7)
    assert solution.certificate.standing == "lowest proper one of 51 starts"
    assert "improper-optimum-below" in {message.code for message in solution.certificate.messages}


@pytest.mark.parametrize("engine", ["semopy", "native"])
def test_an_improper_optimum_is_compared_with_others_whatever_found_it(engine: str) -> None:
    found = fit("f =~ x1 + x2 + x3 + x4\nf ~ x5 + x6 + x7\n", MODES / "improper.csv", estimator="GLS", engine=engine)
    assert found.certificate.verdict == "improper"
    assert found.certificate.standing == "lowest of 201 starts"


@pytest.mark.slow
@pytest.mark.parametrize(("multistart", "standing"), [(50, "lowest of 51 starts"), (0, "from one start")])
def test_the_certificate_says_of_how_many_starts_an_optimum_is_the_lowest(multistart: int, standing: str) -> None:
    found = fit(MODES / "mimic.lav", MODES / "mimic.csv", engine="native", multistart=multistart)
    assert found.certificate.converged
    assert found.certificate.standing == standing
    assert standing in " ".join(found.summary().split())
    assert found.to_dict()["certificate"]["standing"] == standing


@pytest.mark.slow
def test_a_composite_whose_first_weight_is_nearly_nothing() -> None:
    """χ² of 48.006 (22 df) and the weights are those that a search from the other side of infinity ends in."""
    text = "ses <~ x7 + x8 + x9\nvisual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nvisual + textual ~ ses\n"
    found = fit(text, DATA / "hs.csv")
    assert found.certified
    assert found.fit_measures["chisq"] == pytest.approx(48.006, abs=5e-4)
    rows = found.parameters
    weights = rows.loc[rows["op"] == "<~"].set_index("rhs")["est"]
    assert weights[["x8", "x9"]].tolist() == pytest.approx([-0.973, -3.617], abs=1e-3)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(21))
def test_nothing_is_certified_above_scattered_starts(seed: int) -> None:
    _, model, sample = draw_small_case(seed)
    solution = estimate(model, sample, NATIVE)
    if not solution.certificate.converged:
        return
    targets = build_targets(model, sample, unbiased=NATIVE.kind.unbiased)
    starts = draw_starts(solution.model, targets, np.random.default_rng(99), 25)
    found = minimise_stack(solution.model, _build_likelihood(solution.model, sample), starts)
    assert solution.discrepancy <= found.values.min() + 1e-6


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1000, 1030))
def test_nothing_is_certified_above_the_best_of_fifty_other_starts(seed: int) -> None:
    _, model, sample = draw_small_case(seed)
    solution = estimate(model, sample, NATIVE)
    if not solution.certificate.converged:
        return
    targets = build_targets(model, sample, unbiased=NATIVE.kind.unbiased)
    starts = draw_starts(solution.model, targets, np.random.default_rng([99, seed]), 50)
    found = minimise_stack(solution.model, _build_likelihood(solution.model, sample), starts)
    assert solution.discrepancy <= found.values.min() + 1e-6


@pytest.mark.parametrize(
    "text",
    [
        SMALL_KINDS["structural"],
        "f =~ 2*x1 + x2 + x3\ng =~ f + x4 + x5 + x6",
        "c <~ x1 + x2\nf =~ x3 + x4 + x5\nf ~ c",
    ],
)
def test_releasing_markers_and_restoring_them_changes_no_moment(text: str) -> None:
    model = build_model(build_parameter_table(parse_spec(text), TableOptions(call="sem", fixed_x=False)))
    sample = Sample(model.observed, (_unit_group(model),), 50)
    model = build_model(fill_exogenous_moments(model.table, sample))
    released = release_markers(model)
    assert released is not None
    rng = np.random.default_rng(3)
    targets = build_targets(model, sample, unbiased=NATIVE.kind.unbiased)
    x = draw_starts(released.model, targets, rng, 1)[0]
    back, zero = restore_markers(model, released, x)
    assert zero == ()
    np.testing.assert_allclose(
        compute_moments(model, back).covariance, compute_moments(released.model, x).covariance, rtol=1e-9, atol=1e-12
    )
    lost = x.copy()
    lost[model.n_parameters] = 0.0
    assert restore_markers(model, released, lost)[1] != ()


@pytest.mark.parametrize("text", ["f =~ x1 + a*x2 + a*x3 + x4", "f =~ x1 + 1*x2 + x3", "f =~ x1 + x2 + x3\nf ~~ 1*f"])
def test_markers_that_say_more_than_a_scale_are_kept(text: str) -> None:
    assert release_markers(build_model(build_parameter_table(parse_spec(text), TableOptions(call="cfa")))) is None


def _unit_group(model: Model):  # type: ignore[no-untyped-def]
    from sem_toolkit.sample import SampleGroup

    p = model.n_observed
    return SampleGroup("", 50, np.eye(p), np.zeros(p))


def _build_likelihood(model: Model, sample: Sample) -> MaximumLikelihood:
    found = NATIVE.kind.build(build_targets(model, sample, unbiased=False), None)
    assert isinstance(found, MaximumLikelihood)
    return found


def test_lower_values_without_an_optimum_are_said() -> None:
    """From most starts one variance falls for ever, on values below the only optimum that there is."""
    _, model, sample = draw_small_case(1035)
    solution = estimate(model, sample, NATIVE)
    assert solution.certificate.verdict == "converged"
    warning = next(message for message in solution.certificate.messages if message.code == "lower-without-end")
    assert f"{solution.discrepancy:.6g}" in warning.message
    lowest = float(warning.message.split("(")[1].split(",")[0])
    assert lowest == pytest.approx(0.0168577, abs=2e-6)
