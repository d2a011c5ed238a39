"""Which covariances stand in a matrix beside the picture."""

import pytest

from sem_toolkit.diagram import DiagramHints, DiagramStyle
from sem_toolkit.diagram.content.canvas import build_canvas
from sem_toolkit.diagram.content.graph import build_path_graph
from sem_toolkit.spec import TableOptions, build_parameter_table, parse_spec


@pytest.mark.parametrize(("factors", "drawn"), [("is", 0), ("isq", 15)])
def test_growth_factors_of_two_processes_covary_in_a_matrix_where_their_arcs_would_cross(factors, drawn):
    text = "\n".join(
        f"{factor}{process} =~ " + " + ".join(f"{t**power}*{process}{t}" for t in range(5))
        for process in "ab"
        for power, factor in enumerate(factors)
    )
    graph = build_path_graph(build_parameter_table(parse_spec(text), TableOptions(call="growth")))
    assert len(build_canvas(graph, DiagramStyle(), DiagramHints()).matrix) == drawn
