"""What the command sets for its process, and what importing the library leaves as it is."""

import ctypes
import gc
import json
import subprocess
import sys

import pytest

from sem_toolkit.process import import_without_collecting, keep_scratch_memory


def test_the_library_is_asked_once() -> None:
    assert keep_scratch_memory() is keep_scratch_memory()


def test_other_libraries_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda name: object())
    assert keep_scratch_memory.__wrapped__() is False


PROBE = """
import ctypes, gc, json, logging, os, signal, sys, warnings
import numpy, scipy.linalg, scipy.special, scipy.sparse, pandas, networkx
from threadpoolctl import threadpool_info
calls = []
class Watched(ctypes.CDLL):
    def __getattr__(self, name):
        if name == "mallopt":
            calls.append(name)
        return super().__getattr__(name)
ctypes.CDLL = Watched
def look():
    return {
        "gc": [gc.isenabled(), gc.get_threshold(), gc.get_freeze_count()],
        "threads": [entry["num_threads"] for entry in threadpool_info()],
        "environment": dict(os.environ),
        "filters": len(warnings.filters),
        "handlers": len(logging.getLogger().handlers),
        "interrupt": str(signal.getsignal(signal.SIGINT)),
        "recursion": sys.getrecursionlimit(),
        "malloc": list(calls),
        "errors": numpy.geterr(),
    }
before = look()
import sem_toolkit
from sem_toolkit import fit
import sem_toolkit.comparison, sem_toolkit.report.summary, sem_toolkit.diagram
rows = pandas.DataFrame(numpy.random.default_rng(1).normal(size=(60, 4)) @ numpy.eye(4), columns=list("abcd"))
fit("f =~ a + b + c + d", rows, engine="native")
print(json.dumps([before, look()]))
"""


@pytest.mark.slow
def test_the_library_changes_nothing_of_the_process() -> None:
    outcome = subprocess.run([sys.executable, "-c", PROBE], capture_output=True, text=True, check=True)
    before, after = json.loads(outcome.stdout)
    assert after == before


def test_the_package_is_loaded_when_it_is_used() -> None:
    program = "import sys, sem_toolkit; print('numpy' in sys.modules); sem_toolkit.Fit; print('numpy' in sys.modules)"
    outcome = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert outcome.stdout.split() == ["False", "True"]


@pytest.mark.slow
@pytest.mark.parametrize("first", ["import sem_toolkit.fit.options", "from sem_toolkit.fit import Fit", "pass"])
def test_the_function_keeps_its_name_whatever_is_loaded_first(first: str) -> None:
    program = (
        f"{first}\nimport sem_toolkit\nfrom sem_toolkit import fit, Fit\nprint(fit.__name__, sem_toolkit.fit is fit)"
    )
    program += "\nprint(sorted(set(sem_toolkit.__all__) - set(dir(sem_toolkit))))"
    outcome = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert outcome.stdout.splitlines() == ["fit True", "[]"]


def test_collecting_goes_on_after_the_imports() -> None:
    was = gc.get_freeze_count()
    try:
        with import_without_collecting():
            assert not gc.isenabled()
        assert gc.isenabled()
        assert gc.get_freeze_count() > 0
    finally:
        if not was:
            gc.unfreeze()
