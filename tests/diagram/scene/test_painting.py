"""What the picture says of itself."""

from sem_toolkit.diagram import draw_diagram
from sem_toolkit.spec import TableOptions, build_parameter_table, parse_spec
from tests.diagram.drawing import draw_rising


def test_r2_stands_in_the_variable_that_is_explained_only():
    table = build_parameter_table(parse_spec("f =~ a + b + c\nf ~ z"), TableOptions(call="sem"))
    nodes = {node.name: node for node in draw_diagram(table, r2={"f": 0.25, "a": 0.5}).scene.nodes}
    assert nodes["f"].lines == ("f", "R² = 0.25")
    assert nodes["a"].lines == ("a",)


def test_covariances_of_many_exogenous_variables_are_stated_not_lost():
    def collect(**settings):
        scene = draw_rising("y ~ a + b + c + d + e", **settings).scene
        assert not [edge for edge in scene.edges if edge.role == "covariance"]
        return {item.key: item.lines for item in scene.texts}

    assert ("5 variables covary as in the data (10 covariances, not drawn)",) in collect().values()
    cells = [key for key in collect(covariances="matrix") if key.startswith("matrix ") and key.split()[1].isdigit()]
    assert len(cells) == 10


def test_a_family_of_residual_covariances_stays_on_the_outer_side():
    text = "\n".join(f"f{t} =~ a{t} + b{t} + c{t}" for t in (1, 2, 3))
    text += "\nf2 ~ f1\nf3 ~ f2\n" + "\n".join(f"{v}{t} ~~ {v}{t + 1}" for v in "abc" for t in (1, 2))
    scene = draw_rising(text).scene
    boxes = {node.name: node.box for node in scene.nodes}
    arcs = [edge for edge in scene.edges if edge.role == "covariance"]
    assert len(arcs) == 6
    above = boxes["b2"].y < boxes["f2"].y
    for edge in arcs:
        middle = edge.label.box.y
        assert middle < boxes["b2"].top if above else middle > boxes["b2"].bottom
