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


def test_a_lazy_library_is_the_library() -> None:
    lazy = LazyModule("pickle")
    assert lazy.dumps is pickle.dumps
    assert not hasattr(lazy, "__wrapped__")
    with pytest.raises(AttributeError):
        _ = lazy.no_such_thing
