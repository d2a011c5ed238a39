"""What this installation has and what it lacks: packages, extras, Graphviz, fonts, BLAS."""

import platform
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version

_REQUIREMENT = re.compile(r"""([\w.-]+)(?:[^;]*;.*extra\s*==\s*["']([\w-]+)["'])?""")
_PURPOSES = {
    "spss": "SPSS .sav and Stata .dta files",
    "parquet": "Parquet files, and long CSV files in one pass",
    "excel": "Excel files",
    "word": "tables, reports and diagrams in Word",
    "cluster": "draws on a dask cluster",
    "powerpoint": "diagrams as PowerPoint slides",
    "studio": "text and picture side by side in the browser",
    "lsp": "diagnostics, completion and estimates in an editor",
}


@dataclass(frozen=True)
class Part:
    """One thing that is there or not.

    found   its version or place; empty where it is missing
    serves  what it is for; remedy: what to do where it is missing
    """

    name: str
    found: str
    serves: str = ""
    remedy: str = ""
    is_needed: bool = True


def list_parts() -> list[Part]:
    """Everything of this installation, in the order of a reader's interest."""
    return [*_list_versions(), *_list_packages(), _find_graphviz(), _find_fonts(), _find_blas()]


def _list_versions() -> Iterator[Part]:
    yield Part("sem_toolkit", _read_version("sem-toolkit"))
    yield Part("Python", f"{platform.python_version()} ({platform.system()} {platform.machine()})")


def _list_packages() -> Iterator[Part]:
    """The packages that the installed one asks for, those of extras last."""
    found = [_REQUIREMENT.match(line) for line in requires("sem-toolkit") or ()]
    for entry in sorted((match for match in found if match), key=lambda match: match.group(2) is not None):
        name, extra = entry.group(1), entry.group(2)
        if name == "sem-toolkit" or extra == "all":  # the extra that stands for all others
            continue
        purpose = _PURPOSES.get(extra, f"what needs {name}") if extra else ""
        remedy = f"pip install 'sem-toolkit[{extra}]'" if extra else f"pip install {name}"
        yield Part(name, _read_version(name), purpose, remedy, is_needed=extra is None)


def _read_version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def _find_graphviz() -> Part:
    program = shutil.which("dot")
    if program is not None:
        told = subprocess.run([program, "-V"], capture_output=True, text=True, check=False)  # noqa: S603 (no input)
        return Part("Graphviz", f"{(told.stderr or told.stdout).strip()}, {program}", "layout of diagrams")
    embedded = _read_version("pygraphviz")
    found = f"the one within pygraphviz {embedded}" if embedded else ""
    return Part("Graphviz", found, "layout of diagrams", "install graphviz, or pip install pygraphviz")


def _find_fonts() -> Part:
    from sem_toolkit.diagram.geometry.metrics import FONT_FILES, find_font_folder

    folder = find_font_folder()
    missing = [name for name in FONT_FILES.values() if not (folder / f"{name}.ttf").exists()]
    found = "" if missing else f"{', '.join(FONT_FILES.values())} in {folder}"
    return Part("fonts", found, "text of diagrams, measured and drawn", "install matplotlib anew")


def _find_blas() -> Part:
    import scipy.linalg  # noqa: F401 (loads a library of its own)
    from threadpoolctl import threadpool_info

    pools = [entry for entry in threadpool_info() if entry["user_api"] == "blas"]
    texts = [f"{entry['internal_api']} {entry['version']}, threads: {entry['num_threads']}" for entry in pools]
    return Part("BLAS", "; ".join(dict.fromkeys(texts)), "linear algebra; one thread is fastest for models", "", False)
