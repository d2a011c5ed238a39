"""Paths from model to model as a picture."""

import pandas as pd
import pytest

from sem_toolkit import OptionError
from sem_toolkit.report.coefficient_plot import draw_coefficients, write_coefficients

PATHS = pd.DataFrame(
    [
        ("y ~ x", "", "one", 0.5, 0.1, 0.9),
        ("y ~ x", "", "two", 0.4, float("nan"), float("nan")),
        ("y ~ z", "", "two", -0.2, -0.5, 0.1),
    ],
    columns=["path", "group", "model", "est", "ci.lower", "ci.upper"],
)


def test_marks_and_intervals_stand_where_the_numbers_are():
    axes = draw_coefficients(PATHS).axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["y ~ x", "y ~ z"]
    one, two = axes.containers
    assert (one.get_label(), two.get_label()) == ("one", "two")
    assert list(one[0].get_xdata()) == [0.5]
    assert list(two[0].get_xdata()) == [0.4, -0.2]
    ends = [sorted(point[0] for point in segment) for segment in two[2][0].get_segments()]
    assert ends[0] == pytest.approx([0.4, 0.4])
    assert ends[1] == pytest.approx([-0.5, 0.1])
    assert one[0].get_ydata()[0] < two[0].get_ydata()[0]


def test_r2_stands_below_the_paths_with_the_marks_of_the_models():
    r2 = pd.DataFrame(
        [("y", "a", "one", 0.3), ("y", "a", "two", 0.5), ("w", "", "other", 0.9)],
        columns=["variable", "group", "model", "r2"],
    )
    paths, explained = draw_coefficients(PATHS, r2).axes
    assert len(draw_coefficients(PATHS, r2.iloc[:0]).axes) == 1
    assert [label.get_text() for label in explained.get_yticklabels()] == ["y (a)"]
    assert [list(mark[0].get_xdata()) for mark in explained.containers] == [[0.3], [0.5]]
    assert explained.get_xlim()[1] == 1.0
    assert [mark[0].get_color() for mark in paths.containers] == [mark[0].get_color() for mark in explained.containers]


def test_the_same_paths_give_the_same_file(tmp_path):
    first, second = tmp_path / "a.svg", tmp_path / "b.svg"
    write_coefficients(PATHS, first)
    write_coefficients(PATHS, second)
    assert first.read_bytes() == second.read_bytes()
    assert b"<svg" in first.read_bytes()
    with pytest.raises(OptionError, match=r"cannot be written as 'c\.jpg'"):
        write_coefficients(PATHS, tmp_path / "c.jpg")
