"""Tables wider than their terminal: no line is broken, no cell is lost, and every panel names its rows."""

import re

import pytest
from rich.console import Console

from sem_toolkit.libraries import pd
from sem_toolkit.report.long_tables import FROM_ROWS
from sem_toolkit.report.text_tables import build_frame_table, build_table

NUMBERS = {f"number{place}": [place + 0.125, place + 0.25, place + 0.5] for place in range(9)}
FRAME = pd.DataFrame({"name": ["a", "b", "c"], "kind": ["whole numbers", "text", "numbers"], **NUMBERS})


def show(frame: pd.DataFrame, width: int) -> list[str]:
    console = Console(width=width, highlight=False, markup=False, emoji=False)
    with console.capture() as captured:
        console.print(build_frame_table("Numbers", frame))
    return [line.rstrip() for line in captured.get().splitlines()]


@pytest.mark.parametrize("repeats", [1, FROM_ROWS], ids=["few rows", "many rows"])
@pytest.mark.parametrize("width", [40, 60, 80, 200])
def test_every_cell_is_there_and_no_line_is_too_long(width: int, repeats: int) -> None:
    lines = show(pd.concat([FRAME] * repeats), width)
    assert max(map(len, lines)) <= width
    cells = re.findall(r"\d\.\d{3}", "\n".join(lines))
    assert sorted(cells) == sorted(f"{value:.3f}" for own in NUMBERS.values() for value in own * repeats)
    assert lines.count("Numbers") == 1


def test_every_panel_begins_with_the_names_of_its_rows() -> None:
    lines = show(FRAME, 60)
    heads = [line.split() for line in lines if "name" in line.split()]
    assert len(heads) > 1
    assert [head[:2] for head in heads] == [["name", "kind"]] * len(heads)
    assert [name for head in heads for name in head[2:]] == list(NUMBERS)
    assert sum(line.startswith(" b") for line in lines) == len(heads)


def test_columns_stand_closer_before_they_are_parted() -> None:
    wide = max(map(len, show(FRAME, 500)))
    close = show(FRAME, wide - 5)
    assert sum("name" in line.split() for line in close) == 1
    assert max(map(len, close)) == wide - (len(FRAME.columns) - 1)


def test_text_is_folded_at_words_only() -> None:
    table = build_table("Reasons", ("model",), ("why",))
    reason = "the same degrees of freedom, and one cannot reproduce what the other implies"
    table.add_row("first", reason)
    console = Console(width=50, highlight=False)
    with console.capture() as captured:
        console.print(table)
    lines = [line.split() for line in captured.get().splitlines()]
    words = reason.split()
    assert [word for line in lines for word in line if word in words] == words
