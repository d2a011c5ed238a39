"""Figures of the field: recognised in models as they are published, and drawn as their textbooks draw them."""

from itertools import combinations

import pytest

from sem_toolkit.diagram import DiagramStyle, draw_diagram
from sem_toolkit.diagram.content.graph import build_path_graph
from sem_toolkit.diagram.content.structure import build_structure
from sem_toolkit.diagram.figures.names import find_families
from sem_toolkit.diagram.figures.recognition import recognise_figure
from sem_toolkit.diagram.geometry.curves import is_straight
from sem_toolkit.spec import TableOptions, build_parameter_table, parse_spec
from tests.diagram.drawing import draw_text

GROWTH = "i =~ 1*t1 + 1*t2 + 1*t3 + 1*t4\ns =~ 0*t1 + 1*t2 + 2*t3 + 3*t4"
APIM = "sat_w ~ neu_w + neu_h\nsat_h ~ neu_h + neu_w\nneu_w ~~ neu_h\nsat_w ~~ sat_h"
INTERCEPTS = "\n".join(
    [f"RI{v} =~ 1*{v}1 + 1*{v}2 + 1*{v}3" for v in "xy"]
    + [f"w{v}{t} =~ 1*{v}{t}\n{v}{t} ~~ 0*{v}{t}" for v in "xy" for t in (1, 2, 3)]
    + [f"w{v}{t} ~ wx{t - 1} + wy{t - 1}" for v in "xy" for t in (2, 3)]
    + ["wx1 ~~ wy1\nwx2 ~~ wy2\nwx3 ~~ wy3\nRIx ~~ RIy"]
)
TWINS = "\n".join(f"{f}{t} =~ bmi{t}" for t in (1, 2) for f in "ACE") + "\nA1 ~~ A2\nC1 ~~ C2\n"
TWINS += "\n".join(
    f"{a} ~~ 0*{b}"
    for k, a in enumerate(("A1", "C1", "E1", "A2", "C2", "E2"))
    for b in ("A1", "C1", "E1", "A2", "C2", "E2")[k + 1 :]
    if (a, b) not in (("A1", "A2"), ("C1", "C2"))
)
WAVES = "\n".join(f"W{t} =~ a{t} + b{t} + c{t}" for t in (1, 2, 3)) + "\n"
WAVES += "\n".join(f"{v}{s} ~~ {v}{t}" for v in "abc" for s, t in ((1, 2), (2, 3)))
CHANGE = "\n".join(
    ["X1 =~ 1*x1"]
    + [f"X{t} =~ 1*x{t}\nX{t} ~ 1*X{t - 1}\nd{t} =~ 1*X{t}\nX{t} ~~ 0*X{t}\nd{t} ~ X{t - 1}" for t in (2, 3, 4)]
    + ["g =~ 1*d2 + 1*d3 + 1*d4\ng ~~ X1"]
)
TWO_CHANGES = "\n".join(
    [f"{v}{t} =~ 1*{v.lower()}{t}\n{v.lower()}{t} ~~ 0*{v.lower()}{t}" for v in "XY" for t in (1, 2)]
    + [f"{v}2 ~ 1*{v}1\nd{v} =~ 1*{v}2\n{v}2 ~~ 0*{v}2\nd{v} ~ X1 + Y1" for v in "XY"]
    + ["X1 ~~ Y1\ndX ~~ dY"]
)
TWO_SIDES = "G =~ " + " + ".join(f"y{k}" for k in range(1, 10)) + "\n"
TWO_SIDES += "\n".join(f"S{s} =~ y{3 * s - 2} + y{3 * s - 1} + y{3 * s}" for s in (1, 2, 3))


def build_table(text, **options):
    return build_parameter_table(parse_spec(text), TableOptions(**({"call": "sem"} | options)))


def find_structure(text, **options):
    return build_structure(build_path_graph(build_table(text, **options)))


def find_boxes(text, call="sem", **options):
    diagram = draw_diagram(build_table(text, call=call, **options), style=DiagramStyle())
    assert not diagram.hits()
    return {node.name: node.box for node in diagram.scene.nodes}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("m ~ x\ny ~ m + x", "mediation"),
        ("a ~ x\nb ~ x + a\ny ~ a + b + x", "mediation"),
        ("m ~ x + age\ny ~ m + x + age", "mediation"),
        ("f =~ a + b + c\nm ~ f + age + sex\ny ~ m + f + age + sex", "mediation"),
        ("m ~ x + z\ny ~ m + x", None),
        (APIM, "panel"),
        ("x2 ~ x1 + y1 + age\ny2 ~ y1 + x1 + age\nx3 ~ x2 + y2 + age\ny3 ~ y2 + x2", "panel"),
        (TWO_CHANGES, "latent change"),
        ("x2 ~ x1 + y1\ny2 ~ y1 + x1\nx3 ~ x2 + y2\ny3 ~ y2 + x2", "panel"),
        (INTERCEPTS, "random intercepts"),
        (GROWTH, "growth"),
        (TWINS, "components"),
        (WAVES, "waves"),
        ("y ~ a + b", None),
        ("f =~ a + b + c\ng =~ d + e + f1\ng ~ f", None),
    ],
)
def test_published_kinds_of_models_are_recognised(text, name):
    figure = recognise_figure(find_structure(text))
    assert (figure and figure.name) == name


def test_the_mediator_stands_above_the_middle_of_a_level_direct_path():
    boxes = find_boxes("m ~ x\ny ~ m + x")
    assert boxes["x"].y == pytest.approx(boxes["y"].y)
    assert boxes["m"].bottom < boxes["x"].top
    assert boxes["m"].x == pytest.approx((boxes["x"].x + boxes["y"].x) / 2)


def test_waves_are_columns_and_variables_are_rows():
    boxes = find_boxes("x2 ~ x1 + y1\ny2 ~ x1 + y1\nx3 ~ x2 + y2\ny3 ~ x2 + y2\nx1 ~~ y1\nx2 ~~ y2\nx3 ~~ y3")
    for variable in "xy":
        assert len({round(boxes[f"{variable}{t}"].y, 6) for t in (1, 2, 3)}) == 1
    for wave in "123":
        assert boxes[f"x{wave}"].x == pytest.approx(boxes[f"y{wave}"].x)
    assert boxes["x2"].x - boxes["x1"].x == pytest.approx(boxes["x3"].x - boxes["x2"].x)


def test_actors_and_partners_keep_their_rows():
    boxes = find_boxes(APIM)
    assert boxes["neu_w"].y == pytest.approx(boxes["sat_w"].y)
    assert boxes["neu_h"].y == pytest.approx(boxes["sat_h"].y)


def test_random_intercepts_stand_outside_and_mirror_each_other():
    boxes = find_boxes(INTERCEPTS)
    order = [boxes[name].y for name in ("RIx", "x2", "wx2", "wy2", "y2", "RIy")]
    assert order == sorted(order)
    middle = (boxes["RIx"].y + boxes["RIy"].y) / 2
    for one, other in (("x1", "y1"), ("wx3", "wy3"), ("RIx", "RIy")):
        assert middle - boxes[one].y == pytest.approx(boxes[other].y - middle)


def test_growth_factors_stand_above_their_occasions_and_covariates_around_them():
    boxes = find_boxes(GROWTH + "\ni ~ x1 + x2\ns ~ x1 + x2\nt1 ~ c1\nt2 ~ c2\nt3 ~ c3\nt4 ~ c4", call="growth")
    rows = [{round(boxes[name].y, 6) for name in names} for names in
            (("x1", "x2"), ("i", "s"), ("t1", "t2", "t3", "t4"), ("c1", "c2", "c3", "c4"))]  # fmt: skip
    assert all(len(row) == 1 for row in rows)
    heights = [row.pop() for row in rows]
    assert heights == sorted(heights)


def test_fixed_loadings_of_growth_factors_show_what_they_are_fixed_to():
    diagram = draw_diagram(build_table(GROWTH, call="growth"))
    texts = {edge.key: edge.label.text for edge in diagram.scene.edges if edge.role == "loading"}
    assert texts["s =~ t4"] == "3"
    assert texts["i =~ t4"] == "1"


def test_twins_mirror_each_other():
    boxes = find_boxes(TWINS, std_lv=True)
    assert [name for _, name in sorted((boxes[f"{f}{t}"].x, f"{f}{t}") for f in "ACE" for t in "12")] == [
        "E1", "C1", "A1", "A2", "C2", "E2",
    ]  # fmt: skip
    assert boxes["A1"].bottom < boxes["bmi1"].top


def test_components_stand_in_the_order_of_what_they_load_on():
    """Cholesky decomposition of two phenotypes into two components each, of both twins."""
    twins = [f"{c}1{t} =~ NA*h{t} + w{t}\n{c}2{t} =~ NA*w{t}" for t in "xy" for c in "AE"]
    names = [f"{c}{k}{t}" for t in "xy" for c in "AE" for k in "12"]
    free = {("A1x", "A1y"), ("A2x", "A2y")}
    pairs = [(a, b) for k, a in enumerate(names) for b in names[k + 1 :]]
    twins += [f"{a} ~~ {'0.5' if (a, b) in free else '0'}*{b}" for a, b in pairs]
    boxes = find_boxes("\n".join(twins))
    assert sorted(names, key=lambda name: boxes[name].x) == [
        "E2x", "A2x", "E1x", "A1x", "A1y", "E1y", "A2y", "E2y",
    ]  # fmt: skip


def test_twins_of_a_latent_phenotype_mirror_each_other_with_its_measures_below():
    common = TWINS.replace("bmi", "L") + "\nL1 =~ anx1 + dep1 + str1\nL2 =~ anx2 + dep2 + str2"
    boxes = find_boxes(common, std_lv=True)
    middle = (boxes["L1"].x + boxes["L2"].x) / 2
    for factor in "ACEL":
        assert boxes[f"{factor}1"].x - middle == pytest.approx(middle - boxes[f"{factor}2"].x)
        assert boxes[f"{factor}1"].y == pytest.approx(boxes[f"{factor}2"].y)
    assert boxes["C1"].x == pytest.approx(boxes["L1"].x) == pytest.approx(boxes["dep1"].x)
    assert boxes["A1"].bottom < boxes["L1"].top < boxes["L1"].bottom < boxes["anx1"].top


def test_components_too_wide_for_the_page_stand_beside_their_measures_twins_below_each_other():
    lines = []
    for twin in (1, 2):
        measures = [f"{item}{twin}" for item in ("anx", "dep", "str", "irr", "som")]
        lines += [f"{f}{twin} =~ " + " + ".join(measures) for f in "ACE"]
        lines += [f"{f}{item} =~ {item}" for item in measures for f in "AE"]
    factors = [line.split(" =~ ")[0] for line in lines]
    correlated = [f"{f} ~~ {f[:-1]}2" for f in factors if f[-1] == "1" and f[0] in "AC"]
    boxes = find_boxes("\n".join(lines + correlated), std_lv=True, orthogonal=True)
    middle = (boxes["C1"].y + boxes["C2"].y) / 2
    for name in [name for name in boxes if name.endswith("1")]:
        assert boxes[name].y - middle == pytest.approx(middle - boxes[f"{name[:-1]}2"].y)
    assert boxes["C1"].right < boxes["dep1"].left < boxes["dep1"].right < boxes["Adep1"].left
    assert boxes["dep1"].y == pytest.approx((boxes["Adep1"].y + boxes["Edep1"].y) / 2)


def test_covariances_over_time_run_in_tracks_below_the_indicators():
    diagram = draw_diagram(build_table(WAVES, call="cfa"))
    lowest = max(node.box.bottom for node in diagram.scene.nodes)
    tracks = [edge for edge in diagram.scene.edges if edge.key in ("a1 ~~ a2", "b1 ~~ b2", "c1 ~~ c2")]
    depths = {round(float(edge.curve[:, 1].max()), 3) for edge in tracks}
    assert len(depths) == 3
    assert min(depths) > lowest


@pytest.mark.parametrize("variances", ["ram", "lisrel"])
def test_variances_stand_between_the_ends_of_tracks(variances):
    diagram = draw_text(WAVES, variances=variances)
    boxes = {node.name: node.box for node in diagram.scene.nodes}
    assert not diagram.hits()
    for edge in diagram.scene.edges:
        if edge.role == "variance" and edge.source in ("a1", "b1", "c1", "a2", "b2", "c2"):
            assert edge.label is not None
            assert edge.label.box.x == pytest.approx(boxes[edge.source].x)
            assert edge.label.box.top > boxes[edge.source].bottom


def test_waves_too_wide_for_their_column_stay_waves_with_nothing_hit():
    text = "\n".join(f"W{t} =~ " + " + ".join(f"y{k}{t}" for k in range(1, 7)) for t in (1, 2, 3)) + "\n"
    text += "\n".join(f"y{k}{s} ~~ y{k}{t}" for k in range(1, 7) for s, t in ((1, 2), (2, 3), (1, 3)))
    diagram = draw_text(text, values="both", variances="ram", significance="none")
    boxes = {node.name: node.box for node in diagram.scene.nodes}
    assert not diagram.hits()
    assert boxes["W1"].y == boxes["W3"].y < boxes["y11"].y == boxes["y63"].y


def test_fixed_loadings_of_three_growth_factors_have_their_numbers_near_the_occasions():
    loads = {"i": [1] * 6, "s1": [0, 1, 2, 2, 2, 2], "s2": [0, 0, 0, 1, 2, 3]}
    text = "\n".join(f"{f} =~ " + " + ".join(f"{v}*y{t}" for t, v in enumerate(loads[f])) for f in loads)
    diagram = draw_text(text, values="raw")
    boxes = {node.name: node.box for node in diagram.scene.nodes}
    assert not diagram.hits()
    for edge in diagram.scene.edges:
        if edge.role == "loading" and edge.label is not None:
            item, factor = boxes[edge.target], boxes[edge.source]
            assert edge.label.box.y > factor.y + (item.y - factor.y) * 0.55


def test_a_trait_stands_above_states_whose_measures_covary():
    text = "\n".join(f"O{t} =~ a{t} + b{t}" for t in (1, 2, 3)) + "\nT =~ O1 + O2 + O3\n"
    boxes = find_boxes(text + "a1 ~~ a2 + a3\na2 ~~ a3")
    assert boxes["T"].x == pytest.approx(boxes["O2"].x)
    assert boxes["T"].bottom < boxes["O1"].top < boxes["O1"].bottom < boxes["a1"].top
    assert boxes["a1"].y == boxes["b3"].y


@pytest.mark.parametrize("more", ["", "\nS1 =~ y4", "\nz ~ G + S1 + S2 + S3"])
def test_one_cross_loading_or_outcome_does_not_destroy_two_sides(more):
    boxes = find_boxes(TWO_SIDES + more, orthogonal=True, std_lv=True)
    assert boxes["G"].right < min(boxes[f"y{k}"].left for k in range(1, 10))
    assert max(boxes[f"y{k}"].right for k in range(1, 10)) < min(boxes[f"S{k}"].left for k in (1, 2, 3))


def test_the_trait_stands_beyond_its_states():
    text = "\n".join(f"O{t} =~ a{t} + b{t}" for t in (1, 2, 3)) + "\nT =~ O1 + O2 + O3\nM =~ b1 + b2 + b3\nM ~~ 0*T"
    boxes = find_boxes(text)
    assert boxes["T"].right < boxes["O2"].left < boxes["a2"].left < boxes["M"].left


@pytest.mark.parametrize("settings", [{"values": "raw", "significance": "interval"}, {"values": "both"}])
def test_wide_numbers_of_a_fan_stand_on_level_pieces(settings):
    table = build_table(TWO_SIDES, orthogonal=True, std_lv=True, call="cfa")
    frame = table.to_frame()[["lhs", "op", "rhs", "group"]]
    values = {"est": 0.52, "std.all": 0.48, "se": 0.05, "pvalue": 1e-4, "ci.lower": 0.42, "ci.upper": 0.62}
    diagram = draw_diagram(table, frame.assign(**values), DiagramStyle(**settings))
    assert not diagram.hits()
    labels = [edge.label.box for edge in diagram.scene.edges if edge.role == "loading" and edge.source == "G"]
    assert len({round(box.right, 1) for box in labels}) == 1


def test_families_are_read_from_names_only_where_they_are_whole():
    assert find_families(["x1", "y1", "x2", "y2"]) == {"x#": ["x1", "x2"], "y#": ["y1", "y2"]}
    assert find_families(["t1_mood", "t2_mood", "t1_sleep", "t2_sleep"])["t#_mood"] == ["t1_mood", "t2_mood"]
    assert find_families(["x1", "y1", "x2"]) == {}
    assert find_families(["x", "y1"]) == {}


def test_changes_stand_above_the_scores_they_lead_to():
    boxes = find_boxes(CHANGE)
    for t in (2, 3, 4):
        assert boxes[f"d{t}"].x == pytest.approx(boxes[f"X{t}"].x)
        assert boxes["g"].bottom < boxes[f"d{t}"].top < boxes[f"X{t}"].top < boxes[f"x{t}"].top
        assert boxes[f"X{t - 1}"].right < boxes[f"X{t}"].left
        assert boxes[f"X{t}"].y == pytest.approx(boxes["X1"].y)


def test_changes_between_two_occasions_and_what_predicts_them():
    boxes = find_boxes("X1 =~ 1*x1\nX2 =~ 1*x2\nX2 ~ 1*X1\nd =~ 1*X2\nX2 ~~ 0*X2\nd ~ X1 + sex\nout ~ d")
    assert boxes["d"].x == pytest.approx(boxes["X2"].x)
    assert boxes["sex"].right < boxes["X1"].left < boxes["X2"].left < boxes["out"].left


def test_a_second_order_factor_of_one_factor_is_no_change():
    assert recognise_figure(find_structure("f =~ a + b + c\nh =~ d + e + k\ng =~ 1*h\ng ~ f")) is None


def test_dimensions_of_a_cause_of_higher_order_look_away_from_its_effects():
    items = {"T": "t", "R": "r", "S": "s", "L": "l"}
    lines = [f"{name} =~ " + " + ".join(f"{stem}{k}" for k in (1, 2, 3)) for name, stem in items.items()]
    text = "\n".join([*lines, "Quality =~ T + R", "S ~ Quality", "L ~ S + Quality"])
    ranks = build_structure(build_path_graph(build_table(text))).ranks
    assert ranks == {"T": 0, "R": 0, "Quality": 1, "S": 2, "L": 3}


def draw_straight(text, call="sem"):
    """Boxes of a picture without hits in which every structural path is straight, and the picture."""
    diagram = draw_diagram(build_table(text, call=call), style=DiagramStyle())
    assert not diagram.hits()
    paths = [edge for edge in diagram.scene.edges if edge.role == "regression"]
    assert paths
    assert [edge.key for edge in paths if not is_straight(edge.curve)] == []
    return {node.name: node.box for node in diagram.scene.nodes}, diagram


def build_intercepts(waves, *more, variables="xy"):
    lines = [f"RI{v} =~ " + " + ".join(f"1*{v}{t}" for t in range(1, waves + 1)) for v in variables]
    lines += [f"w{v}{t} =~ 1*{v}{t}\n{v}{t} ~~ 0*{v}{t}" for v in variables for t in range(1, waves + 1)]
    lines += [
        f"w{v}{t} ~ " + " + ".join(f"w{u}{t - 1}" for u in variables) for v in variables for t in range(2, waves + 1)
    ]
    pairs = list(combinations(variables, 2))
    lines += [f"w{u}{t} ~~ w{v}{t}" for t in range(1, waves + 1) for u, v in pairs]
    return "\n".join([*lines, *(f"RI{u} ~~ RI{v}" for u, v in pairs), *more])


@pytest.mark.parametrize("waves", [3, 4])
def test_three_variables_with_random_intercepts_have_a_row_each_and_every_path_is_straight(waves):
    diagram = draw_diagram(build_table(build_intercepts(waves, variables="xyz")))
    boxes = {node.name: node.box for node in diagram.scene.nodes}
    for row in (("wx", "wx"), ("wy", "wy"), ("wz", "wz"), ("x", "y")):
        assert len({round(boxes[f"{name}{t}"].y, 3) for name in row for t in range(1, waves + 1)}) == 1
    order = [boxes[name].y for name in ("RIx", "x2", "wx2", "wy2", "wz2", "z2", "RIz")]
    assert order == sorted(order)
    assert all(is_straight(edge.curve) for edge in diagram.scene.edges if edge.role in ("regression", "loading"))
    assert not diagram.hits()
    assert diagram.scene.width <= diagram.scene.style.column_width + 0.5


@pytest.mark.parametrize("waves", [3, 4])
@pytest.mark.parametrize("causes", [("sex",), ("sex", "age")])
def test_causes_of_random_intercepts_reach_them_in_straight_lines_from_the_left(waves, causes):
    right = " + ".join(causes)
    boxes, _ = draw_straight(build_intercepts(waves, f"RIx ~ {right}", f"RIy ~ {right}"))
    assert max(boxes[name].right for name in causes) < boxes["wx1"].left
    middle = (boxes["RIx"].y + boxes["RIy"].y) / 2
    assert sum(boxes[name].y for name in causes) / len(causes) == pytest.approx(middle)


def test_an_outcome_of_random_intercepts_is_reached_in_straight_lines_at_the_right():
    boxes, _ = draw_straight(build_intercepts(3, "out ~ RIx + RIy", "out ~~ 0*wx3 + 0*wy3"))
    assert boxes["out"].left > boxes["wx3"].right
    assert boxes["out"].y == pytest.approx((boxes["RIx"].y + boxes["RIy"].y) / 2)


def test_causes_of_two_growing_measures_stand_between_them():
    lines = [f"i{v} =~ 1*{v}1 + 1*{v}2 + 1*{v}3\ns{v} =~ 0*{v}1 + 1*{v}2 + 2*{v}3" for v in "ab"]
    lines += [f"{f}{v} ~ sex + age" for v in "ab" for f in "is"]
    boxes, diagram = draw_straight("\n".join([*lines, "ia ~~ sa + ib + sb", "ib ~~ sb", "sa ~~ sb + ib"]), "growth")
    assert boxes["sex"].y == pytest.approx(boxes["age"].y)
    assert boxes["ia"].bottom < boxes["sex"].top < boxes["sex"].bottom < boxes["ib"].top
    across = [edge for edge in diagram.scene.edges if edge.key in ("ia ~~ sb", "sa ~~ ib")]
    assert all(is_straight(edge.curve) for edge in across)
    assert len(across) == 2


def test_rows_of_a_panel_of_three_variables_leave_room_for_the_paths_that_cross():
    def find_gap(names):
        text = "\n".join(f"{v}2 ~ " + " + ".join(f"{w}1" for w in names) for v in names)
        boxes = find_boxes(text)
        return boxes[f"{names[1]}1"].top - boxes[f"{names[0]}1"].bottom

    assert find_gap("xyz") > 1.5 * find_gap("xy")


@pytest.mark.parametrize("product", ["demands_x_autonomy", "demands.autonomy", "DemandsAutonomy"])
def test_cause_moderator_and_product_stand_below_each_other(product):
    boxes, _ = draw_straight(f"m ~ demands + autonomy + {product}\ny ~ m + demands + autonomy + {product}")
    causes = [boxes[name] for name in ("demands", "autonomy", product)]
    assert len({round(box.x, 6) for box in causes}) == 1
    assert boxes["autonomy"].y == pytest.approx(boxes["y"].y)
    assert causes[0].right < boxes["m"].left < boxes["m"].right < boxes["y"].left
    assert boxes["m"].bottom < boxes["demands"].top


def test_a_factor_of_two_occasions_stands_in_one_row_with_its_cause_below():
    """Wheaton et al. (1977): the covariances over time run above the indicators."""
    text = "s =~ e1 + e2\na =~ a1 + a2\nb =~ b1 + b2\na ~ s\nb ~ a + s\na1 ~~ b1\na2 ~~ b2"
    boxes, diagram = draw_straight(text)
    assert boxes["a"].y == pytest.approx(boxes["b"].y)
    assert boxes["s"].x == pytest.approx((boxes["a"].x + boxes["b"].x) / 2)
    assert boxes["s"].top > boxes["a"].bottom
    highest = min(box.top for box in boxes.values())
    arcs = [edge for edge in diagram.scene.edges if edge.role == "covariance"]
    assert all(edge.curve[:, 1].min() < highest for edge in arcs)


def test_three_measured_mediators_stand_between_cause_and_outcome():
    factors = "\n".join(f"{name} =~ " + " + ".join(f"{name}{k}" for k in (1, 2, 3)) for name in "xabcy")
    boxes = find_boxes(factors + "\na ~ x\nb ~ x\nc ~ x\ny ~ a + b + c + x")
    assert len({round(boxes[name].x, 6) for name in "abc"}) == 1
    assert boxes["x"].y == pytest.approx(boxes["y"].y)
    assert boxes["x"].right < boxes["a"].left < boxes["a"].right < boxes["y"].left
    assert boxes["b"].bottom < boxes["x"].y < boxes["c"].top


def test_paths_of_measured_mediators_run_straight_past_the_indicators_of_inner_ones():
    factors = "\n".join(f"{name} =~ " + " + ".join(f"{name}{k}" for k in (1, 2, 3)) for name in "xabcy")
    picture = draw_text(factors + "\na ~ x\nb ~ x\nc ~ x\ny ~ a + b + c + x")
    assert not picture.hits()
    paths = {(edge.source, edge.target): edge for edge in picture.scene.edges if edge.role == "regression"}
    assert len(paths) == 7
    assert all(is_straight(edge.curve) for edge in paths.values())


def test_controls_of_mediators_around_the_direct_path_stand_below_the_outcome():
    factors = "\n".join(f"{name} =~ " + " + ".join(f"{name}{k}" for k in (1, 2, 3)) for name in "xaby")
    boxes = find_boxes(factors + "\na ~ x\nb ~ x\ny ~ a + b + x + age + sex")
    assert boxes["age"].y == pytest.approx(boxes["sex"].y) == pytest.approx(boxes["b"].y)
    assert (boxes["age"].x + boxes["sex"].x) / 2 == pytest.approx(boxes["y"].x)
    assert boxes["x"].y == pytest.approx(boxes["y"].y)


def test_correlations_of_factors_stay_on_the_side_without_indicators():
    text = "\n".join(f"{name} =~ " + " + ".join(f"{name}{k}" for k in (1, 2, 3)) for name in "ABCDEF")
    scene = draw_diagram(build_table(text, call="cfa"), style=DiagramStyle(covariances="arcs")).scene
    right = {node.name: node.box.right for node in scene.nodes}
    arcs = [edge for edge in scene.edges if edge.role == "covariance"]
    assert len(arcs) == 15
    assert all(edge.curve[:, 0].max() < min(right[edge.source], right[edge.target]) for edge in arcs)


def test_controls_of_a_mediation_stand_below_the_level_direct_path():
    boxes = find_boxes("m ~ x + age + sex\ny ~ m + x + age + sex")
    assert boxes["x"].y == pytest.approx(boxes["y"].y)
    assert boxes["age"].y == pytest.approx(boxes["sex"].y)
    assert boxes["age"].top > boxes["x"].bottom
    assert (boxes["age"].x + boxes["sex"].x) / 2 == pytest.approx(boxes["m"].x)


def test_controls_of_all_waves_stand_above_and_below_the_grid():
    text = "\n".join(f"x{t} ~ x{t - 1} + y{t - 1} + age + sex\ny{t} ~ x{t - 1} + y{t - 1} + age + sex" for t in (2, 3))
    boxes = find_boxes(text)
    assert boxes["age"].bottom < boxes["x1"].top
    assert boxes["sex"].top > boxes["y1"].bottom
    assert boxes["age"].x == pytest.approx(boxes["sex"].x)


def test_two_processes_of_change_mirror_each_other_with_the_changes_inside():
    boxes = find_boxes(TWO_CHANGES)
    order = [boxes[name].y for name in ("X2", "dX", "dY", "Y2")]
    assert order == sorted(order)
    assert len({round(boxes[name].x, 6) for name in ("X2", "dX", "dY", "Y2")}) == 1
    assert boxes["dX"].y - boxes["X2"].y == pytest.approx(boxes["Y2"].y - boxes["dY"].y)


def test_components_of_two_phenotypes_stand_above_and_below_them():
    """A Cholesky decomposition: what both phenotypes share above, what is the second one's own below, mirrored."""
    lines = [f"{f}1{t} =~ r{t} + m{t}\n{f}2{t} =~ m{t}" for t in (1, 2) for f in "ACE"]
    names = [f"{f}{k}{t}" for t in (1, 2) for f in "ACE" for k in (1, 2)]
    arcs = {(f"{f}{k}1", f"{f}{k}2") for f in "AC" for k in (1, 2)}
    lines += [f"{a} ~~ 0*{b}" for i, a in enumerate(names) for b in names[i + 1 :] if (a, b) not in arcs]
    picture = draw_text("\n".join(lines))
    assert not picture.hits()
    places = {node.name: node.box for node in picture.scene.nodes}
    middle = (places["A11"].x + places["A12"].x) / 2
    for name in ("A", "C", "E"):
        assert places[f"{name}11"].y < places["r1"].y < places[f"{name}21"].y
        for k in (1, 2):
            assert places[f"{name}{k}1"].x - middle == pytest.approx(middle - places[f"{name}{k}2"].x)


def test_controls_of_stacked_mediators_stand_with_the_cause():
    """Below the mediators their paths would run along these."""
    text = "m1 ~ x + age\nm2 ~ x + age\nm3 ~ x + age\ny ~ m1 + m2 + m3 + x + age\nm1 ~~ m2\nm1 ~~ m3\nm2 ~~ m3"
    picture = draw_text(text)
    assert not picture.hits()
    places = {node.name: node.box for node in picture.scene.nodes}
    assert places["x"].x == pytest.approx(places["age"].x)


def test_controls_of_a_moderated_mediation_stand_below():
    picture = draw_text("m ~ x + w + xw + age + sex\ny ~ m + x + w + xw + age + sex")
    places = {node.name: node.box for node in picture.scene.nodes}
    assert places["x"].x == pytest.approx(places["w"].x) == pytest.approx(places["xw"].x)
    assert places["age"].y == pytest.approx(places["sex"].y)
    assert places["age"].y > places["xw"].y


def test_causes_of_single_indicators_stand_outermost_on_their_side():
    """So that their paths lead straight past the factor."""
    items = "f =~ y1 + y2 + y3 + y4 + y5 + y6"
    picture = draw_text(f"{items}\nf ~ a + b + c + d + e\ny5 ~ b\ny2 ~ d")
    assert not picture.hits()
    places = {node.name: node.box for node in picture.scene.nodes}
    assert sorted("abcde", key=lambda name: places[name].y) == ["d", "a", "c", "e", "b"]
    assert all(is_straight(edge.curve) for edge in picture.scene.edges if edge.role == "regression")


def test_the_covariance_of_explained_growth_factors_runs_straight_between_them():
    """Their variances are at the outer sides, so that no arc has to cross the paths from above."""
    picture = draw_text(GROWTH + "\ni ~ x + z\ns ~ x + z\ni ~~ s", variances="lisrel")
    edge = next(edge for edge in picture.scene.edges if edge.key == "i ~~ s")
    assert is_straight(edge.curve)


def build_changes(waves):
    lines = [
        f"{v}{t} =~ 1*{v.lower()}{t}\n{v.lower()}{t} ~~ e{v}*{v.lower()}{t}" for v in "XY" for t in range(1, waves + 1)
    ]
    for t in range(2, waves + 1):
        lines += [f"{v}{t} ~ 1*{v}{t - 1}\nd{v}{t} =~ 1*{v}{t}\n{v}{t} ~~ 0*{v}{t}\nd{v}{t} ~~ 0*d{v}{t}" for v in "XY"]
        lines += [f"d{v}{t} ~ X{t - 1} + Y{t - 1}" for v in "XY"]
    lines += [f"S{v} =~ " + " + ".join(f"1*d{v}{t}" for t in range(2, waves + 1)) for v in "XY"]
    return "\n".join([*lines, "X1 ~~ Y1 + SX + SY\nY1 ~~ SX + SY\nSX ~~ SY"])


@pytest.mark.parametrize("waves", [3, 4, 5])
def test_what_the_changes_of_each_process_have_in_common_stands_with_the_first_scores(waves):
    """A bivariate dual change model: everything that covaries in one column, all paths straight, mirrored."""
    boxes, diagram = draw_straight(build_changes(waves))
    column = [boxes[name] for name in ("SX", "X1", "Y1", "SY")]
    assert len({round(box.x, 6) for box in column}) == 1
    assert [box.y for box in column] == sorted(box.y for box in column)
    middle = (boxes["X1"].y + boxes["Y1"].y) / 2
    for one, other in (("SX", "SY"), ("dX2", "dY2"), ("X3", "Y3"), ("x1", "y1")):
        assert middle - boxes[one].y == pytest.approx(boxes[other].y - middle)
    arcs = [edge for edge in diagram.scene.edges if edge.role == "covariance"]
    assert all(edge.curve[:, 0].max() <= boxes["X1"].right for edge in arcs)


def test_a_measured_outcome_of_growth_stands_with_the_causes_above_the_growth_factors():
    more = "\ni ~ sex + ses\ns ~ sex + ses\nA =~ a1 + a2 + a3\nA ~ i + s"
    boxes, diagram = draw_straight(GROWTH + more, "growth")
    assert {round(boxes[name].y, 6) for name in ("sex", "ses", "A")} == {round(boxes["A"].y, 6)}
    assert boxes["ses"].right < boxes["A"].left
    assert boxes["a2"].bottom < boxes["A"].top < boxes["A"].bottom < boxes["i"].top
    heads = {edge.key: edge.curve[-1] for edge in diagram.scene.edges if edge.source == "A"}
    assert heads["A =~ a2"] == pytest.approx([boxes["a2"].x, boxes["a2"].bottom])


def build_traits(waves):
    lines = [f"{v}{t} =~ {v.lower()}{t}a + {v.lower()}{t}b\n" for v in "AD" for t in range(1, waves + 1)]
    lines += [f"T{v} =~ " + " + ".join(f"1*{v}{t}" for t in range(1, waves + 1)) for v in "AD"]
    return "\n".join([*lines, *(f"A{t} ~~ D{t}" for t in range(1, waves + 1)), "TA ~~ TD"])


@pytest.mark.parametrize("waves", [3, 4])
def test_states_of_two_traits_mirror_each_other_by_occasions(waves):
    boxes = find_boxes(build_traits(waves))
    middle = (boxes["TA"].y + boxes["TD"].y) / 2
    for t in range(1, waves + 1):
        assert boxes[f"A{t}"].x == pytest.approx(boxes[f"D{t}"].x)
        assert middle - boxes[f"A{t}"].y == pytest.approx(boxes[f"D{t}"].y - middle)
    assert boxes["a1a"].bottom < boxes["A1"].top < boxes["A1"].bottom < boxes["TA"].top < boxes["TD"].top


def test_factors_of_higher_order_whose_parts_do_not_covary_by_pairs_are_no_states():
    text = build_traits(3).replace("A2 ~~ D2", "")
    assert recognise_figure(find_structure(text)) is None


def build_dual_change(variables, waves, *more):
    lines = []
    for v in variables:
        lines += [f"L{v}{t} =~ 1*{v}{t}\n{v}{t} ~~ e{v}*{v}{t}" for t in range(1, waves + 1)]
        lines += [f"L{v}{t} ~ 1*L{v}{t - 1}\nd{v}{t} =~ 1*L{v}{t}\nL{v}{t} ~~ 0*L{v}{t}" for t in range(2, waves + 1)]
        lines += [f"d{v}{t} ~~ 0*d{v}{t}" for t in range(2, waves + 1)]
        lines += [f"d{v}{t} ~ L{u}{t - 1}" for u in variables for t in range(2, waves + 1)]
        lines += [f"s{v} =~ " + " + ".join(f"1*d{v}{t}" for t in range(2, waves + 1))]
    return "\n".join([*lines, *more])


@pytest.mark.parametrize("variances", ["clean", "lisrel", "ram"])
def test_two_processes_of_many_occasions_mirror_each_other_with_their_measures_inside(variances):
    more = [f"x{t} ~~ e*y{t}" for t in range(1, 6)]
    text = build_dual_change("xy", 5, "sx ~~ Lx1 + sy + Ly1", "sy ~~ Ly1 + Lx1", "Lx1 ~~ Ly1", *more)
    diagram = draw_diagram(build_table(text), style=DiagramStyle(variances=variances))
    boxes = {node.name: node.box for node in diagram.scene.nodes}
    order = [boxes[name].y for name in ("sx", "dx2", "Lx2", "x2", "y2", "Ly2", "dy2", "sy")]
    assert order == sorted(order)
    for one, other in (("sx", "sy"), ("dx3", "dy3"), ("Lx4", "Ly4"), ("x5", "y5")):
        assert boxes[one].x == pytest.approx(boxes[other].x)
        assert boxes[one].y + boxes[other].y == pytest.approx(boxes["sx"].y + boxes["sy"].y)
    assert all(is_straight(edge.curve) for edge in diagram.scene.edges if edge.role in ("regression", "loading"))
    assert not diagram.hits()
    assert diagram.scene.width <= diagram.scene.style.column_width + 0.5


def test_a_factor_of_the_first_score_alone_stands_above_it():
    boxes = find_boxes(build_dual_change("x", 5, "g0 =~ 1*Lx1\nLx1 ~~ 0*Lx1\ng0 ~~ sx"))
    assert boxes["g0"].x == pytest.approx(boxes["Lx1"].x)
    assert boxes["g0"].y == pytest.approx(boxes["dx2"].y)
    assert len({round(boxes[f"Lx{t}"].y, 3) for t in range(1, 6)}) == 1


def build_pathways(measures, common, own="AE"):
    """Twins with common components, on which measures depend by a latent phenotype (`common`) or by themselves."""
    lines, factors = [], []
    for t in (1, 2):
        names = [f"{v}{t}" for v in measures]
        if common:
            lines += [f"P{t} =~ " + " + ".join(names), *(f"{f}{t} =~ P{t}" for f in "ACE"), f"P{t} ~~ 0*P{t}"]
        else:
            lines += [f"{f}{t} =~ " + " + ".join(names) for f in "ACE"]
        lines += [f"{f}_{name} =~ {name}\n{name} ~~ 0*{name}" for name in names for f in own]
        factors += [f"{f}{t}" for f in "ACE"] + [f"{f}_{name}" for name in names for f in own]
    pairs = {("A1", "A2"), ("C1", "C2"), *((f"{f}_{v}1", f"{f}_{v}2") for v in measures for f in own[:-1])}
    lines += [f"{a} ~~ {1 if (a, b) in pairs else 0}*{b}" for a, b in combinations(factors, 2)]
    return "\n".join(lines)


@pytest.mark.parametrize("own", ["AE", "ACE"])
@pytest.mark.parametrize("common", [True, False])
def test_pathways_of_twins_have_what_is_common_above_and_what_is_their_own_below(common, own):
    diagram = draw_diagram(build_table(build_pathways("xyz", common, own)))
    boxes = {node.name: node.box for node in diagram.scene.nodes}
    order = [boxes[name].y for name in ("A1", *(["P1"] if common else []), "x1", "E_x1", "A_x1")]
    assert order == sorted(order)
    middle = (boxes["A1"].x + boxes["A2"].x) / 2
    for name in ("A{}", "E{}", "x{}", "z{}", "E_y{}", "A_y{}"):
        one, other = boxes[name.format(1)], boxes[name.format(2)]
        assert one.y == pytest.approx(other.y)
        assert middle - one.x == pytest.approx(other.x - middle)
    assert all(is_straight(edge.curve) for edge in diagram.scene.edges if edge.role == "loading")
    assert not diagram.hits()
    assert diagram.scene.width <= diagram.scene.style.column_width + 0.5


def test_growth_factors_of_two_processes_covary_along_straight_lines():
    both = GROWTH + "\n" + GROWTH.replace("i =~", "j =~").replace("s =~", "r =~").replace("*t", "*u")
    diagram = draw_text(f"{both}\ni ~~ s\nj ~~ r\ni ~~ j\ns ~~ r\ns ~ j\nr ~ i\n")
    arcs = [edge for edge in diagram.scene.edges if edge.role == "covariance"]
    assert len(arcs) == 4
    assert all(is_straight(edge.curve) for edge in arcs)
    assert not diagram.hits()
