"""PNG files say how large they are in print."""

import struct

from tests.diagram.drawing import draw_case


def test_the_resolution_stands_in_the_file_once():
    image = draw_case("path_med_fixedx", dpi=150).to_bytes(".png")
    assert image.count(b"pHYs") == 1
    across, down, unit = struct.unpack(">IIB", image[image.index(b"pHYs") + 4 :][:9])
    assert (across, down, unit) == (5906, 5906, 1)
    assert image.endswith(b"IEND\xaeB`\x82")
