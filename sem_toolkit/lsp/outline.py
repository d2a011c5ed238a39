"""The shape of a spec: its statements as symbols, and the parts that can be folded."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Literal

from sem_toolkit.diagnostics import LineIndex
from sem_toolkit.spec import Spec
from sem_toolkit.spec.tree import BlockHeader, Constraint, Definition, Formula

SymbolKind = Literal["factor", "regression", "covariance", "definition", "constraint", "block"]


@dataclass(frozen=True)
class Symbol:
    """A statement by its name, its text in short, and where it and its name stand."""

    name: str
    kind: SymbolKind
    detail: str
    start: int
    end: int
    name_start: int
    name_end: int


def list_symbols(spec: Spec) -> Iterator[Symbol]:
    """One symbol a statement, in the order of the text."""
    text = spec.source.text
    for statement in spec.statements:
        whole = " ".join(text[statement.start : statement.end].split())
        if isinstance(statement, Formula) and statement.left:
            first, last = statement.left[0], statement.left[-1]
            kind: SymbolKind = "factor" if statement.operator in {"=~", "<~"} else "regression"
            if statement.operator not in {"=~", "<~", "~"}:
                kind = "covariance"
            name = text[first.name_start : last.name_end]
            yield Symbol(name, kind, whole, statement.start, statement.end, first.name_start, last.name_end)
        elif isinstance(statement, Definition):
            place = (statement.start, statement.end, statement.name_start, statement.name_end)
            yield Symbol(statement.name, "definition", whole, *place)
        elif isinstance(statement, Constraint):
            yield Symbol(whole, "constraint", "", statement.start, statement.end, statement.start, statement.end)
        elif isinstance(statement, BlockHeader):
            yield Symbol(whole, "block", "", statement.start, statement.end, statement.start, statement.end)


def list_folds(spec: Spec) -> Iterator[tuple[int, int, Literal["comment", "region"]]]:
    """First and last line (from 0) of runs of comments (the header is one), long statements and blocks."""
    index = LineIndex(spec.source.text)
    lines = [index.position(token.start)[0] - 1 for token in spec.tokens if token.kind == "comment"]
    for _, run in groupby(enumerate(lines), key=lambda pair: pair[1] - pair[0]):
        numbers = [line for _, line in run]
        if len(numbers) > 1:
            yield numbers[0], numbers[-1], "comment"
    for statement in spec.statements:
        first, last = index.position(statement.start)[0] - 1, index.position(statement.end)[0] - 1
        if last > first:
            yield first, last, "region"
    blocks = [statement for statement in spec.statements if isinstance(statement, BlockHeader)]
    end = spec.statements[-1].end if spec.statements else 0
    starts = [index.position(block.start)[0] - 1 for block in blocks]
    for first, following in pairwise([*starts, index.position(end)[0]]):
        if following - 1 > first:
            yield first, following - 1, "region"
