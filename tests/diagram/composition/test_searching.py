"""What is wrong with a picture, and which of two is taken."""

from dataclasses import replace

import numpy as np
import pytest

from sem_toolkit.diagram.composition.scoring import BEND, SMALLER, TALLEST, Score, score_scene
from tests.diagram.drawing import draw_text

STRAIGHT = "m ~ x\ny ~ m"


def test_hits_outweigh_size_and_size_outweighs_crossings():
    good = Score(0.0, 0, 0.0, 0.0, 10.0, 0)
    crossed, wide = replace(good, cost=900.0, crossings=9), replace(good, faults=1.0, wide=5.0)
    hit = replace(good, faults=4.0, hits=1)
    assert sorted([hit, wide, crossed, good]) == [good, crossed, wide, hit]
    assert good.is_flawless
    assert not crossed.is_flawless


def test_a_smaller_font_and_a_bend_cost():
    scene = draw_text(STRAIGHT).scene
    size = scene.style.font_size
    plain = score_scene(scene, size).cost
    assert score_scene(scene, size + 1.0).cost == pytest.approx(plain + SMALLER)
    first = next(edge for edge in scene.edges if edge.role == "regression")
    bent = replace(first, curve=first.curve + np.array([[0, 0], [0, 9], [0, 9], [0, 0]]))
    edges = tuple(bent if edge is first else edge for edge in scene.edges)
    # Its way is a little longer, too.
    assert score_scene(replace(scene, edges=edges), size).cost == pytest.approx(plain + BEND, abs=3.0)


@pytest.mark.slow
def test_five_long_scales_stand_in_several_columns_where_one_is_higher_than_a_page():
    factors = [f"F{k} =~ " + " + ".join(f"i{k}{m}" for m in range(1, 9)) for k in range(1, 6)]
    picture = draw_text("\n".join(factors), variances="lisrel")
    assert not picture.hits()
    assert picture.scene.height <= TALLEST
    assert not any(edge.role == "covariance" for edge in picture.scene.edges)


def test_a_measurement_model_that_is_higher_than_a_page_is_set_closer():
    factors = [f"F{k} =~ " + " + ".join(f"i{k}{m}" for m in range(1, 7)) for k in range(1, 6)]
    picture = draw_text("\n".join(factors))
    assert not picture.hits()
    assert picture.scene.height <= TALLEST
