"""Tables of the answers of many samples: of the same rows, each so many times, or of rows of their own."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from sem_toolkit.sample.categorical.polychoric import FloatArray, IntArray


class StackedTables(Protocol):
    """What is asked of the answers of b samples; categories: of each item."""

    @property
    def categories(self) -> tuple[int, ...]: ...

    def count(self, item: int) -> FloatArray:
        """Rows in each category of an item (b × k)."""
        ...

    def cross(self, first: int, second: int) -> FloatArray:
        """Rows in each pair of categories of two items (b × k × l)."""
        ...


@dataclass(frozen=True, eq=False)
class CountedRows:
    """Samples in which row i of the codes (n × p, from 0) counts counts[d, i] times (b × n)."""

    codes: IntArray
    categories: tuple[int, ...]
    counts: FloatArray

    def count(self, item: int) -> FloatArray:
        return self._count(self.codes[:, item], self.categories[item])

    def cross(self, first: int, second: int) -> FloatArray:
        k, size = self.categories[first], self.categories[second]
        found = self._count(self.codes[:, first] * size + self.codes[:, second], k * size)
        return found.reshape(-1, k, size)

    def _count(self, codes: IntArray, known: int) -> FloatArray:
        return np.asarray(self.counts @ (codes[:, None] == np.arange(known)).astype(np.float64))


@dataclass(frozen=True, eq=False)
class OwnRows:
    """Samples with rows of their own (codes: b × n × p, from 0)."""

    codes: IntArray
    categories: tuple[int, ...]

    def count(self, item: int) -> FloatArray:
        return self._count(self.codes[:, :, item], self.categories[item])

    def cross(self, first: int, second: int) -> FloatArray:
        k, size = self.categories[first], self.categories[second]
        found = self._count(self.codes[:, :, first] * size + self.codes[:, :, second], k * size)
        return found.reshape(-1, k, size)

    def _count(self, codes: IntArray, known: int) -> FloatArray:
        draws = len(codes)
        places = codes + known * np.arange(draws)[:, None]
        return np.bincount(places.ravel(), minlength=draws * known).reshape(draws, known).astype(np.float64)
