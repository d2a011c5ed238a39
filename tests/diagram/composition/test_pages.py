"""Models of a study whose pictures a page of print has to hold."""

from pathlib import Path

import pytest

from sem_toolkit.diagram import DiagramStyle, draw_diagram
from sem_toolkit.diagram.content.style import PAGE_HEIGHT, POINTS_PER_MILLIMETRE
from sem_toolkit.fit import fit
from sem_toolkit.report.figures import draw_fit
from sem_toolkit.spec import TableOptions, build_parameter_table, parse_spec, read_spec
from tests.diagram.drawing import estimate_randomly

SPECS = Path(__file__).parents[3] / "model_specs"


@pytest.mark.parametrize(
    "name",
    ["measurement_clinical", "measurement_all_stages", "research_preclinical", "research_clinical", "research_market"],
)
def test_stages_with_correlated_residuals_fit_a_page(name):
    """Arcs that have no room beside their items stand in the legend, before everything is drawn out for them."""
    diagram = draw_fit(fit(read_spec(SPECS / f"{name}.lav")))
    assert not diagram.hits()
    assert diagram.scene.width <= diagram.scene.style.column_width + 0.5
    assert diagram.scene.height <= PAGE_HEIGHT * POINTS_PER_MILLIMETRE


def test_residual_correlations_that_would_cover_each_other_stand_in_the_legend():
    """Ten items asked twice, each with itself: with intervals their arcs had eight hits."""
    waves = "\n".join(f"f{t} =~ " + " + ".join(f"x{k}_{t}" for k in range(1, 11)) for t in (1, 2))
    spec = waves + "\n" + "\n".join(f"x{k}_1 ~~ x{k}_2" for k in range(1, 11))
    table = build_parameter_table(parse_spec(spec), TableOptions(call="sem"))
    estimates = estimate_randomly(table)
    limits = {"std.ci.lower": estimates["est"] - 0.2, "std.ci.upper": estimates["est"] + 0.2}
    diagram = draw_diagram(table, estimates.assign(**limits), DiagramStyle(significance="interval"))
    assert not diagram.hits()
    assert not [edge for edge in diagram.scene.edges if edge.key == "x1_1 ~~ x1_2"]
    assert any("Residual correlations: x1_1 and x1_2" in text.lines[0] for text in diagram.scene.texts)
