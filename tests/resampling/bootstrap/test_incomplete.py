"""Draws of incomplete rows: the same as single fits of the same rows."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sem_toolkit.discrepancy.reweighted import ReweightedFullInformation
from sem_toolkit.fit import estimate, prepare
from sem_toolkit.resampling.bootstrap import bootstrap
from sem_toolkit.resampling.bootstrap.incomplete import IncompleteFitter, build_incomplete
from sem_toolkit.resampling.bootstrap.rows import RowFitter
from sem_toolkit.resampling.bootstrap.tasks import build_task
from sem_toolkit.sample.reweighted import reweight_patterns
from sem_toolkit.spec import Spec, parse_spec

DATA = Path(__file__).parents[2] / "oracles" / "data"
MISSING = DATA / "hs_missing.csv"
SPEC = parse_spec("visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6")
OPTIONS = {"missing": "ml", "call": "cfa", "engine": "native"}


def _build(rows: pd.DataFrame, spec: Spec = SPEC, **options: object) -> IncompleteFitter:
    prepared = prepare(spec, rows, **{**OPTIONS, **options})
    fitter = build_incomplete(RowFitter(prepared, estimate(prepared), ()))
    assert fitter is not None
    return fitter


@pytest.mark.parametrize(("spec", "group"), [(SPEC, None), (parse_spec("textual =~ x4 + x5 + x6 + x1"), "school")])
def test_each_draw_is_the_single_fit_of_its_rows(spec: Spec, group: str | None) -> None:
    fitter = _build(pd.read_csv(MISSING), spec, group=group)
    rng = np.random.default_rng(11)
    counts = [rng.multinomial(len(own), np.full(len(own), 1 / len(own)), size=8) for own in fitter.rows.strata]
    found = fitter.fit(counts)
    assert found.found.all()
    for draw in range(8):
        chosen = [np.repeat(own, count[draw]) for own, count in zip(fitter.rows.strata, counts, strict=True)]
        again = fitter.rows.fit_rows(np.concatenate(chosen))
        assert again is not None
        np.testing.assert_allclose(found.x[draw], again.solution.x, rtol=1e-7, atol=1e-7)
        assert found.proper[draw] == again.certified


@pytest.mark.parametrize("exact", [False, True])
def test_derivatives_with_unit_weights_are_those_of_the_fit(exact: bool) -> None:
    fitter = _build(pd.read_csv(MISSING))
    fit = fitter.rows.fit
    own = fit.sample.groups[0].saturated
    assert own is not None
    patterns = own.likelihood.patterns
    drawn = (reweight_patterns(patterns, np.ones((1, len(patterns.row)))),)
    model, x = fit.solution.model, np.asarray(fit.solution.x) * 1.05
    many = ReweightedFullInformation(drawn, np.ones((1, 1)))
    found = many.evaluate_many(model, x[None], exact=exact)
    step = 1e-6 * np.eye(len(x))
    ends = [many.evaluate_many(model, x + sign * step, np.zeros(len(x), dtype=np.intp)) for sign in (1, -1)]
    slopes = (ends[0].values - ends[1].values) / 2e-6
    np.testing.assert_allclose(found.gradients[0], slopes, atol=1e-7)
    if exact:
        curvature = (ends[0].gradients - ends[1].gradients) / 2e-6
        np.testing.assert_allclose(found.informations[0], curvature, atol=1e-6)


def test_draws_hang_on_the_seed_alone_and_limits_are_accelerated() -> None:
    settings = {**OPTIONS, "draws": 220, "interval": "bca"}
    one = bootstrap("visual =~ x1 + x2 + x3", MISSING, **settings)
    fewer = bootstrap("visual =~ x1 + x2 + x3", MISSING, **{**settings, "draws": 120})
    np.testing.assert_array_equal(one.draws[:100], fewer.draws[:100])
    assert one.without is not None
    assert len(one.without) == one.fit.sample.n
    assert np.isfinite(one.table[["ci.lower", "ci.upper"]].to_numpy()).all()


def test_clusters_are_drawn_as_wholes() -> None:
    rows = pd.read_csv(MISSING)
    rows["class"] = np.arange(len(rows)) // 7
    settings = {**OPTIONS, "cluster": "class", "draws": 30, "interval": "bca"}
    found = bootstrap("visual =~ x1 + x2 + x3", rows, **settings)
    prepared = prepare(parse_spec("visual =~ x1 + x2 + x3"), rows, **{**OPTIONS, "cluster": "class"})
    fitter = build_task(prepared, estimate(prepared), "ordinary")[0].rows
    assert isinstance(fitter, IncompleteFitter)
    counts = fitter.rows.draw_counts(np.random.default_rng(3), 40)[0]
    own = rows["class"].to_numpy()[fitter.rows.strata[0]]
    assert all((counts[:, own == code] == counts[:, own == code][:, :1]).all() for code in np.unique(own))
    assert len(np.unique(counts.sum(axis=1))) > 1
    assert found.without is not None
    assert len(found.without) == rows["class"].nunique()
    assert np.isfinite(found.table[["ci.lower", "ci.upper"]].to_numpy()).all()


@pytest.mark.parametrize("group", [None, "school"])
def test_exogenous_variables_that_every_row_has_change_no_estimate(group: str | None) -> None:
    rows = pd.read_csv(MISSING).drop(columns="ageyr", errors="ignore")
    rows["age"] = np.random.default_rng(2).normal(13.0, 1.0, len(rows))
    rows.loc[3, "age"] = np.nan  # a row that the fit leaves out
    spec = parse_spec("visual =~ x1 + x2 + x3\nvisual ~ age\nx4 ~ visual")
    prepared = prepare(spec, rows, **{**OPTIONS, "call": "sem", "group": group})
    own = estimate(prepared)
    assert any(row.exo for row in own.table.parameters)
    task, free = build_task(prepared, own, "ordinary")
    fitter = task.rows
    assert isinstance(fitter, IncompleteFitter)
    names = {(row.lhs, row.op, row.rhs, row.group): i for i, row in enumerate(free.solution.model.parameters)}
    places = [names[row.lhs, row.op, row.rhs, row.group] for row in own.solution.model.parameters]
    counts = fitter.rows.draw_counts(np.random.default_rng(5), 6)
    found = fitter.fit(counts)
    single = RowFitter(replace(prepared, frame=fitter.rows.prepared.frame), own, fitter.rows.strata)
    assert found.found.sum() >= 5
    for draw in range(6):
        again = single.fit_counts(counts, draw)
        assert found.found[draw] == (again is not None)
        if again is not None:
            np.testing.assert_allclose(found.x[draw][places], again.solution.x, rtol=1e-6, atol=1e-6)


def test_what_is_taken_from_the_sample_keeps_draws_single() -> None:
    prepared = prepare(parse_spec("x1 ~ x2 + x3"), MISSING, missing="ml.x", engine="native")
    own = estimate(prepared)
    assert build_incomplete(RowFitter(prepared, own, ())) is None
    task, same = build_task(prepared, own, "ordinary")
    assert isinstance(task.rows, RowFitter)  # some rows lack what others are given
    assert same is own
