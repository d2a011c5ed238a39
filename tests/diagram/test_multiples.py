"""Rivals as small multiples: what is added and dropped in each, and that variables keep their places."""

import pytest

from sem_toolkit.diagram import Version, draw_small_multiples
from sem_toolkit.spec import build_parameter_table, parse_spec

BASE = "a =~ x1 + x2 + x3\nb =~ x4 + x5 + x6\n"


def build(name, text):
    return Version(name, build_parameter_table(parse_spec(text)))


@pytest.fixture(scope="module")
def picture():
    rivals = [
        build("cross", BASE + "a =~ x4\n"),
        build("apart", BASE + "a ~~ 0*b\n"),
        build("higher", BASE + "g =~ a + b\n"),
    ]
    return draw_small_multiples(build("given", BASE), rivals)


def list_colours(picture, number):
    colours = picture.scene.style.colours
    names = {colours.added: "added", colours.dropped: "dropped", colours.faint: "as before"}
    edges = [edge for edge in picture.scene.edges if edge.key.endswith(f" ({number})")]
    return {edge.key.rpartition(" (")[0]: names.get(edge.colour, "plain") for edge in edges}


def test_each_rival_shows_what_it_changes(picture):
    assert set(list_colours(picture, 1).values()) == {"plain"}
    cross = list_colours(picture, 2)
    assert {key for key, kind in cross.items() if kind == "added"} == {"a =~ x4"}
    assert {kind for key, kind in cross.items() if key != "a =~ x4"} == {"as before"}
    assert {key for key, kind in list_colours(picture, 3).items() if kind == "dropped"} == {"a ~~ b"}
    higher = list_colours(picture, 4)
    assert {key for key, kind in higher.items() if kind == "added"} >= {"g =~ a", "g =~ b"}
    assert higher["a ~~ b"] == "dropped"


def test_variables_keep_their_places(picture):
    """Within each picture the variables of the given model stand as they stand in it."""
    boxes = {node.name: node.box for node in picture.scene.nodes}
    for number in (2, 3, 4):
        moved = [
            (
                boxes[f"{name} ({number})"].x - boxes[f"{name} (1)"].x,
                boxes[f"{name} ({number})"].y - boxes[f"{name} (1)"].y,
            )
            for name in ("a", "b", "x1", "x4", "x6")
        ]
        assert all(shift == pytest.approx(moved[0], abs=0.01) for shift in moved)


def test_the_names_stand_over_them_and_one_legend_below(picture):
    texts = [line for item in picture.scene.texts for line in item.lines]
    assert [text for text in texts if text in {"given", "cross", "apart", "higher"}] == [
        "given",
        "cross",
        "apart",
        "higher",
    ]
    assert texts.count("added") == texts.count("dropped") == 1
    assert picture.scene.width <= picture.scene.style.column_width + 20
