"""Commands: listed without being loaded, each loaded when it is called; the version, and what is installed."""

import subprocess
import sys

import pytest

from sem_toolkit import __version__
from sem_toolkit.cli.commands import COMMANDS, load_command, read_summary

HEAVY = ("numpy", "pandas", "scipy", "matplotlib")


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_shows_what_the_command_says_of_itself(name: str) -> None:
    command = load_command(name)
    assert command.name == name
    assert (command.help or "").split("\n\n")[0].strip() == read_summary(name)
    assert read_summary(name).endswith(".")


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["fmt", "--check", "none.lav"], ["chek"]])
def test_what_needs_no_numbers_loads_none(arguments: list[str]) -> None:
    script = (
        "import sys\nfrom sem_toolkit.cli.main import run\n"
        f"run({arguments!r})\nsys.exit(any(name in sys.modules for name in {HEAVY!r}))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_help_names_every_command(command) -> None:
    outcome = command("--help")
    assert outcome.code == 0
    assert all(f" {name} " in outcome.out for name in COMMANDS)


def test_the_version_is_that_of_the_package(command) -> None:
    assert command("--version").out == f"sem-toolkit {__version__}\n"


def test_an_unknown_command_is_answered_with_the_nearest(command) -> None:
    outcome = command("chek", "model.lav")
    assert outcome.code == 2
    assert "there is no command 'chek'" in outcome.err
    assert 'did you mean "check"?' in outcome.err


@pytest.mark.parametrize("following", ["--json", "-h", "--data"])
def test_an_option_without_its_value_is_told_from_the_next_one(command, following: str) -> None:
    outcome = command("fit", "model.lav", "--ordered", following)
    assert outcome.code == 2
    assert "'--ordered' requires an argument" in outcome.err
    assert f"'{following}' is the next option" in " ".join(outcome.err.split())


def test_doctor_tells_versions_and_what_extras_are_for(command) -> None:
    parts = {part["name"]: part for part in command("doctor", "--json").record["parts"]}
    import numpy as np

    assert parts["numpy"]["found"] == np.__version__
    assert parts["sem_toolkit"]["found"] == __version__
    assert parts["pyreadstat"]["serves"].startswith("SPSS")
    assert not parts["pyreadstat"]["needed"]
    assert {"Graphviz", "fonts", "BLAS"} <= set(parts)
    assert all(part["found"] for part in parts.values() if part["needed"])
