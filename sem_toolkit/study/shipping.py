"""The study's specs and data, which travel with the package: copied into a folder of the user's own."""

import shutil
from pathlib import Path

from sem_toolkit.diagnostics import DataError, Diagnostic, OptionError

PARTS = ("model_specs", "data")


def find_shipped() -> Path:
    """The folder that has PARTS: within an installed package, or above one that runs from its sources.

    Raises DataError where neither has them.
    """
    package = Path(__file__).parent
    for folder in (package / "shipped", package.parents[1]):
        if all((folder / name).is_dir() for name in PARTS):
            return folder
    message = "this installation has neither the specs nor the data of the study"
    raise DataError(Diagnostic("error", "missing-file", message, hint="install the package anew"))


def copy_study(folder: Path) -> list[Path]:
    """Copy specs and data into a folder, which is made where it is not there; the folders that were written.

    Raises OptionError where one of them is there already: nothing of a user's is written over.
    """
    source = find_shipped()
    taken = [folder / name for name in PARTS if (folder / name).exists()]
    if taken:
        message = f"{taken[0]} is there already, and nothing is written over"
        raise OptionError(Diagnostic("error", "output-exists", message, hint="name a new folder"))
    for name in PARTS:
        shutil.copytree(source / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    return [folder / name for name in PARTS]
