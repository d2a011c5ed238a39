"""What an audit found, one line a fact: checks of the same kind and verdict that say it together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sem_toolkit.study.audit import Audit
from sem_toolkit.study.checks import Check, Verdict
from sem_toolkit.study.table_checks import format_sizes

SAMPLE_SIZE = "sample size"
_FACTS = {
    "n from R² and F": SAMPLE_SIZE,
    "n from R² and adjusted R²": SAMPLE_SIZE,
    "n from all figures": SAMPLE_SIZE,
    "n of the text": "text against table",
}
"""Kinds of checks that are evidence of one fact."""


@dataclass(frozen=True)
class Finding:
    """A fact and its evidence.

    fact      what it is about
    tables    whose tables; empty for the text
    said      the fact in words
    evidence  the checks behind it
    """

    fact: str
    tables: tuple[str, ...]
    verdict: Verdict
    said: str
    evidence: tuple[Check, ...]


def list_findings(audit: Audit) -> tuple[Finding, ...]:
    """Every fact that is not consistent, in the order of its first check."""
    groups: dict[tuple[str, Verdict], list[Check]] = {}
    for check in audit.checks:
        if check.verdict != "consistent":
            groups.setdefault((_FACTS.get(check.check, check.check), check.verdict), []).append(check)
    return tuple(_build_finding(audit, fact, verdict, checks) for (fact, verdict), checks in groups.items())


def _build_finding(audit: Audit, fact: str, verdict: Verdict, checks: Sequence[Check]) -> Finding:
    tables = tuple(dict.fromkeys(check.table for check in checks if check.table))
    said = _say_sizes(audit, tables) if fact == SAMPLE_SIZE else _say_reasons(checks)
    return Finding(fact, tables, verdict, said, tuple(checks))


def _say_sizes(audit: Audit, tables: Sequence[str]) -> str:
    """ "the figures need n = 77, the text says 477": tables that say the same are told together."""
    groups: dict[tuple[tuple[int, ...], int | None], list[str]] = {}
    for table in tables:
        groups.setdefault((audit.compatible_n[table], audit.stated_n[table]), []).append(table)
    texts = []
    for (sizes, stated), own in groups.items():
        needed = f"need n = {format_sizes(sizes)}" if sizes else "agree for no sample size"
        whose = "the figures" if len(groups) == 1 else f"those of {', '.join(own)}"
        texts.append(f"{whose} {needed}" + ("" if stated is None else f", the text says {stated}"))
    return "; ".join(texts)


def _say_reasons(checks: Sequence[Check]) -> str:
    """Each reason once; what it is of stands before it where that is not in it."""
    said: dict[str, list[str]] = {}
    for check in checks:
        said.setdefault(check.reason, []).append(check.subject)
    if len(said) == 1:
        return next(iter(said))
    texts = []
    for reason, subjects in said.items():
        named = ", ".join(dict.fromkeys(subjects))
        told = named == "text" or all(name in reason for name in named.split(", "))
        whose = "" if told else f"{named}: "
        texts.append(whose + reason)
    return "; ".join(texts)
