"""What people choose of the way in which a table is read, and its rows are weighted."""

from dataclasses import dataclass
from typing import Literal

MissingCode = float | str
AnswerScale = tuple[str, ...]
"""Answers in words, from the lowest to the highest."""
Normalization = Literal["group", "total", "none"]
WeightType = Literal["design", "frequency"]


@dataclass(frozen=True)
class Door:
    """How a table is to be read.

    sheet          of a workbook; None takes the first one that holds a table
    missing_codes  numbers or texts that stand for a missing value: in every column, or, as in "age=-1", in one
    answers        scales of answers in words
    """

    sheet: str | None = None
    missing_codes: tuple[MissingCode, ...] = ()
    answers: tuple[AnswerScale, ...] = ()


@dataclass(frozen=True)
class Weighting:
    """A column of sampling weights and what is made of it, by lavaan's words.

    column         its name
    normalization  "group": they sum to the rows of each group; "total": to all rows, so that groups count by the sum of
                   their weights; "none": they are taken as they are, and n is their sum
    frequencies    they are numbers of equal rows (sampling_weights_type = "frequency") where moments' own variances
                   are made
    """

    column: str
    normalization: Normalization = "group"
    frequencies: bool = False
