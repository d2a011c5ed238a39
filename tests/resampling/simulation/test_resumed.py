"""Simulations that are interrupted, resumed, and kept."""

import os
import signal
import subprocess
import sys
import time
from concurrent.futures.process import BrokenProcessPool

import numpy as np
import pytest

from sem_toolkit.diagnostics import DataError, OptionError
from sem_toolkit.resampling.simulation.study import SampleRules, run_study
from sem_toolkit.spec import parse_spec

SPEC = parse_spec("f1 =~ .8*a1 + .7*a2 + .6*a3\nf2 =~ .75*b1 + .7*b2 + .65*b3\nf2 ~ .4*f1")


def run(store=None, replications=600, **more):
    return run_study(SPEC, [], (100,), replications, store=store, **more).to_dict()


def test_a_run_that_lost_chunks_goes_on_to_the_same_numbers(tmp_path):
    undisturbed = run()
    assert run(tmp_path) == undisturbed
    chunks = sorted((tmp_path / "n100").glob("*.parquet"))
    assert len(chunks) == 3
    chunks[1].unlink()
    assert run(tmp_path) == undisturbed
    assert run(tmp_path, replications=850) == run(replications=850)


def test_kept_chunks_are_not_worked_on_again(tmp_path, monkeypatch):
    run(tmp_path)
    monkeypatch.setattr("sem_toolkit.resampling.simulation.run.run_chunk", None)
    assert run(tmp_path)["simulations"][0]["converged"] == 600


def test_a_damaged_chunk_is_named(tmp_path):
    run(tmp_path)
    chunk = next((tmp_path / "n100").glob("*.parquet"))
    chunk.write_bytes(chunk.read_bytes()[:100])
    with pytest.raises(DataError, match="is damaged"):
        run(tmp_path)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"seed": 2}, "seed"),
        ({"rules": SampleRules(1.0, 3.0)}, "samples"),
        ({"options": {"std_lv": True}}, "options"),
    ],
)
def test_chunks_of_another_run_are_refused(tmp_path, changed, said):
    run(tmp_path, replications=10)
    with pytest.raises(OptionError, match=f"another run: it differs in {said}"):
        run(tmp_path, replications=10, **changed)


def test_a_folder_of_other_things_is_refused(tmp_path):
    (tmp_path / "n100").mkdir()
    (tmp_path / "n100" / "notes.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(OptionError, match=r"no run\.json"):
        run(tmp_path)


def test_a_lost_worker_costs_its_chunk_only(monkeypatch):
    undisturbed, calls = run(), []

    def lose_one(function, items, workers, shared):
        calls.append(len(items))
        yield 1, function(shared, items[1])
        if len(calls) == 1:
            raise BrokenProcessPool
        yield 0, function(shared, items[0])

    monkeypatch.setattr("sem_toolkit.resampling.executors.run_all", lose_one)
    assert run() == undisturbed
    assert calls == [3, 2]


def test_workers_that_are_lost_again_and_again_end_the_run(monkeypatch):
    def lose_all(*given):
        raise BrokenProcessPool
        yield

    monkeypatch.setattr("sem_toolkit.resampling.executors.run_all", lose_all)
    with pytest.raises(OptionError, match="lost 4 times"):
        run()


def test_a_scheduler_that_does_not_answer_is_named(monkeypatch):
    monkeypatch.setattr("sem_toolkit.resampling.executors._PATIENCE", 0.2)
    with pytest.raises(OptionError, match=r"127\.0\.0\.1:1|distributed"):
        run(dask="tcp://127.0.0.1:1")


@pytest.mark.slow
def test_a_run_that_is_killed_ten_times_ends_with_the_same_numbers(tmp_path):
    """SIGKILL some time after each chunk that is new, each time from where it was."""
    spec, folder = tmp_path / "population.lav", tmp_path / "chunks"
    spec.write_text(SPEC.text, encoding="utf-8")
    program = "import sys; from sem_toolkit.cli.main import run; sys.exit(run(sys.argv[1:]))"
    command = [sys.executable, "-c", program, "simulate", str(spec), "--n", "100", "--replications", "8000"]
    rng, kept = np.random.default_rng(3), 0
    for _ in range(10):
        process = subprocess.Popen([*command, "--store", str(folder), "--json"], stdout=subprocess.DEVNULL)
        started = time.monotonic()
        while len(list(folder.glob("n100/*.parquet"))) <= kept and time.monotonic() - started < 60:
            time.sleep(0.005)
        time.sleep(rng.uniform(0.0, 0.05))
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        kept = len(list(folder.glob("n100/*.parquet")))
    assert 10 <= kept < 32
    assert run(folder, 8_000) == run(replications=8_000)
