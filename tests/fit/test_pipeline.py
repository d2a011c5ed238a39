"""From a spec and data to a fit by stages: each once, from given starts, and watched."""

import copy
import pickle
from pathlib import Path

import numpy as np
import pytest

from sem_toolkit import DataError, EstimationError, Fit, fit
from sem_toolkit.estimation import Progress
from sem_toolkit.fit import Prepared, estimate, pipeline, prepare, prepare_schematic
from sem_toolkit.fit import prepared as preparing
from sem_toolkit.fit.pipeline import prepare_together
from sem_toolkit.spec import parse_spec
from tests.support import DATA

CFA = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9\n"


@pytest.fixture(scope="module")
def prepared() -> Prepared:
    return prepare(parse_spec(CFA), DATA / "hs.csv")


@pytest.fixture(scope="module")
def cold(prepared: Prepared) -> Fit:
    return estimate(prepared)


def test_the_stages_make_what_fit_makes(prepared: Prepared, cold: Fit) -> None:
    whole = fit(CFA, DATA / "hs.csv")
    np.testing.assert_array_equal(cold.solution.x, whole.solution.x)
    assert prepared.identification.df == 24
    assert cold.sample is prepared.sample
    assert cold.solution.model is prepared.model  # exogenous moments were filled before: nothing is built again


def test_the_moments_of_exogenous_variables_are_filled_once(monkeypatch: pytest.MonkeyPatch) -> None:
    for estimator in ("ML", "GLS"):  # their divisors differ
        built = prepare(parse_spec("x1 ~ x2 + x3"), DATA / "hs.csv", estimator=estimator, fixed_x=True, engine="native")
        assert estimate(built).solution.model is built.model


def test_identification_is_looked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    check = preparing.check_identification
    monkeypatch.setattr(preparing, "check_identification", lambda model: calls.append(model) or check(model))
    built = prepare(parse_spec(CFA), DATA / "hs.csv")
    for _ in range(2):
        estimate(built)
        assert built.identification.identified
    assert len(calls) == 1


def test_a_file_is_read_once_for_several_specs(monkeypatch: pytest.MonkeyPatch) -> None:
    reads = []
    read = pipeline.open_table
    monkeypatch.setattr(pipeline, "open_table", lambda path, door: reads.append(path) or read(path, door))
    several = prepare_together([parse_spec(CFA), parse_spec("x1 ~ x2")], DATA / "hs.csv")
    assert [entry.table.npar for entry in several] == [21, 2]
    assert len(reads) == 1


def test_data_of_a_header_that_are_not_there_say_who_names_them(tmp_path: Path) -> None:
    spec = tmp_path / "model.lav"
    spec.write_text("#' data: rows/absent.csv\nf =~ x1 + x2 + x3\n")
    with pytest.raises(DataError) as caught:
        fit(spec)
    (told,) = caught.value.diagnostics
    assert told.code == "missing-file"
    assert told.message == f'there is no file "{tmp_path}/rows/absent.csv", which the header of "{spec}" names'
    assert "the folder of the spec" in (told.hint or "")


def test_a_spec_without_data_has_a_table_and_an_identification_and_no_sample() -> None:
    schematic = prepare_schematic(parse_spec("f =~ x1 + x2"))
    assert not schematic.identification.identified
    with pytest.raises(Exception, match="needs data"):
        schematic.sample  # noqa: B018


@pytest.mark.parametrize("factor", [1.0, 1000.0])
def test_a_fit_from_its_own_estimates_takes_no_search(factor: float) -> None:
    frame = fit(CFA, DATA / "hs.csv").sample.groups[0].data
    import pandas as pd

    rows = pd.DataFrame(factor * frame, columns=[f"x{i}" for i in range(1, 10)])
    built = prepare(parse_spec(CFA), rows, engine="native")
    first = estimate(built)
    again = estimate(built, start=first)
    assert again.certificate.iterations < first.certificate.iterations
    assert again.certificate.iterations <= 1
    np.testing.assert_allclose(again.solution.x, first.solution.x, rtol=1e-7)


def test_a_fit_of_another_model_gives_what_it_shares(prepared: Prepared, cold: Fit) -> None:
    larger = prepare(parse_spec(CFA + "x1 ~~ x9\n"), DATA / "hs.csv", engine="native")
    warm, usual = estimate(larger, start=cold), estimate(larger)
    np.testing.assert_allclose(warm.solution.x, usual.solution.x, rtol=1e-6, atol=1e-8)
    assert warm.certificate.iterations <= usual.certificate.iterations


def test_a_start_has_one_value_a_parameter(prepared: Prepared) -> None:
    with pytest.raises(Exception, match="21 free parameters"):
        estimate(prepared, start=np.zeros(3))


def test_a_watcher_hears_of_every_point_and_changes_nothing(cold: Fit) -> None:
    heard: list[Progress] = []
    watched = estimate(prepare(parse_spec(CFA), DATA / "hs.csv"), watch=heard.append)
    np.testing.assert_array_equal(watched.solution.x, cold.solution.x)
    assert [entry.evaluations for entry in heard] == list(range(1, len(heard) + 1))
    assert min(entry.value for entry in heard) == pytest.approx(cold.solution.discrepancy, abs=1e-12)


@pytest.mark.parametrize("text", [CFA, CFA + "visual =~ a*x2\na > 0.9\n"])
def test_a_watcher_can_end_the_search(text: str) -> None:
    built = prepare(parse_spec(text), DATA / "hs.csv", engine="native")
    with pytest.raises(EstimationError, match="cancelled after 3 evaluations"):
        estimate(built, watch=lambda progress: progress.evaluations < 3)
    assert estimate(built).converged  # nothing of what was prepared is lost


def test_what_a_watcher_raises_passes_through(prepared: Prepared) -> None:
    def stop(progress: Progress) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        estimate(prepared, watch=stop)


def test_a_fit_is_one_line_and_goes_to_another_process_and_back() -> None:
    found = fit(CFA + "visual ~~ 0*speed\n", DATA / "hs.csv", engine="native", group="school")
    there = pickle.loads(pickle.dumps(found))  # noqa: S301 - our own
    assert repr(found) == "<Fit of 'model': converged, ML, n = 301, 58 free parameters>"
    assert repr(there) == repr(found)
    assert there.messages == found.messages
    assert there.fit_measures == found.fit_measures
    assert copy.deepcopy(found).parameters.equals(found.parameters)
