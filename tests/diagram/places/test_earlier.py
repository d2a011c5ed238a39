"""An earlier picture: read from its SVG, and kept when a path is added."""

import numpy as np
import pytest

from sem_toolkit.diagnostics import DataError
from sem_toolkit.diagram import DiagramStyle, Layout, draw_diagram, read_earlier
from sem_toolkit.spec import TableOptions, build_parameter_table, parse_spec
from tests.diagram.drawing import draw_case

MEDIATION = "f =~ x1 + x2 + x3\ng =~ y1 + y2 + y3\nh =~ z1 + z2 + z3\ng ~ f\nh ~ g + f"


def _draw(text, **options):
    return draw_diagram(build_parameter_table(parse_spec(text), TableOptions(call="sem")), **options)


def _find_moves(before, after):
    """How far each variable of both pictures has moved beside the others, in points."""
    places = [{node.name: (node.box.x, node.box.y) for node in picture.scene.nodes} for picture in (before, after)]
    both = [name for name in places[0] if name in places[1]]
    steps = np.array([np.subtract(places[1][name], places[0][name]) for name in both])
    return np.hypot(*(steps - np.median(steps, axis=0)).T)


@pytest.mark.parametrize("added", ["x1 ~~ y1", "z1 ~~ z2", "h ~ w"])
def test_a_path_more_moves_nothing(added):
    before = _draw(MEDIATION)
    after = _draw(f"{MEDIATION}\n{added}", earlier=before.layout())
    assert not after.hits()
    assert _find_moves(before, after).max() < 5


def test_a_path_less_and_a_variable_less_move_nothing():
    before = _draw(MEDIATION)
    after = _draw(MEDIATION.replace(" + z3", ""), earlier=before.layout())
    assert _find_moves(before, after).max() < 0.01


def test_places_that_do_not_do_are_given_up():
    layout = Layout(dict.fromkeys(("f", "g", "h", "x1", "x2", "x3"), (10.0, 10.0)))
    assert not _draw(MEDIATION, earlier=layout).hits()


def test_places_are_read_from_the_svg(tmp_path):
    picture = draw_case("composite", intercepts=True)
    path = picture.write(tmp_path / "a.svg")
    read = read_earlier(path).positions
    for name, place in picture.layout().positions.items():
        assert read[name] == pytest.approx(place, abs=0.02)


@pytest.mark.parametrize(
    ("content", "part"), [(b"<svg", "is no SVG"), (b"<svg/>", "holds no variables"), (None, "there is no picture")]
)
def test_what_is_no_picture_of_ours_is_named(tmp_path, content, part):
    path = tmp_path / "a.svg"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DataError, match=part):
        read_earlier(path)


def test_shapes_without_numbers_are_passed_over(tmp_path):
    path = tmp_path / "a.svg"
    path.write_text(
        '<svg xmlns="http://www.w3.org/2000/svg"><g data-variable="x"><rect x="a"/></g></svg>', encoding="utf-8"
    )
    with pytest.raises(DataError, match="holds no variables"):
        read_earlier(path)


def test_the_style_may_change():
    before = _draw(MEDIATION)
    after = _draw(MEDIATION, style=DiagramStyle(theme="grey"), earlier=before.layout())
    assert _find_moves(before, after).max() < 0.01
