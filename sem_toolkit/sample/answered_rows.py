"""The rows of a long file as answers and numbers, passed on batch after batch."""

from collections.abc import Iterator, Mapping

import numpy as np

from sem_toolkit.sample import streaming
from sem_toolkit.sample.categorical.answers import Answers
from sem_toolkit.sample.categorical.tabled import IntArray
from sem_toolkit.sample.moments import FloatArray
from sem_toolkit.sample.streaming import iterate_columns, require_finite
from sem_toolkit.sample.tabular import TabularFile


class AnsweredRows:
    """The rows that are used, batch by batch and group by group: codes of ordered variables, values of the others.

    whole       whether rows need all answers, or only one
    ordered     the variables that have answers; numeric: the others
    categories  of each ordered variable
    n_read      rows of the file; lacking: of each variable how many lack it; without: rows without a group
    """

    def __init__(
        self,
        file: TabularFile,
        variables: tuple[str, ...],
        answers: Mapping[str, Answers],
        group: str | None,
        *,
        whole: bool,
    ) -> None:
        self.file, self.variables, self.group, self.whole = file, variables, group, whole
        self.ordered = tuple(name for name in variables if name in answers)
        self.numeric = tuple(name for name in variables if name not in answers)
        self.categories = tuple(len(answers[name].values) for name in self.ordered)
        self.n_read, self.without = 0, 0
        self.lacking = np.zeros(len(variables), dtype=np.int64)
        self._numbers = [np.array(answers[name].numbers) for name in self.ordered]
        self._places = [[variables.index(name) for name in names] for names in (self.ordered, self.numeric)]

    def iterate(self, *, counted: bool = False) -> Iterator[tuple[str, IntArray, FloatArray]]:
        """Label, codes (p × b, as many as the most categories where there is no answer) and values (q × b, NaN where
        there is none); counts as it goes.
        """
        known, (at, rest) = max(self.categories), self._places
        for columns, labels in iterate_columns(self.file, self.variables, self.group):
            codes = np.empty((len(at), columns.shape[1]), dtype=np.intp)
            holes = np.isnan(columns)
            for row, place, numbers in zip(codes, at, self._numbers, strict=True):
                row[:] = _encode(columns[place], numbers)
                row[holes[place]] = known
            used = ~(holes.any(axis=0) if self.whole else holes.all(axis=0))
            if counted:
                if rest:
                    require_finite(columns, self.variables, self.n_read + columns.shape[1])
                self.n_read += columns.shape[1]
                self.lacking += holes.sum(axis=1)
                self.without += 0 if labels is None else int(np.sum(labels[1] < 0))
            values = columns[rest]
            if labels is None:
                yield "", *((codes, values) if used.all() else (codes[:, used], values[:, used]))
                continue
            texts, places = labels
            for place, text in enumerate(texts):
                chosen = used & (places == place)
                yield text, codes[:, chosen], values[:, chosen]

    def iterate_slices(self) -> Iterator[tuple[str, IntArray, FloatArray]]:
        """The same, so few rows at a time that what is made of them stays near the processor."""
        for label, codes, values in self.iterate():
            for start in range(0, codes.shape[1], streaming.SLICE):
                chosen = slice(start, start + streaming.SLICE)
                yield label, codes[:, chosen], values[:, chosen]


def _encode(column: FloatArray, numbers: FloatArray) -> IntArray:
    """Places of a column's values among the numbers; of missing values no matter what."""
    if len(numbers) == numbers[-1] - numbers[0] + 1 and (np.diff(numbers) == 1.0).all():
        with np.errstate(invalid="ignore"):
            return np.asarray((column - numbers[0]).astype(np.intp))  # faster than a search
    return np.asarray(np.searchsorted(numbers, column), dtype=np.intp)
