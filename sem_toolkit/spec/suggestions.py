"""The nearest known name to a misspelt one."""

from collections.abc import Iterable
from difflib import get_close_matches


def find_nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name nearest to this one, or None where none is near; a difference of case alone counts as nearest."""
    candidates = list(known)
    folded = name.casefold()
    for candidate in candidates:
        if candidate.casefold() == folded:
            return candidate
    nearest = get_close_matches(name, candidates, n=1, cutoff=0.6)
    return nearest[0] if nearest else None


def format_suggestion(name: str, known: Iterable[str]) -> str | None:
    """`did you mean "x"?`, or None where no known name is near."""
    nearest = find_nearest(name, known)
    return f'did you mean "{nearest}"?' if nearest else None
