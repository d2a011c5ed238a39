"""Numbers of many draws, read back one quantity at a time: in memory where they are few, else in a temporary file."""

import tempfile
import weakref
from dataclasses import dataclass
from typing import IO

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.diagnostics import DataError, Diagnostic

FloatArray = NDArray[np.float64]

FEW = 2_000_000
"""Numbers that are kept in memory: 16 MB."""


@dataclass(frozen=True, eq=False)
class DrawMatrix:
    """b draws of k quantities, written some draws at a time and read a quantity at a time.

    values  k × b in memory, or None
    file    the same numbers one quantity behind the other, gone when this is
    """

    draws: int
    quantities: int
    values: FloatArray | None = None
    file: IO[bytes] | None = None

    def write(self, first: int, values: FloatArray) -> None:
        """Put the values (c × k) of the draws from `first` on. Raises DataError where the disk is full."""
        if self.values is not None:
            self.values[:, first : first + len(values)] = values.T
            return
        assert self.file is not None  # noqa: S101 (one of the two is there)
        try:
            for place, column in enumerate(np.ascontiguousarray(values.T)):
                self.file.seek(8 * (place * self.draws + first))
                self.file.write(column.tobytes())
        except OSError as problem:
            message = f"the draws cannot be put into a temporary file: {problem.strerror}"
            hint = "set TMPDIR to a folder with more room, or ask for fewer draws"
            raise DataError(Diagnostic("error", "unwritable-file", message, hint=hint)) from None

    def read(self, place: int) -> FloatArray:
        """The values of a quantity (b)."""
        if self.values is not None:
            return np.asarray(self.values[place])
        assert self.file is not None  # noqa: S101
        self.file.seek(8 * place * self.draws)
        return np.frombuffer(self.file.read(8 * self.draws), dtype=np.float64)

    def read_all(self) -> FloatArray:
        """All of them (b × k), in memory."""
        columns = [self.read(place) for place in range(self.quantities)]
        return np.stack(columns, axis=1) if columns else np.zeros((self.draws, 0))


def allocate_draws(draws: int, quantities: int, few: int = FEW) -> DrawMatrix:
    """Room for b × k numbers."""
    if draws * quantities <= few:
        return DrawMatrix(draws, quantities, values=np.full((quantities, draws), np.nan))
    file = tempfile.TemporaryFile()  # noqa: SIM115 (it is closed with its owner)
    found = DrawMatrix(draws, quantities, file=file)
    weakref.finalize(found, file.close)
    return found
