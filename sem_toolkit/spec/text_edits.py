"""Edits of a text: ranges of characters and what they become, made and found."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import accumulate


@dataclass(frozen=True, slots=True, order=True)
class Edit:
    """The characters from `start` up to `end` become `replacement`."""

    start: int
    end: int
    replacement: str


def apply_edits(text: str, edits: Iterable[Edit]) -> str:
    """The text with all edits made; they must not overlap (of two that do the first is made)."""
    parts: list[str] = []
    position = 0
    for edit in sorted(edits):
        if edit.start >= position:
            parts += [text[position : edit.start], edit.replacement]
            position = edit.end
    return "".join([*parts, text[position:]])


def find_edits(old: str, new: str) -> list[Edit]:
    """The edits that make one text of another: lines that stay are not touched, nor both ends of those that change."""
    before, after = old.splitlines(keepends=True), new.splitlines(keepends=True)
    starts = [0, *accumulate(map(len, before))]
    edits = []
    for tag, first, last, begin, end in SequenceMatcher(a=before, b=after, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        start, stop, text = starts[first], starts[last], "".join(after[begin:end])
        head = _count_common(old[start:stop], text)
        tail = _count_common(old[start + head : stop][::-1], text[head:][::-1])
        edits.append(Edit(start + head, stop - tail, text[head : len(text) - tail]))
    return edits


def _count_common(first: str, second: str) -> int:
    """How many characters two texts have in common at their beginnings."""
    return next(
        (place for place, pair in enumerate(zip(first, second, strict=False)) if pair[0] != pair[1]),
        min(len(first), len(second)),
    )
