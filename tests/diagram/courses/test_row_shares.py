"""Numbers of growth factors' loadings: all of a row at one height, where no other path runs under them."""

import numpy as np

from sem_toolkit.diagram.courses.row_shares import SHARES, choose_shares
from sem_toolkit.diagram.geometry.curves import build_line
from tests.diagram.drawing import draw_text

LINES = {"a": ((0, 0), (0, 100)), "b": ((90, 0), (6, 100))}


def choose(lines):
    curves = {key: build_line(np.array(tail, float), np.array(head, float)) for key, (tail, head) in lines.items()}
    return choose_shares(curves, dict.fromkeys(lines, 6.0), 9.0, {key: lines[key][1][1] for key in lines})


def test_where_all_are_free_they_stand_near_the_measures():
    assert choose({"a": ((0, 0), (0, 100)), "b": ((50, 0), (50, 100))}) == dict.fromkeys("ab", SHARES[0])


def test_the_numbers_of_a_row_move_together():
    shares = choose({"a": ((0, 0), (0, 100)), "b": ((26, 0), (1, 100)), "c": ((0, 300), (0, 200))})
    assert shares["a"] == shares["b"] < SHARES[0] == shares["c"]


def test_the_loadings_of_each_process_stand_in_one_row():
    text = "\n".join(
        f"{kind}{v} =~ " + " + ".join(f"{(t - 1) ** power}*{v}{t}" for t in range(1, 6))
        for v in "ab"
        for power, kind in enumerate("isq")
    )
    labels = {edge.key: edge.label.box.y for edge in draw_text(text).scene.edges if edge.role == "loading"}
    for v in "ab":
        heights = [y for key, y in labels.items() if key.endswith(tuple(f"{v}{t}" for t in range(1, 6)))]
        assert np.ptp(heights) < 4
