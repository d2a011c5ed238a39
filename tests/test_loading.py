"""What is loaded when: names of packages, and libraries that take long."""

import pickle
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from sem_toolkit.loading import LazyModule

PACKAGES = (
    "comparison", "diagnostics", "diagram", "discrepancy", "estimation", "fit", "inference", "model", "rotation",
    "sample", "spec",
)  # fmt: skip
MODEL = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nvisual ~~ textual\n"


def run(program: str, *arguments: str) -> str:
    """What a process of its own prints."""
    return subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=True
    ).stdout


@pytest.mark.parametrize("package", ["sem_toolkit", *(f"sem_toolkit.{name}" for name in PACKAGES)])
def test_every_name_that_a_package_lists_is_there(package: str) -> None:
    import_module(package)
    module = sys.modules[package]
    missing = [name for name in module.__all__ if not hasattr(module, name)]
    assert not missing
    assert set(module.__all__) <= set(dir(module))
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        module.nothing  # noqa: B018


def test_a_function_keeps_its_name_beside_the_module_that_has_it() -> None:
    program = (
        "import sem_toolkit.comparison.compare, sem_toolkit.comparison as package\n"
        "from sem_toolkit.comparison import compare\n"
        "print(callable(compare), package.compare is compare)"
    )
    assert run(program).split() == ["True", "True"]


def test_checking_a_spec_loads_no_data_frames_and_no_science(tmp_path: Path) -> None:
    path = tmp_path / "model.lav"
    path.write_text(MODEL)
    program = (
        "import sys\nfrom sem_toolkit.cli.main import run\ncode = run(sys.argv[1:])\n"
        "heavy = ('pandas', 'scipy', 'semopy', 'networkx', 'matplotlib', 'statsmodels', 'narwhals', 'jinja2')\n"
        "print(code, [name for name in heavy if name in sys.modules])"
    )
    assert run(program, "check", str(path)).splitlines()[-1] == "0 []"


def test_a_plain_fit_loads_nothing_of_other_models(tmp_path: Path) -> None:
    (tmp_path / "model.lav").write_text("f =~ a + b + c\n")
    rows = ["a,b,c", *(f"{k % 7},{(k * k) % 5 + k % 7},{(3 * k) % 11 + k % 7}" for k in range(60))]
    (tmp_path / "rows.csv").write_text("\n".join(rows) + "\n")
    program = (
        "import sys\nfrom sem_toolkit.cli.main import run\ncode = run(sys.argv[1:])\n"
        "idle = ('sample.categorical', 'sample.printed', 'estimation.steps.search', 'estimation.instruments.search',\n"
        "    'estimation.engines.description', 'estimation.batch', 'inference.further',\n"
        "    'inference.exact_fit.staged', 'inference.errors.staged',\n"
        "    'inference.weights.levels', 'rotation.rotate', 'rotation.criteria', 'report.export', 'fit.records')\n"
        "print(code, [name for name in idle if f'sem_toolkit.{name}' in sys.modules])"
    )
    given = ("fit", str(tmp_path / "model.lav"), "--data", str(tmp_path / "rows.csv"), "--engine", "native")
    assert run(program, *given).splitlines()[-1] in ("0 []", "1 []")


def test_the_command_leaves_with_what_is_to_be_done_at_the_end_done() -> None:
    program = (
        "import atexit, sys\nfrom sem_toolkit.process import leave\n"
        "atexit.register(lambda: print('done'))\nprint('first', end=' ')\nleave(7)\nprint('never')"
    )
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (found.returncode, found.stdout.split()) == (7, ["first", "done"])


def test_the_command_waits_for_threads() -> None:
    program = (
        "import threading, time\nfrom sem_toolkit.process import leave\n"
        "threading.Thread(target=lambda: (time.sleep(0.2), print('thread'))).start()\nleave(7)\nprint('here')"
    )
    assert run(program).split() == ["here", "thread"]


def test_a_lazy_library_is_the_library() -> None:
    lazy = LazyModule("pickle")
    assert lazy.dumps is pickle.dumps
    assert not hasattr(lazy, "__wrapped__")
    with pytest.raises(AttributeError):
        _ = lazy.no_such_thing
