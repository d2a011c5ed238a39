"""Every command that a page names exists, and so does every option it gives to it: run or not."""

import re
from functools import cache
from pathlib import Path

import pytest

from sem_toolkit.cli.commands import COMMANDS, load_command

ROOT = Path(__file__).parent.parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
CALL = re.compile(r"sem-toolkit ([a-z]+)((?:\\\n|[^`\n#])*)")
FLAG = re.compile(r"(?<![\w-])--[a-z][a-z0-9-]*")
OF_OTHERS = {
    "--port",
    "--ntasks",
    "--nthreads",
    "--install-extension",
    "--install",
    "--version",
    "--help",
    "--init",
    "--locked",
}


@cache
def list_flags(name: str) -> set[str]:
    command = load_command(name)
    return {"--help", *(flag for option in command.params for flag in [*option.opts, *option.secondary_opts])}


def find_calls(text: str) -> list[tuple[str, str]]:
    return [(match[1], match[2]) for match in CALL.finditer(text)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_and_their_options_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    wrong = [
        f"sem-toolkit {name}{rest}"
        for name, rest in find_calls(text)
        if name in COMMANDS and not set(FLAG.findall(rest)) <= list_flags(name)
    ]
    wrong += [
        line.strip() for line in text.splitlines()
        if (found := re.match(r" {4}(?:\$ )?(?:\.venv/bin/)?sem-toolkit ([a-z]+)", line)) and found[1] not in COMMANDS
    ]  # fmt: skip
    assert not wrong


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_options_by_themselves_exist(page: Path) -> None:
    known = {flag for name in COMMANDS for flag in list_flags(name)} | OF_OTHERS
    text = page.read_text(encoding="utf-8")
    named = {flag for code in re.findall(r"`([^`\n]+)`", text) for flag in FLAG.findall(code) if "pip" not in code}
    assert named - known == set()


def test_a_misspelt_option_is_found() -> None:
    calls = find_calls("    $ sem-toolkit fit a.lav --data b.csv \\\n        --esimator MLR\n")
    assert [set(FLAG.findall(rest)) - list_flags(name) for name, rest in calls] == [{"--esimator"}]
