"""A fit that nobody holds any more is gone at once: nothing that it made refers back to what holds it."""

import gc
import weakref

import pytest

from sem_toolkit import Fit, fit
from tests.support import ORACLES

TEXT = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6"


def look_at_everything(found: Fit) -> None:
    for name in ("parameters", "fit_measures", "r2", "standardized", "modification_indices", "residuals", "tests"):
        getattr(found, name)


@pytest.mark.parametrize("options", [{}, {"estimator": "MLR"}, {"estimator": "GLS", "group": "school"}], ids=str)
def test_a_fit_is_freed_without_looking_for_circles(options: dict[str, str]) -> None:
    gc.collect()
    gc.disable()
    try:
        found = fit(TEXT, ORACLES / "data" / "hs.csv", **options)
        look_at_everything(found)
        held = [weakref.ref(found), weakref.ref(found.solution.model), weakref.ref(found.solution.sample)]
        del found
        assert [own() for own in held] == [None] * 3
    finally:
        gc.enable()
