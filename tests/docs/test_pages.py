"""Pages of docs/ whose examples are run: what they show is what the commands print."""

import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
sys.path.insert(0, str(ROOT / "docs" / "site"))

import pages  # noqa: E402 - a script's module beside the pages, not of the package

QUICK = {"index.md"}
"""Pages that the fast tests run too; each of the others takes a second or more."""
PAGES = {str(page.relative_to(pages.DOCS)): page for page in pages.find_pages()}


def mark(name: str) -> object:
    return pytest.param(name, marks=[] if name in QUICK else [pytest.mark.slow], id=name)


@pytest.mark.parametrize("name", [mark(name) for name in PAGES])
def test_a_page_shows_what_its_commands_print(name: str, tmp_path: Path) -> None:
    text = PAGES[name].read_text(encoding="utf-8")
    run = pages.run_page(text, tmp_path)
    assert run.text == text, "run docs/make.py, and look at what has changed"
    for picture, drawn in run.pictures.items():
        assert read_words(pages.PICTURES / picture) == read_words(drawn), picture


def read_words(picture: Path) -> list[str]:
    """Texts of an SVG in their order: numbers and names, whatever the places."""
    return re.findall(r">([^<>\n]+)<", picture.read_text(encoding="utf-8"))


def test_a_changed_number_is_noticed(tmp_path: Path) -> None:
    text = PAGES["index.md"].read_text(encoding="utf-8")
    shown = re.search(r"^ CFI +(0\.\d+)", text, re.MULTILINE)
    assert shown is not None
    number = shown[1]
    changed = text[: shown.start(1)] + f"{float(number) - 0.001:.3f}" + text[shown.end(1) :]
    again = pages.run_page(changed, tmp_path).text
    assert again != changed
    assert again == text


def test_a_failure_must_be_shown(tmp_path: Path) -> None:
    page = "```console\n$ sem-toolkit check nothing.lav\n```\n"
    with pytest.raises(pages.PageError, match="ends with 2"):
        pages.run_page(page, tmp_path)
    shown = pages.run_page(page.replace("lav\n", "lav\n$ echo $?\n"), tmp_path).text
    assert 'error[missing-file]: there is no file "nothing.lav"\n  help: ' in shown
    assert shown.endswith("\n$ echo $?\n2\n```\n")


def test_output_of_python_is_written_below_it(tmp_path: Path) -> None:
    page = "```python\nfor i in range(3):\n    print(i)\ni + 40\n```\n\nText.\n"
    run = pages.run_page(page, tmp_path).text
    assert run == page.replace("\n\nText", "\n\n```text\n0\n1\n2\n42\n```\n\nText")
    assert pages.run_page(run, tmp_path).text == run


def test_lines_are_picked_and_gaps_are_marked(tmp_path: Path) -> None:
    page = "<!-- show: b..c; e -->\n```python\nfor word in 'abcdef':\n    print(word)\n```\n"
    assert "```text\n…\nb\nc\n…\ne\n…\n```" in pages.run_page(page, tmp_path).text
    with pytest.raises(pages.PageError, match="no output has lines"):
        pages.run_page(page.replace("; e", "; g"), tmp_path)


def test_what_is_zero_but_for_rounding_may_differ(tmp_path: Path) -> None:
    page = (
        "```python\nprint('gradient 2.4e-14, misfit 2.4e-03')\n```\n\n```text\ngradient 3.1e-13, misfit 2.4e-03\n```\n"
    )
    assert pages.run_page(page, tmp_path).text == page
    assert pages.run_page(page.replace("misfit 2.4e-03\n", "misfit 2.5e-03\n"), tmp_path).text != page
