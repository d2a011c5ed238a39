"""The zeros that identify the rotation of an efa() block until it is rotated: an echelon pattern, as in lavaan."""

from sem_toolkit.diagnostics import Diagnostic, SpecError
from sem_toolkit.spec.defaults import DraftRow
from sem_toolkit.spec.options import TableOptions
from sem_toolkit.spec.specs import Spec
from sem_toolkit.spec.table import ECHELON, TIED_ECHELON


def fix_efa_rotation(rows: list[DraftRow], options: TableOptions, spec: Spec) -> None:
    """Fix loadings above the diagonal and covariances of each block of efa() factors to zero."""
    sets = list(dict.fromkeys(row.efa for row in rows if row.efa))
    for block in dict.fromkeys(row.block for row in rows):
        for name in sets:
            factors = list(dict.fromkeys(r.lhs for r in rows if r.block == block and r.op == "=~" and r.efa == name))
            if len(factors) > 1:
                fixes = block == 1 or "loadings" not in options.group_equal
                _fix_set([row for row in rows if row.block == block], factors, fixes, options, spec)


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
