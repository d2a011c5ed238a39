"""Loadings that arrive level."""

import numpy as np

from sem_toolkit.diagram.courses.stubs import Arrival, build_stubs
from sem_toolkit.diagram.geometry.plane import Rectangle


def build_method_stubs(shape):
    """Two methods at the right of a high column, each of which loads on every other indicator."""
    cores = [Rectangle(120, y, 60, 40) for y in (80, 160)]
    items = [Rectangle(0, 40 * k, 30, 15) for k in range(8)]
    arrivals = [Arrival(f"{k}", cores[k % 2], shape, item, "right", 20.0) for k, item in enumerate(items)]
    return build_stubs(arrivals, 9.0, always=True), cores


def test_steep_lines_of_a_bundle_leave_their_core_apart_in_the_order_of_their_ends():
    for shape in ("ellipse", "rectangle"):
        stubs, cores = build_method_stubs(shape)
        for core, parity in zip(cores, (0, 1), strict=True):
            starts = np.array([stubs[f"{k}"][0] for k in range(parity, 8, 2)])
            assert np.all(np.diff(starts[:, 1]) > 2.0)
            across, down = ((starts - [core.x, core.y]) / [core.width / 2, core.height / 2]).T
            reached = across**2 + down**2 if shape == "ellipse" else across**2
            np.testing.assert_allclose(reached, 1.0, rtol=1e-12)
