"""Draws: the same as single fits of the same rows, whoever makes them, and kept as they end."""

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from sem_toolkit.diagnostics import OptionError, SemError
from sem_toolkit.fit import estimate, fit, prepare
from sem_toolkit.resampling.bootstrap import bootstrap
from sem_toolkit.resampling.bootstrap.fitting import MomentFitter
from sem_toolkit.resampling.bootstrap.samples import GroupRows, transform_bollen_stine
from sem_toolkit.resampling.executors import run_chunks
from sem_toolkit.spec import parse_spec

ORACLES = Path(__file__).parents[2] / "oracles"
HS = ORACLES / "data" / "hs.csv"
CFA = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9"
CFA_SPEC = parse_spec(CFA)


@pytest.mark.parametrize("estimator", ["ML", "ULS", "GLS"])
def test_each_draw_is_the_single_fit_of_its_rows(estimator: str) -> None:
    rows = pd.read_csv(HS)
    own = fit(CFA, rows, call="cfa", estimator=estimator, engine="native")
    model = own.solution.model
    group = GroupRows(rows[list(model.observed)].to_numpy())
    counts = group.draw(np.random.default_rng(7), 20)
    covariance, mean, n = group.compute_moments(counts)
    fitter = MomentFitter(model, (group.n,), own.solution.x, own.options.estimation)
    assert fitter.is_stackable
    found = fitter.fit(covariance[:, None], mean[:, None], n[:, None])
    assert found.found.all()
    compared = 0
    for draw in range(20):
        sample = rows.loc[np.repeat(rows.index, counts[draw].astype(int))]
        alone = prepare(CFA_SPEC, sample, call="cfa", estimator=estimator, engine="native", multistart=0)
        again = estimate(alone, own)  # from the same start: a sample may have several optima
        if not again.converged:  # a search that runs away where the stack finds an optimum
            continue
        compared += 1
        np.testing.assert_allclose(found.x[draw], again.solution.x, rtol=1e-7, atol=1e-7)
        assert found.proper[draw] == again.certified
    assert compared >= 19


def test_moments_are_those_of_repeated_rows_and_clusters() -> None:
    rng = np.random.default_rng(0)
    rows, clusters = rng.normal(5.0, 2.0, (40, 3)), np.repeat(np.arange(8), 5)
    group = GroupRows(rows, clusters)
    counts = group.draw(rng, 3)
    covariance, mean, n = group.compute_moments(counts)
    for draw in range(3):
        repeated = np.concatenate([rows[clusters == c] for c in range(8) for _ in range(int(counts[draw, c]))])
        assert n[draw] == len(repeated)
        np.testing.assert_allclose(covariance[draw], np.cov(repeated.T, bias=True), rtol=1e-10)
        np.testing.assert_allclose(mean[draw], repeated.mean(axis=0), rtol=1e-12)


@pytest.mark.parametrize("case", ["bollen_stine_hs", "bollen_stine_poldem_means"])
def test_rows_that_fit_the_model_are_lavaans(case: str) -> None:
    oracle = json.loads((ORACLES / "resampling" / f"{case}.json").read_text())
    own = fit(oracle["spec"], ORACLES / "data" / oracle["data"], engine="native", **oracle["options"])
    at = own.evaluated.evaluation
    names = list(own.solution.model.observed)
    rows = np.asarray(own.sample.groups[0].data)[:, [own.sample.variables.index(name) for name in names]]
    mean = None if at.moments.mean is None else at.moments.mean[0]
    found = transform_bollen_stine(rows, at.moments.covariance[0], mean)
    reference = pd.read_csv(ORACLES / "resampling" / oracle["transformed"])[names].to_numpy()
    np.testing.assert_allclose(found, reference, atol=2e-5 * np.abs(reference).max())  # lavaan's stop
    implied = np.cov(found.T, bias=True)
    np.testing.assert_allclose(implied, at.moments.covariance[0], rtol=1e-8, atol=1e-10)
    draws = np.array(oracle["draws_chisq"])
    assert (draws > oracle["chisq"]).mean() == pytest.approx(oracle["p_value"])


def test_bollen_stine_samples_fit_as_the_null_hypothesis_has_it() -> None:
    found = bootstrap(CFA, HS, draws=400, resample="bollen.stine", call="cfa", engine="native")
    assert found.statistic == pytest.approx(85.3055, abs=1e-3)
    assert found.chisq.mean() == pytest.approx(24.0, abs=2.5)
    assert found.pvalue == (found.chisq > found.statistic).mean()


def test_parametric_samples_give_the_standard_errors_of_normal_theory() -> None:
    own = fit(CFA, HS, call="cfa", engine="native").parameters
    found = bootstrap(CFA, HS, draws=1500, resample="parametric", call="cfa", engine="native").table
    loadings = found[found["op"] == "=~"].set_index("rhs")["se"]
    expected = own[(own["op"] == "=~") & (own["se"] > 0)].set_index("rhs")["se"]
    np.testing.assert_allclose(loadings[["x2", "x5", "x6"]], expected[["x2", "x5", "x6"]], rtol=0.12)


@pytest.mark.slow
def test_the_draws_hang_on_the_seed_alone(tmp_path: Path) -> None:
    settings: dict[str, Any] = {"draws": 8100, "call": "cfa", "engine": "native", "seed": 5}
    one = bootstrap(CFA, HS, **settings)
    kept = bootstrap(CFA, HS, store=tmp_path / "run", **settings)
    np.testing.assert_array_equal(one.draws, kept.draws)
    (tmp_path / "run" / "chunk-000001.parquet").unlink()
    seen: list[int] = []
    again = bootstrap(CFA, HS, store=tmp_path / "run", watch=lambda done, _: seen.append(done), **settings)
    np.testing.assert_array_equal(one.draws, again.draws)
    assert seen == [8100]  # the chunk that was lost, and nothing else
    other = bootstrap(CFA, HS, **{**settings, "seed": 6})
    assert np.abs(one.draws - other.draws).max() > 0.01
    with pytest.raises(SemError, match="another run"):
        bootstrap(CFA, HS, store=tmp_path / "run", **{**settings, "seed": 6})


@pytest.mark.slow
def test_several_processes_change_nothing() -> None:
    settings: dict[str, Any] = {"draws": 9000, "call": "cfa", "engine": "native"}
    one, two = bootstrap(CFA, HS, **settings), bootstrap(CFA, HS, workers=2, **settings)
    np.testing.assert_array_equal(one.draws, two.draws)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_a_cluster_changes_nothing() -> None:
    from distributed import LocalCluster

    settings: dict[str, Any] = {"draws": 9000, "call": "cfa", "engine": "native"}
    with LocalCluster(n_workers=1, threads_per_worker=1, processes=True, dashboard_address=None) as local:
        two = bootstrap(CFA, HS, dask=local.scheduler_address, **settings)
    np.testing.assert_array_equal(bootstrap(CFA, HS, **settings).draws, two.draws)


@pytest.mark.slow
def test_a_run_that_is_killed_goes_on_to_the_same_end(tmp_path: Path) -> None:
    """SIGKILL at moments spread over the run, each time from where it was."""
    (tmp_path / "m.lav").write_text(CFA)
    command = [sys.executable, "-c", "from sem_toolkit.cli import main; main()", "bootstrap", str(tmp_path / "m.lav")]
    command += ["--data", str(HS), "--draws", "60000", "--call", "cfa", "--engine", "native", "--workers", "1"]
    whole = tmp_path / "whole.csv"
    begin = time.monotonic()
    subprocess.run([*command, "-o", str(whole)], check=True, capture_output=True)
    seconds = time.monotonic() - begin
    part, kills = tmp_path / "part.csv", 0
    for share in (0.4, 0.55, 0.7, 0.6, 0.5, 0.75, 0.45, 0.65, 0.5, 0.7):
        running = subprocess.Popen(
            [*command, "--store", str(tmp_path / "run"), "-o", str(part)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            running.wait(share * seconds)
        except subprocess.TimeoutExpired:
            running.kill()
            running.wait()
            kills += 1
    subprocess.run([*command, "--store", str(tmp_path / "run"), "-o", str(part)], check=True, capture_output=True)
    assert kills > 0
    assert part.read_bytes() == whole.read_bytes()


def test_a_scheduler_that_is_not_there_is_said() -> None:
    with pytest.raises(SemError, match="no dask scheduler answers"):
        list(run_chunks(max, [1], 2, workers=1, seconds=0.0, dask="nowhere://127.0.0.1:1"))


def test_groups_are_drawn_each_by_itself_and_definitions_follow() -> None:
    text = "visual =~ x1 + c(a, b)*x2 + x3\ngap := a - b"
    found = bootstrap(text, HS, draws=60, group="school", call="cfa", engine="native")
    table = found.table.set_index("label")
    own = fit(text, HS, group="school", call="cfa", engine="native").parameters.set_index("label")
    assert table.loc["gap", "est"] == pytest.approx(own.loc["gap", "est"])
    place = [q.label for q in found.quantities]
    values = found.draws[:, [place.index("a"), place.index("b"), place.index("gap")]]
    np.testing.assert_allclose(values[:, 2], values[:, 0] - values[:, 1])


def test_samples_that_are_more_than_moments_are_fitted_singly() -> None:
    rows = pd.read_csv(ORACLES / "data" / "hs_missing.csv")
    found = bootstrap("visual =~ x1 + x2 + x3", rows, draws=6, missing="ml", call="cfa", engine="native")
    assert found.counts["proper"] + found.counts["improper"] == 6
    assert np.isfinite(found.table["se"]).all()


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"draws": 1}, "say nothing about how estimates vary"),
        ({"resample": "jackknife"}, "no 'jackknife' bootstrap"),
        ({"interval": "percentile"}, "no 'percentile' bootstrap"),
        ({"missing": "ml", "resample": "bollen.stine"}, "complete numeric rows"),
    ],
)
def test_what_makes_no_bootstrap_is_refused(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(SemError, match=words):
        bootstrap("visual =~ x1 + x2 + x3", ORACLES / "data" / "hs_missing.csv", call="cfa", **settings)


def test_draws_that_were_seen_to_have_two_optima_are_said() -> None:
    found = bootstrap(CFA, pd.read_csv(HS)[::3], draws=300, seed=10, call="cfa", engine="native")
    assert found.several == 1
    assert "two optima" in "".join(message.message for message in found.messages)
    assert found.to_dict()["two_optima"] == 1


@pytest.mark.parametrize(
    "option", [{"se": "robust"}, {"test": "satorra.bentler"}, {"information": "observed"}], ids=str
)
def test_options_that_draws_show_nothing_of_are_refused_but_not_in_a_header(option: dict[str, str]) -> None:
    with pytest.raises(OptionError, match="would do nothing"):
        bootstrap(CFA, HS, draws=5, **option)
    ((name, value),) = option.items()
    shared = bootstrap(f"#' options:\n#'   {name}: {value}\n{CFA}", HS, draws=5)
    np.testing.assert_array_equal(shared.draws, bootstrap(CFA, HS, draws=5).draws)
