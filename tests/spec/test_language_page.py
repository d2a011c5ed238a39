"""docs/language.md: every example runs and gives the rows that stand below it."""

import re
from pathlib import Path

import pytest

from sem_toolkit.spec import build_parameter_table, build_table_options, format_explanation, parse_spec
from sem_toolkit.spec.functions import FUNCTIONS

PAGE = (Path(__file__).parent.parent.parent / "docs" / "language.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```lavaan\n(.*?)\n```(?:\n```rows\n(.*?)\n```)?", PAGE, re.DOTALL)


def squeeze(line: str) -> str:
    return " ".join(line.replace("|     ", "", 1).split())


@pytest.mark.parametrize(("text", "rows"), EXAMPLES, ids=[text.splitlines()[0] for text, _ in EXAMPLES])
def test_examples_run_and_give_their_rows(text: str, rows: str) -> None:
    spec = parse_spec(text)
    assert not spec.errors
    options, rest = build_table_options(dict(spec.header.options))
    assert not rest
    shown = {squeeze(line) for line in format_explanation(spec, build_parameter_table(spec, options)).splitlines()}
    for row in filter(None, rows.splitlines()):
        assert squeeze(row) in shown


def test_all_functions_are_named() -> None:
    paragraph = PAGE[PAGE.index("Expressions know") :].split("\n\n")[0]
    assert set(FUNCTIONS) <= set(re.findall(r"\w+", paragraph))
