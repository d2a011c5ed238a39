"""What a column or page cannot hold says by how much, and what helps."""

from dataclasses import replace

import pytest

from sem_toolkit.diagram.checks.checker import check_scene
from sem_toolkit.diagram.content.style import POINTS_PER_MILLIMETRE
from tests.diagram.drawing import draw_text

CHAIN = "f =~ x1 + x2 + x3\ng =~ y1 + y2 + y3\ng ~ f"


@pytest.mark.parametrize(
    ("settings", "size", "advice"),
    [
        ({}, (240, 100), "the column has 175 mm; a page in landscape holds it"),
        ({}, (240, 200), "the column has 175 mm; without the indicators (only structural) it takes less room"),
        ({}, (150, 300), "a page has 247 mm; without the indicators (only structural) it takes less room"),
        ({"values": "both"}, (150, 300), "shorter numbers (significance stars, values standardized)"),
        ({"variances": "ram"}, (150, 300), "without variances (variances clean) it takes less room"),
        ({"only": "structural"}, (150, 300), "shorter labels take less room"),
    ],
)
def test_the_line_has_both_numbers_and_what_to_do(settings, size, advice):
    scene = draw_text(CHAIN, **settings).scene
    width, height = (length * POINTS_PER_MILLIMETRE for length in size)
    (problem,) = [p for p in check_scene(replace(scene, width=width, height=height)) if not p.is_hit]
    assert f"{max(size)} mm" in str(problem)
    assert advice in str(problem)
