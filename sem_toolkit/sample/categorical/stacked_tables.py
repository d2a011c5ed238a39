"""Tables of the answers of many samples: of the same rows, each so many times, or of rows of their own."""

from dataclasses import dataclass

import numpy as np

from sem_toolkit.sample.categorical.polychoric import FloatArray, IntArray


@dataclass(frozen=True, eq=False)
class StackedTables:
    """Answers of b samples as codes (... × p, from 0), and how many categories each item has."""

    codes: IntArray
    categories: tuple[int, ...]

    def count(self, item: int) -> FloatArray:
        """Rows in each category of an item (b × k)."""
        return self._count(self.codes[..., item], self.categories[item])

    def cross(self, first: int, second: int) -> FloatArray:
        """Rows in each pair of categories of two items (b × k × l)."""
        k, size = self.categories[first], self.categories[second]
        found = self._count(self.codes[..., first] * size + self.codes[..., second], k * size)
        return found.reshape(-1, k, size)

    def _count(self, codes: IntArray, known: int) -> FloatArray:
        """Rows with each of the known codes (b × known)."""
        raise NotImplementedError


@dataclass(frozen=True, eq=False)
class CountedRows(StackedTables):
    """Samples in which row i of the codes (n × p) counts counts[d, i] times (b × n)."""

    counts: FloatArray

    def _count(self, codes: IntArray, known: int) -> FloatArray:
        return np.asarray(self.counts @ (codes[:, None] == np.arange(known)).astype(np.float64))


@dataclass(frozen=True, eq=False)
class OwnRows(StackedTables):
    """Samples with rows of their own (codes: b × n × p)."""

    def _count(self, codes: IntArray, known: int) -> FloatArray:
        draws = len(codes)
        places = codes + known * np.arange(draws)[:, None]
        return np.bincount(places.ravel(), minlength=draws * known).reshape(draws, known).astype(np.float64)
