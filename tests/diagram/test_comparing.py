"""Overlays, pictures side by side, and misfit painted on."""

import pandas as pd
import pytest

from sem_toolkit.diagram import DiagramHints, DiagramStyle, Version, draw_diagram, draw_overlay, draw_side_by_side
from sem_toolkit.spec import TableOptions, build_parameter_table, parse_spec
from tests.diagram.drawing import estimate_randomly, read_model
from tests.support import read_case


def build_version(name, text):
    return Version(name, build_parameter_table(parse_spec(text), TableOptions(call="sem")))


def test_an_overlay_marks_what_was_added_dropped_and_changed():
    before = build_version("before", "m ~ x\ny ~ m + x")
    after = build_version("after", "m ~ x\ny ~ 1*m\ny ~ z")
    diagram = draw_overlay(before, after)
    colours = diagram.scene.style.colours
    edges = {edge.key: edge for edge in diagram.scene.edges}
    assert edges["y ~ z"].colour == colours.added
    assert (edges["y ~ x"].colour, edges["y ~ x"].pattern) == (colours.dropped, "dotted")
    assert edges["y ~ m"].colour == colours.changed
    assert edges["y ~ m"].label.text == "free → 1"
    assert edges["m ~ x"].colour == colours.faint
    assert not diagram.hits()


@pytest.mark.slow
def test_small_differences_are_no_change():
    free, equal = (Version(name, *read_model(name)[:2]) for name in ("poldem_sem", "poldem_eqload"))
    strict, lenient = (draw_overlay(free, equal, tolerance=tolerance) for tolerance in (0.001, 0.5))
    changed = strict.scene.style.colours.changed
    assert any(edge.colour == changed for edge in strict.scene.edges)
    assert not any(edge.colour == changed for edge in lenient.scene.edges)


def test_groups_side_by_side_stand_alike():
    table, estimates, _ = read_model("mg_configural")
    diagram = draw_side_by_side(
        [Version("Pasteur", table, estimates, None, 1), Version("Grant", table, estimates, None, 2)]
    )
    boxes = {node.name: node.box for node in diagram.scene.nodes}
    shifts = {round(boxes[f"{name} (2)"].x - boxes[f"{name} (1)"].x, 6) for name in ("visual", "x1", "x9", "speed")}
    assert len(shifts) == 1
    assert not diagram.hits()


def test_groups_fit_the_column_and_share_one_legend():
    """A triangle with indicators is as wide as the column: the second group stands below the first, not beyond it."""
    spec = "A =~ a1 + a2 + a3\nB =~ b1 + b2 + b3\nC =~ c1 + c2 + c3\nB ~ A\nC ~ A + B"
    table = build_parameter_table(parse_spec(spec), TableOptions(call="sem"))
    rows = [{"lhs": row.lhs, "op": row.op, "rhs": row.rhs, "group": 1} for row in table.parameters]
    frame = pd.DataFrame(rows).assign(**{"est": 0.5, "se": 0.1, "pvalue": 0.001, "std.all": 0.5})
    diagram = draw_side_by_side([Version(name, table, frame) for name in ("women", "men")])
    assert not diagram.problems()
    legends = [item.lines[0] for item in diagram.scene.texts if item.key.startswith("legend")]
    assert legends.count("Standardised estimates") == 1


def test_variables_are_aligned_where_a_number_makes_one_picture_wider():
    """The arc's number is longer in one group, and only one has an arc above."""
    table = build_parameter_table(parse_spec("c ~ a + b\nd ~ c + a\na ~~ b"), TableOptions(call="sem"))
    rows = [{"lhs": row.lhs, "op": row.op, "rhs": row.rhs, "group": 1} for row in table.parameters]
    frame = pd.DataFrame(rows).assign(**{"est": 0.5, "se": 0.1, "pvalue": 0.001, "std.all": 0.5})
    wider = frame.assign(**{"std.all": -0.5})
    for style in (DiagramStyle(), DiagramStyle(column="free")):
        scene = draw_side_by_side([Version("women", table, frame), Version("men", table, wider)], style).scene
        boxes = {node.name: node.box for node in scene.nodes}
        (dx, dy), *others = {
            (round(boxes[f"{n} (2)"].x - boxes[f"{n} (1)"].x, 6), round(boxes[f"{n} (2)"].y - boxes[f"{n} (1)"].y, 6))
            for n in "abcd"
        }
        assert not others
        assert dx == 0.0 or dy == 0.0
    assert style.column == "free"
    assert dy == 0.0


def test_pictures_in_a_narrow_column_have_one_size_of_type():
    """The common layout needs smaller type there; the longer number of one picture is no reason for the others'."""
    table = build_parameter_table(parse_spec("c ~ a + b\nd ~ c + a\na ~~ b"), TableOptions(call="sem"))
    rows = [{"lhs": row.lhs, "op": row.op, "rhs": row.rhs, "group": 1} for row in table.parameters]
    frame = pd.DataFrame(rows).assign(**{"est": 0.5, "se": 0.1, "pvalue": 0.001, "std.all": 0.5})
    r2 = {"c": 0.27, "d": 0.13}
    versions = [
        Version(f"{k}", table, frame.assign(**{"std.all": value}), r2) for k, value in enumerate((0.5, -0.5, 0.5))
    ]
    picture = draw_side_by_side(versions, DiagramStyle(column="single"))
    assert not picture.problems()
    assert {node.font_size for node in picture.scene.nodes} == {7.0}


def test_an_indicator_that_another_version_explains_has_its_place_in_both():
    """t4 is an indicator in the first model, and has paths and an R² in the second one."""
    common = "g =~ v1 + v2 + v3 + v4\nf ~ g\n"
    specs = (f"{common}f =~ t1 + t2 + t3 + t4", f"{common}f =~ t1 + t2 + t3\nt1 ~~ v1\nt4 ~ f + g")
    tables = [build_parameter_table(parse_spec(spec), TableOptions(call="sem")) for spec in specs]
    first, second = (
        Version(name, table, estimate_randomly(table), r2)
        for name, table, r2 in zip("ab", tables, ({"f": 0.4, "t4": 0.5}, {"f": 0.3, "t4": 0.6}), strict=True)
    )
    assert not draw_side_by_side([first, second]).hits()


def test_stages_stand_in_every_picture():
    table = build_parameter_table(parse_spec("B ~ A\nC ~ B"), TableOptions(call="sem"))
    hints = DiagramHints(stages={"First": ("A",), "Later": ("B", "C")})
    picture = draw_side_by_side([Version(name, table) for name in ("women", "men")], hints=hints)
    assert [band.title for band in picture.scene.bands] == ["First", "Later"] * 2
    assert not picture.problems()
    assert not picture.messages


def test_what_was_added_is_told_from_what_changed_without_colours_too():
    scenes = []
    for spec in ("y ~ x", "y ~ x + z"):
        table = build_parameter_table(parse_spec(spec), TableOptions(call="sem"))
        rows = [{"lhs": row.lhs, "op": row.op, "rhs": row.rhs, "group": 1} for row in table.parameters]
        scenes.append(
            (
                table,
                pd.DataFrame(rows).assign(
                    **{"est": len(spec) / 10, "se": 0.1, "pvalue": 0.001, "std.all": len(spec) / 10}
                ),
            )
        )
    before, after = (Version(name, *found) for name, found in zip(("a", "b"), scenes, strict=True))
    scene = draw_overlay(before, after, DiagramStyle(theme="print")).scene
    lines = {edge.key: edge for edge in scene.edges}
    assert lines["y ~ x"].colour == lines["y ~ z"].colour
    assert lines["y ~ z"].width > 1.5 * lines["y ~ x"].width
    assert max(sample.width for sample in scene.samples) == lines["y ~ z"].width


def test_the_largest_modification_indices_become_candidates():
    table, estimates, r2 = read_model("hs_cfa_marker")
    indices = pd.DataFrame(read_case("hs_cfa_marker")["modification_indices"])
    diagram = draw_diagram(table, estimates, r2=r2, modification_indices=indices)
    candidates = {edge.key: edge for edge in diagram.scene.edges if edge.key.startswith("candidate")}
    assert len(candidates) == 5
    assert candidates["candidate visual =~ x9"].pattern == "dotted"
    assert candidates["candidate visual =~ x9"].label.text == "MI 36.4"
    plain = {node.name: node.box.x for node in draw_diagram(table, estimates, r2=r2).scene.nodes}
    assert {node.name for node in diagram.scene.nodes} == set(plain)


def test_residual_correlations_become_candidates():
    table, estimates, _ = read_model("hs_cfa_marker")
    frame = pd.DataFrame(0.0, index=["x1", "x7", "x9"], columns=["x1", "x7", "x9"])
    frame.loc["x9", "x1"] = frame.loc["x1", "x9"] = 0.247
    diagram = draw_diagram(table, estimates, residuals=frame)
    labels = [edge.label.text for edge in diagram.scene.edges if edge.key.startswith("candidate")]
    assert labels == ["r .25"]


@pytest.mark.parametrize("count", [1, 3])
def test_any_number_of_versions(count):
    versions = [build_version(f"v{k}", "m ~ x\ny ~ m" + "\ny ~ x" * (k % 2)) for k in range(count)]
    assert not draw_side_by_side(versions).hits()


def test_versions_without_a_common_core_have_places_of_their_own():
    """The levels of a two-level model share their indicators only: a common layout would tear these apart."""
    within = build_version("within", "fw =~ a1 + a2 + a3\ngw =~ b1 + b2 + b3\ngw ~ fw + x")
    between = build_version("between", "fb =~ a1 + a2 + a3\ngb =~ b1 + b2 + b3\ngb ~ fb + w")
    diagram = draw_side_by_side([within, between])
    assert not diagram.hits()
    places = {node.name: node.box for node in diagram.scene.nodes}
    for level, factor in ((1, "fw"), (2, "fb")):
        items = [places[f"a{k} ({level})"] for k in (1, 2, 3)]
        assert len({item.x for item in items}) == 1
        assert items[1].y == places[f"{factor} ({level})"].y


def test_groups_of_a_figure_are_led_as_the_figure_is():
    """Loadings arrive side by side, though the places come from the picture of all groups."""
    text = "A =~ x + y\nC =~ x + y\nA ~~ 0*C"
    diagram = draw_side_by_side([build_version("one", text), build_version("two", text)])
    alone = {edge.key: edge.curve[-1] for edge in draw_diagram(build_version("one", text).table).scene.edges}
    first = {edge.key.removesuffix(" (1)"): edge.curve[-1] for edge in diagram.scene.edges if edge.key.endswith("(1)")}
    gap, alone_gap = (ends["A =~ x"][0] - ends["C =~ x"][0] for ends in (first, alone))
    assert gap == pytest.approx(alone_gap)
    assert abs(gap) > 1
