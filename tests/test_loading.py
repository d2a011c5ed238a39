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


IDLE = (
    "discrepancy.categorical", "discrepancy.full_information", "discrepancy.interleaved",
    "discrepancy.many_likelihoods", "discrepancy.measured", "discrepancy.random_slopes", "discrepancy.two_level",
    "estimation.batch", "estimation.by_scipy", "estimation.engines.description", "estimation.feasible",
    "estimation.instruments.search", "estimation.multistart", "estimation.sequential", "estimation.steps.scales",
    "estimation.steps.search", "fit.records", "fit.rotated",
    "inference.errors.resampled", "inference.errors.staged", "inference.exact_fit.corrected",
    "inference.exact_fit.scaled", "inference.exact_fit.staged", "inference.exact_fit.ugamma", "inference.further",
    "inference.weights.clusters", "inference.weights.incomplete", "inference.weights.levels",
    "inference.weights.ordered", "inference.weights.unbiased",
    "model.categorical_layout", "model.existence", "model.interleaved", "model.measured", "model.pairs",
    "report.export", "rotation.anchors", "rotation.checks", "rotation.criteria", "rotation.rotate",
    "sample.categorical", "sample.group_choice", "sample.levels", "sample.parcels", "sample.printed",
    "sample.reversing", "sample.streaming", "sample.tabular", "sample.weights", "sample.workbooks",
    "sample.worded_answers",
)  # fmt: skip
"""What is not for complete rows of numeric variables whose first optimum is a good one."""
UNLOADED = f"[name for name in {IDLE!r} if f'sem_toolkit.{{name}}' in sys.modules]"


def write_rows(folder: Path) -> Path:
    """Rows of three items of one factor, on which it fits well."""
    rows = [f"{k % 7 + k % 3},{(k * k) % 5 + k % 7},{(3 * k) % 11 + k % 7}" for k in range(60)]
    path = folder / "rows.csv"
    path.write_text("\n".join(["a,b,c", *rows]) + "\n")
    return path


def test_a_plain_fit_loads_nothing_of_other_models(tmp_path: Path) -> None:
    (tmp_path / "model.lav").write_text("f =~ a + b + c\n")
    program = f"import sys\nfrom sem_toolkit.cli.main import run\ncode = run(sys.argv[1:])\nprint(code, {UNLOADED})"
    given = ("fit", str(tmp_path / "model.lav"), "--data", str(write_rows(tmp_path)), "--engine", "native")
    assert run(program, *given).splitlines()[-1] == "0 []"


def test_a_plain_fit_in_python_reads_no_files_either(tmp_path: Path) -> None:
    idle = ("sample.tables", "sample.text_files", "sample.incomplete", "sample.patterns", "report", "resampling")
    program = (
        "import sys, pandas, sem_toolkit\n"
        "found = sem_toolkit.fit('f =~ a + b + c\\n', pandas.read_csv(sys.argv[1]), engine='native')\n"
        f"found.parameters, found.fit_measures, found.r2\nprint(found.certificate.verdict, {UNLOADED},"
        f" [name for name in {idle!r} if f'sem_toolkit.{{name}}' in sys.modules])"
    )
    assert run(program, str(write_rows(tmp_path))).splitlines()[-1] == "converged [] []"


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
