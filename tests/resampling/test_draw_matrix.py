"""Draws that are written in parts and read a quantity at a time, in memory or from a file."""

import numpy as np
import pytest

from sem_toolkit.diagnostics import DataError
from sem_toolkit.resampling.draw_matrix import allocate_draws


@pytest.mark.parametrize("few", [1000, 0])
def test_what_is_read_is_what_was_written(few: int) -> None:
    values = np.random.default_rng(1).normal(size=(10, 3))
    matrix = allocate_draws(10, 3, few)
    assert (matrix.file is None) == (few > 0)
    for first in (6, 0, 3):  # as they come
        matrix.write(first, values[first : first + (4 if first == 6 else 3)])
    np.testing.assert_array_equal(matrix.read(1), values[:, 1])
    np.testing.assert_array_equal(matrix.read_all(), values)


def test_a_full_disk_is_told() -> None:
    class Full:
        def seek(self, place: int) -> None: ...

        def write(self, content: bytes) -> None:
            raise OSError(28, "No space left on device")

    matrix = allocate_draws(10, 3, 0)
    object.__setattr__(matrix, "file", Full())
    with pytest.raises(DataError, match="No space left"):
        matrix.write(0, np.zeros((10, 3)))
