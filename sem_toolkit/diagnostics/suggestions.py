"""The nearest known name to a misspelt one."""

from collections.abc import Iterable
from difflib import SequenceMatcher

_MOST = 2_000  # candidates looked at; a longer list makes every suggestion slow and none better
_ALIKE = 0.6


def find_nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name nearest to this one, or None where none is near; a difference of case alone counts as nearest."""
    folded = name.casefold()
    matcher = SequenceMatcher(b=folded, autojunk=False)
    best, nearest = _ALIKE, None
    for number, candidate in enumerate(known):
        other = candidate.casefold()
        if other == folded:
            return candidate
        if number >= _MOST or abs(len(other) - len(folded)) > 3:
            continue
        matcher.set_seq1(other)
        if matcher.real_quick_ratio() > best and matcher.quick_ratio() > best and (ratio := matcher.ratio()) > best:
            best, nearest = ratio, candidate
    return nearest


def format_suggestion(name: str, known: Iterable[str]) -> str | None:
    """`did you mean "x"?`, or None where no known name is near."""
    nearest = find_nearest(name, known)
    return f'did you mean "{nearest}"?' if nearest else None
