"""Tests stand at the path of what they test: the folders of tests/ are those of the package."""

from pathlib import Path

import pytest

TESTS = Path(__file__).parent
PACKAGE = TESTS.parent / "sem_toolkit"
BROWSER = Path("browser")
"""Tests of the page as a whole: they see no module of the package."""
ROOMS = sorted({path.parent.relative_to(TESTS) for path in TESTS.rglob("test_*.py")} - {BROWSER})


@pytest.mark.parametrize("room", ROOMS, ids=str)
def test_a_folder_of_tests_is_one_of_the_package(room: Path) -> None:
    assert (PACKAGE / room).is_dir()
    assert any((PACKAGE / room).glob("*.py"))


def test_every_part_of_the_package_has_tests() -> None:
    parts = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    assert parts == {room.parts[0] for room in ROOMS if room.parts}
