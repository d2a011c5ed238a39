"""Parameter table → path graph."""

import pytest

from sem_toolkit.diagnostics import ModelError
from sem_toolkit.diagram import build_path_graph
from sem_toolkit.spec.table import Parameter, ParameterTable
from tests.diagram.drawing import read_model


def test_kinds_roles_and_directions():
    table, estimates, _ = read_model("poldem_sem")
    graph = build_path_graph(table, estimates)
    assert graph.nodes["ind60"]["kind"] == "latent"
    assert graph.nodes["x1"]["kind"] == "observed"
    regression = graph["ind60"]["dem65"]["dem65 ~ ind60"]
    assert regression["role"] == "regression"
    assert regression["std"] == pytest.approx(0.1823, abs=1e-4)
    assert graph["ind60"]["x1"]["ind60 =~ x1"]["fixed"]
    assert graph["y1"]["y5"]["y1 ~~ y5"]["role"] == "covariance"


def test_a_covariance_finds_its_estimate_either_way_round():
    table, estimates, _ = read_model("hs_cfa_marker")
    swapped = estimates.rename(columns={"lhs": "rhs", "rhs": "lhs"})
    both = estimates.where(estimates["op"] != "~~", swapped)
    assert build_path_graph(table, both)["visual"]["textual"]["visual ~~ textual"]["est"] == pytest.approx(
        0.4082, abs=1e-4
    )


def test_each_group_has_its_own_estimates():
    table, estimates, _ = read_model("mg_configural")
    first, second = (
        build_path_graph(table, estimates, group)["visual"]["x2"]["visual =~ x2"]["est"] for group in (1, 2)
    )
    assert first != second


def test_composites_point_from_their_parts():
    table, estimates, _ = read_model("composite")
    graph = build_path_graph(table, estimates)
    assert graph.nodes["C1"]["kind"] == "composite"
    assert graph["x1"]["C1"]["C1 <~ x1"]["role"] == "weight"


def test_moments_fixed_to_zero_are_not_drawn():
    table = ParameterTable((Parameter("f", "=~", "x", free=1), Parameter("f", "~~", "g", free=0, ustart=0.0),
                            Parameter("g", "=~", "y", free=2)))  # fmt: skip
    assert not build_path_graph(table).has_edge("f", "g")


def test_an_empty_model_is_refused():
    with pytest.raises(ModelError, match="no paths"):
        build_path_graph(ParameterTable(()))


def test_five_hundred_variables_are_refused():
    rows = tuple(Parameter("f", "=~", f"x{k}", free=k + 1) for k in range(500))
    with pytest.raises(ModelError, match="501 variables cannot be read"):
        build_path_graph(ParameterTable(rows))
