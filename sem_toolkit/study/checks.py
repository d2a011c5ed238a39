"""A check of printed figures: what was compared, the verdict, and why."""

from dataclasses import dataclass
from typing import Literal

from sem_toolkit.study.intervals import Interval
from sem_toolkit.study.published import Figure

Verdict = Literal["consistent", "inconsistent", "not decidable"]


@dataclass(frozen=True)
class Check:
    """One comparison.

    table    name of the printed table, "" for a statement of the text
    check    what is compared, such as "t = B/SE"
    subject  the row or figure it is about
    printed  as printed
    implied  what the other figures imply: an interval, a set, or a value
    reason   one sentence
    """

    table: str
    check: str
    subject: str
    verdict: Verdict
    printed: str
    implied: str
    reason: str


def build_overlap_check(table: str, check: str, subject: str, printed: Figure, implied: Interval, reason: str) -> Check:
    """Consistent where a value that rounds to the printed figure is also among the implied ones."""
    if not (float(implied.lo) > float("-inf") or float(implied.hi) < float("inf")):
        return Check(table, check, subject, "not decidable", printed.text, "anything", f"{reason}: no bound follows")
    agrees = bool(implied.overlaps(printed.interval))
    text = reason if agrees else f"{reason}: no unrounded value gives {printed.text}"
    return Check(
        table, check, subject, "consistent" if agrees else "inconsistent", printed.text, implied.format(), text
    )
