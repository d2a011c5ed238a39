"""The extension for VS Code: its manifest holds together, and its grammar colours a spec as it is read."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from sem_toolkit.lsp import commands

EXTENSION = Path(__file__).parents[2] / "editors" / "vscode"
MANIFEST: dict[str, Any] = json.loads((EXTENSION / "package.json").read_text(encoding="utf-8"))
GRAMMAR: dict[str, Any] = json.loads((EXTENSION / "syntaxes" / "lavaan.tmLanguage.json").read_text(encoding="utf-8"))


def _compile(pattern: str) -> re.Pattern[str]:
    """A pattern of TextMate for Python, whose letters and digits go as far as these tests do."""
    return re.compile(pattern.replace(r"\p{L}", "A-Za-zÀ-ɏ").replace(r"\p{N}", "0-9"))


RULES = [(_compile(rule["match"]), rule) for rule in GRAMMAR["patterns"]]


def colour(line: str) -> list[tuple[str, str]]:
    """Text and kind of every piece that has one: of all rules the match that begins first, then the first rule."""
    found: list[tuple[str, str]] = []
    place = 0
    while place < len(line):
        matches = [(match, rule) for pattern, rule in RULES if (match := pattern.search(line, place))]
        if not matches:
            break
        match, rule = min(matches, key=lambda entry: entry[0].start())
        assert match.end() > match.start(), rule
        captures = rule.get("captures", {"0": {"name": rule.get("name", "")}})
        for number, capture in captures.items():
            text = match[int(number)].strip()
            if text:
                found.append((text, capture["name"].removesuffix(".lavaan")))
        place = match.end()
    return found


OPERATOR, LABEL, FACTOR = "keyword.operator", "variable.parameter.label", "entity.name.type.factor"
NUMBER, FUNCTION = "constant.numeric", "support.function"


@pytest.mark.parametrize(
    ("line", "kinds"),
    [
        ("visual =~ x1 + 0.8*x2", [("visual", FACTOR), ("=~", OPERATOR), ("0.8", NUMBER)]),
        ("f =~ NA*x1 + a*x2", [("f", FACTOR), ("=~", OPERATOR), ("NA", "constant.language"), ("a", LABEL)]),
        ("Zufriedenheit_ä =~ x.1", [("Zufriedenheit_ä", FACTOR), ("=~", OPERATOR)]),
        ("w <~ x1", [("w", FACTOR), ("<~", OPERATOR)]),
        ("y ~ b1*m + x # direct", [("~", OPERATOR), ("b1", LABEL), ("# direct", "comment.line")]),
        ("y1 ~~ 0*y2", [("~~", OPERATOR), ("0", NUMBER)]),
        ("u ~*~ 1*u", [("~*~", OPERATOR), ("1", NUMBER)]),
        ("u | t1 + t2", [("|", OPERATOR)]),
        ("ab := a*b", [(":=", OPERATOR), ("a", LABEL)]),
        ("a == b", [("==", OPERATOR)]),
        ('y ~ c("a", NA)*x', [("~", OPERATOR), ("c", FUNCTION), ('"a"', "string.quoted"), ("NA", "constant.language")]),
        ("f =~ start(1e-2)*x3", [("f", FACTOR), ("=~", OPERATOR), ("start", FUNCTION), ("1e-2", NUMBER)]),
        ("group: boys", [("group:", "keyword.control.block")]),
        (
            "#' data: hs.csv",
            [
                ("#'", "comment.line.header"),
                ("data", "keyword.other.header"),
                (":", "punctuation.separator"),
                ("hs.csv", "string.unquoted.header"),
            ],
        ),
        ("! an old comment =~", [("! an old comment =~", "comment.line")]),
    ],
)
def test_a_line_is_coloured(line: str, kinds: list[tuple[str, str]]) -> None:
    assert colour(line) == kinds


def test_the_manifest_names_what_is_there() -> None:
    (language,), (grammar,) = MANIFEST["contributes"]["languages"], MANIFEST["contributes"]["grammars"]
    for name in (MANIFEST["main"], language["configuration"], grammar["path"]):
        assert (EXTENSION / name).is_file(), name
    assert grammar["language"] == language["id"]
    assert grammar["scopeName"] == GRAMMAR["scopeName"]
    assert ".lav" in language["extensions"]
    json.loads((EXTENSION / language["configuration"]).read_text(encoding="utf-8"))
    assert re.fullmatch(r"\d+\.\d+\.\d+", MANIFEST["version"])


def test_every_command_of_the_menus_is_made_and_asked_of_the_server() -> None:
    code = (EXTENSION / MANIFEST["main"]).read_text(encoding="utf-8")
    declared = {entry["command"] for entry in MANIFEST["contributes"]["commands"]}
    assert {entry["command"] for entry in MANIFEST["contributes"]["menus"]["editor/title"]} <= declared
    assert set(re.findall(r'registerCommand\("([\w.]+)"', code)) == declared
    server = Path(commands.__file__).parent
    served = "\n".join(path.read_text(encoding="utf-8") for path in server.glob("*.py"))
    for name in re.findall(r'ask\("([\w.]+)"', code):
        assert f'"{name}"' in served, name
    if node := shutil.which("node"):
        subprocess.run([node, "--check", EXTENSION / MANIFEST["main"]], check=True)
