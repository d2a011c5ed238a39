"""docs/diagnostics.md: every code is in it, and its examples do what it says."""

import re
from pathlib import Path

import pytest

from sem_toolkit.spec import build_table_options, check_spec, parse_spec

ROOT = Path(__file__).parent.parent.parent
PAGE = (ROOT / "docs" / "diagnostics.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^### `([a-z-]+)`\n(.*?)(?=^##|\Z)", PAGE, re.MULTILINE | re.DOTALL))
EXAMPLES = [
    (code, kind, text)
    for code, section in SECTIONS.items()
    for kind, text in re.findall(r"^(Bad|Good)\n\n```lavaan\n(.*?)\n```", section, re.MULTILINE | re.DOTALL)
]
COLUMNS = ("x1", "x2", "x3", "y", "Age")
NEED_DATA = {"unknown-variable", "different-case", "factor-is-column"}
NOT_CODES = {
    "impossible-action",
    "residual-covariances",
    "not-writable",
}  # a fault of an editor's action; a keyword; a fault of writing


@pytest.mark.parametrize(("code", "kind", "text"), EXAMPLES, ids=[f"{code}-{kind}" for code, kind, _ in EXAMPLES])
def test_examples_do_what_the_page_says(code: str, kind: str, text: str) -> None:
    spec = parse_spec(text)
    options, _ = build_table_options(dict(spec.header.options))
    checked = check_spec(spec, options, columns=COLUMNS if code in NEED_DATA else None)
    codes = {diagnostic.code for diagnostic in checked.diagnostics}
    if kind == "Bad":
        assert codes - ({"not-supported-yet"} - {code}) == {code}
    else:
        assert code not in codes
        assert not checked.errors


def test_every_bad_example_points_at_its_place() -> None:
    for code, kind, text in EXAMPLES:
        if kind == "Bad":
            spec = parse_spec(text)
            options, _ = build_table_options(dict(spec.header.options))
            checked = check_spec(spec, options, columns=COLUMNS if code in NEED_DATA else None)
            for diagnostic in checked.diagnostics:
                assert diagnostic.span is not None, code
                assert diagnostic.span.end <= len(text)
                assert "\n" not in diagnostic.message


def test_every_code_of_the_source_is_on_the_page() -> None:
    codes: set[str] = set()
    for file in (ROOT / "sem_toolkit" / "spec").rglob("*.py"):
        codes.update(re.findall(r'"([a-z]+(?:-[a-z]+)+)"', file.read_text(encoding="utf-8")))
    codes |= {"missing-left-side", "missing-right-side"}
    codes |= {"missing-file"}  # made in diagnostics, for all that read files
    assert codes - NOT_CODES == set(SECTIONS)
