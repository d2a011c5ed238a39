"""Tables of many rows look as short ones do, and are laid out in a moment."""

import time

from rich.console import Console

from sem_toolkit.report.long_tables import FROM_ROWS
from sem_toolkit.report.text_tables import build_table


def show(rows: int, width: int = 500) -> list[str]:
    table = build_table("Numbers", ("name", "größe"), ("value",), right=("value",))
    for number in range(rows):
        table.add_row(f"x{number % 10}", "量" * (number % 3), f"{number % 10 / 4:.2f}")
    console = Console(width=width, highlight=False, markup=False, emoji=False)
    with console.capture() as captured:
        console.print(table)
    return [line.rstrip() for line in captured.get().splitlines()]


def test_a_long_table_looks_as_a_short_one() -> None:
    short, long = show(FROM_ROWS), show(FROM_ROWS + 100)
    heading = [line for line in short if line]
    assert [line for line in long if line][: FROM_ROWS + 3] == heading[: FROM_ROWS + 3]
    assert len([line for line in long if line]) == FROM_ROWS + 103


def test_time_for_ten_thousand_rows_is_short() -> None:
    begin = time.process_time()
    assert len(show(10_000)) > 10_000
    assert time.process_time() - begin < 3.0  # cell by cell it takes ten times as long


def test_a_long_cell_makes_no_wide_column() -> None:
    table = build_table("Long", ("name",), ("value",))
    for _ in range(FROM_ROWS + 1):
        table.add_row("a", "b")
    table.add_row("a" * 100_000, "b")
    console = Console(width=500, highlight=False)
    with console.capture() as captured:
        console.print(table)
    assert len(captured.get()) < 200_000
