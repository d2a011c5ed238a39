"""What people choose of the way in which a table is read."""

from dataclasses import dataclass

MissingCode = float | str
AnswerScale = tuple[str, ...]
"""Answers in words, from the lowest to the highest."""


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
