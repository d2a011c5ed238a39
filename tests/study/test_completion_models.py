"""Structural equation models of the recovered items, fitted to completions of the printed tables."""

from pathlib import Path

import numpy as np
import pytest

from sem_toolkit.study.completion_models import (
    CompletionModel,
    build_completion_models,
    fit_completion,
    fit_completion_models,
)
from sem_toolkit.study.printed_study import run_printed_study

pytestmark = pytest.mark.slow

PUBLISHED = Path(__file__).parents[2] / "data" / "published"


@pytest.fixture(scope="module")
def study():
    return run_printed_study(PUBLISHED, completions=12)


def test_two_items_with_outcome_have_the_factor_that_arithmetic_gives(study):
    """With two indicators the effect is √(r₁y r₂y / r₁₂): impossible where that is above 1."""
    checks = {check.table: check for check in study.factor_checks}
    assert list(checks) == ["4-1", "4-6", "4-7"]
    r, outcome = study.fixed.correlations, study.recovery.outcome
    for table in ("4-1", "4-6"):
        first, second = checks[table].items
        effect = np.sqrt(r[first, outcome] * r[second, outcome] / r[first, second])
        rows = checks[table].fit.parameters
        assert rows[rows["op"] == "~"]["std.all"].item() == pytest.approx(effect, rel=1e-6)
        assert checks[table].fit.certified == (effect < 1)
    assert not checks["4-6"].fit.certified
    assert checks["4-7"].fit.certified


def test_a_table_whose_items_allow_no_factor_keeps_them_single(study):
    over_stages, at_once = build_completion_models(
        study.publication.tables, study.factor_checks, study.recovery.outcome
    )
    assert over_stages.factors == {"network": ("a5", "b3", "c6")}
    assert at_once.factors == {"synergy": ("TECHMARKET", "RESOURCE"), "capital_clinical": ("b9", "b10", "b8")}
    assert "SUCCESS ~ synergy + a5 + b3 + c6 + a10 + a11 + capital_clinical\n" in at_once.text


def test_what_is_told_of_the_fits_is_what_single_fits_say(study):
    for told in study.completion_models:
        fits = [fit_completion(told.model, frame) for frame in study.completions.frames]
        certified = [found for found in fits if found.certified]
        assert (told.drawn, told.certified) == (12, len(certified))
        row = told.effects.iloc[0]
        own = [found.parameters.query("op == '~'").set_index("rhs")["std.all"][row["predictor"]] for found in certified]
        assert (row["lowest"], row["highest"]) == (min(own), max(own))
        assert row["positive"] == np.mean(np.array(own) > 0)
        assert told.df == certified[0].fit_measures["df"]


def test_no_other_optimum_is_overlooked(study):
    """The search from one start ends where scattered starts end, wherever an optimum is certified."""
    for told in study.completion_models:
        for frame in study.completions.frames:
            one, many = fit_completion(told.model, frame), fit_completion(told.model, frame, multistart=200)
            assert one.certified == many.certified
            if one.certified:
                assert one.fit_measures["chisq"] == pytest.approx(many.fit_measures["chisq"], abs=1e-6)


def test_without_an_admissible_fit_there_is_no_effect_to_tell(study):
    model = CompletionModel("capital", "capital =~ a10 + a11\nSUCCESS ~ capital\n", {"capital": ("a10", "a11")})
    (told,) = fit_completion_models([model], study.completions)
    assert (told.drawn, told.certified, len(told.effects)) == (12, 0, 0)
    assert np.isnan(told.rejected)
