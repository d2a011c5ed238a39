"""The pictures of the gallery are not worse than recorded: hits, crossings and size as `make gallery` wrote them."""

import importlib.util
import json
import sys
from collections import Counter
from pathlib import Path

import pytest

from sem_toolkit.diagram.content.style import POINTS_PER_MILLIMETRE

GALLERY = Path(__file__).parents[2] / "docs" / "gallery"
SCORES = json.loads((GALLERY / "scores.json").read_text(encoding="utf-8"))
LARGE = {
    "twenty-factors",
    "figure-3-1",
    "cross-lagged",
    "customers",
    "second-order-growth",
    "ecology",
    "abilities",
    "dyads",
    "traits-and-methods",
    "actor-partner",
    "political-democracy",
    "states-and-trait",
    "twins-of-two",
    "moderated-mediation",
    "stages-downward",
    "three-intercepts",
    "dual-change",
    "independent-pathways",
    "common-pathway",
    "controlled-mediators",
    "satisfied-customers",
    "acceptance",
}
NAMES = sorted({key.rsplit(" ", 1)[0] for key in SCORES})


@pytest.fixture(scope="module")
def gallery():
    """The module that draws the gallery; it finds its neighbours beside it."""
    sys.path.insert(0, str(GALLERY))
    try:
        found = importlib.util.spec_from_file_location("gallery_make", GALLERY / "make.py")
        module = importlib.util.module_from_spec(found)
        found.loader.exec_module(module)
        yield module
    finally:
        sys.path.remove(str(GALLERY))


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.slow) if name in LARGE else name for name in NAMES]
)
def test_no_picture_is_worse_than_recorded(gallery, name):
    """No hit that was not there, no more crossings, and no more than a millimetre wider or higher."""
    ((_, _, _, pictures),) = gallery.iterate_entries({name})
    for style, picture in pictures:
        hits, crossings, width, height = SCORES[f"{name} {style}"]
        assert len(picture.hits()) <= hits, style
        assert Counter(p.kind for p in picture.problems())["crossing"] <= crossings, style
        assert picture.scene.width / POINTS_PER_MILLIMETRE <= width + 1, style
        assert picture.scene.height / POINTS_PER_MILLIMETRE <= height + 1, style
