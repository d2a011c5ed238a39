"""Drafted rows that are one parameter: of one label, or held equal across groups."""

import math
from collections import Counter
from collections.abc import Sequence

from sem_toolkit.diagnostics import Diagnostic, SpecError
from sem_toolkit.spec.draft_rows import DraftRow
from sem_toolkit.spec.groups import name_rows
from sem_toolkit.spec.options import TableOptions
from sem_toolkit.spec.specs import Spec
from sem_toolkit.spec.table import ECHELON, TIED_ECHELON, Origin, Parameter


def require_equal_known(drafts: list[DraftRow], names: Sequence[str], spec: Spec) -> None:
    """equal("f=~x2") must name a parameter. Raises SpecError."""
    counts = Counter(names)
    plain = {f"{row.lhs}{row.op}{row.rhs}" for row in drafts}
    faults: list[Diagnostic] = []
    for row in drafts:
        modifier = row.modifiers.get("label")
        asks = modifier is not None and modifier.is_equal and row.label  # equal(c("", "f=~x2")) asks nothing of group 1
        if modifier is not None and asks and counts[row.label] < 2 and row.label not in plain:
            message = f'there is no parameter "{row.label}" to be equal to'
            hint = 'name it as in equal("f=~x2"), without spaces'
            span = spec.span(modifier.start, modifier.end)
            faults.append(Diagnostic("error", "unknown-equal", message, span, hint))
    if faults:
        raise SpecError(dict.fromkeys(faults), spec.source)


def list_ties(drafts: list[DraftRow], options: TableOptions, groups: tuple[str, ...]) -> list[str]:
    """Names by which rows are one parameter, one a row: label, group and level."""
    by_group = len(groups) > 1
    levels = [str(row.level) if row.level > 1 else "" for row in drafts]
    return name_rows(drafts, options, by_group, levels)


def tie_equal(drafts: list[DraftRow], names: Sequence[str]) -> list[tuple[str, str, str]]:
    """Make rows with the same name equal: fix them all where one is fixed, else by `==` rows, which are returned."""
    counts = Counter(names)
    members: dict[str, list[DraftRow]] = {}
    order: dict[str, None] = {}  # by the second appearance, as in lavaan
    for row, name in zip(drafts, names, strict=True):
        if counts[name] > 1:
            rows = members.setdefault(name, [])
            rows.append(row)
            if len(rows) == 2:
                order[name] = None
    ties: list[tuple[str, str, str]] = []
    for name in order:
        rows = members[name]
        _share_bounds(rows)
        fixed = next((row for row in rows if not row.free), None)
        rule = f'label "{name}"' if any(row.label for row in rows) else "equality across groups"
        if fixed is not None:
            for row in rows:
                row.free, row.ustart = False, fixed.ustart
            if not any(row.user in {ECHELON, TIED_ECHELON} for row in rows):
                continue
        ties += [(rows[0].plabel, row.plabel, rule) for row in rows[1:]]
        for row in rows:
            if fixed is None:
                row.label = row.label or rows[0].plabel
    return ties


def _share_bounds(rows: Sequence[DraftRow]) -> None:
    lowers = [row.lower for row in rows if row.lower is not None and math.isfinite(row.lower)]
    uppers = [row.upper for row in rows if row.upper is not None and math.isfinite(row.upper)]
    for row in rows:
        row.lower = min(lowers) if lowers else row.lower
        row.upper = max(uppers) if uppers else row.upper


def equate(left: str, right: str, rule: str) -> Parameter:
    """A row that holds two parameters equal."""
    return Parameter(left, "==", right, user=2, block=0, group=0, level=0, origin=Origin(rule))
