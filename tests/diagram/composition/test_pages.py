"""Models of a study whose pictures a page of print has to hold."""

from pathlib import Path

import pytest

from sem_toolkit.diagram.content.style import PAGE_HEIGHT, POINTS_PER_MILLIMETRE
from sem_toolkit.fit import fit
from sem_toolkit.report.figures import draw_fit
from sem_toolkit.spec import read_spec

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
