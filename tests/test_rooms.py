"""Tests stand at the path of what they test: the folders of tests/ are those of the package, and docs/."""

from pathlib import Path

import pytest

TESTS = Path(__file__).parent
PACKAGE = TESTS.parent / "sem_toolkit"
DOCUMENTATION, BROWSER = Path("docs"), Path("browser")
"""Tests of the manual, and of the studio's page as a whole: they are of no one part of the package."""
ROOMS = sorted({path.parent.relative_to(TESTS) for path in TESTS.rglob("test_*.py")} - {BROWSER})


@pytest.mark.parametrize("room", ROOMS, ids=str)
def test_a_folder_of_tests_is_one_of_the_package(room: Path) -> None:
    home = TESTS.parent if room == DOCUMENTATION else PACKAGE
    assert (home / room).is_dir()
    assert any((home / room).glob("*.py"))


def test_every_part_of_the_package_has_tests() -> None:
    parts = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    assert parts == {room.parts[0] for room in ROOMS if room.parts} - {str(DOCUMENTATION)}
