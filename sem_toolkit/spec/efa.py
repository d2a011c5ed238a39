"""The zeros that identify the rotation of an efa() block until it is rotated: an echelon pattern, as in lavaan."""

from collections.abc import Collection

from sem_toolkit.diagnostics import Diagnostic, SpecError
from sem_toolkit.spec.draft_rows import DraftRow
from sem_toolkit.spec.options import TableOptions
from sem_toolkit.spec.specs import Spec
from sem_toolkit.spec.table import ECHELON, TIED_ECHELON


def fix_efa_rotation(rows: list[DraftRow], options: TableOptions, spec: Spec) -> None:
    """Fix loadings above the diagonal and covariances of each block of efa() factors to zero.

    Not where all loadings of a set carry labels of the first set, or of the first group: these identify it.
    """
    sets = list(dict.fromkeys(row.efa for row in rows if row.efa))
    for block in dict.fromkeys(row.block for row in rows):
        known: set[str] = set()
        for name in sets:
            own = [row for row in rows if row.block == block]
            factors = list(dict.fromkeys(r.lhs for r in own if r.op == "=~" and r.efa == name))
            labels = _list_labels(own, factors)
            if len(factors) > 1:
                first = _list_labels([row for row in rows if row.block == 1], factors) if block > 1 else []
                tied = _is_among(labels, known) or _is_among(labels, first)
                fixes = not tied and (block == 1 or "loadings" not in options.group_equal)
                _fix_set(own, factors, fixes, options, spec)
            known |= {*labels} if name == sets[0] else set()


def _list_labels(rows: list[DraftRow], factors: list[str]) -> list[str]:
    return [row.label for row in rows if row.op == "=~" and row.lhs in factors]


def _is_among(labels: list[str], known: Collection[str]) -> bool:
    return bool(labels) and all(label and label in known for label in labels)


def _fix_set(rows: list[DraftRow], factors: list[str], fixes: bool, options: TableOptions, spec: Spec) -> None:
    for position, factor in enumerate(factors):
        loadings = [row for row in rows if row.op == "=~" and row.lhs == factor]
        if len(loadings) < position:
            message = f'the efa() factor "{factor}" needs {position} indicators'
            span = spec.span(loadings[0].start, loadings[0].end)
            raise SpecError(Diagnostic("error", "too-few-indicators", message, span), spec.source)
        _mark(loadings[:position], fixes)
    if not options.orthogonal_efa:
        _mark(
            [
                row
                for row in rows
                if row.op == "~~" and row.user == 0 and row.lhs in factors and row.rhs in factors and row.lhs != row.rhs
            ],
            fixes,
        )


def _mark(rows: list[DraftRow], fixes: bool) -> None:
    for row in rows:
        row.user = ECHELON if fixes else TIED_ECHELON
        if fixes:
            row.fix(0.0, "rotation of an efa() block")
