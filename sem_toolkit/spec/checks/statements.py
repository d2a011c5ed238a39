"""All checks that need only the statements, in one pass over the spec."""

from bisect import bisect_left
from collections.abc import Sequence

from sem_toolkit.spec.checks.blocks import check_blocks
from sem_toolkit.spec.checks.constraints import check_constraints
from sem_toolkit.spec.checks.labels import check_labels
from sem_toolkit.spec.checks.support import check_support
from sem_toolkit.spec.checks.terms import check_terms
from sem_toolkit.spec.reporting import Reporter
from sem_toolkit.spec.tokens import Token
from sem_toolkit.spec.tree import Statement


def check_statements(statements: Sequence[Statement], tokens: Sequence[Token], reporter: Reporter) -> None:
    """Report what is wrong or doubtful among the statements.

    Names in faulty statements count as known, so that one mistake does not make others.
    """
    excused = _find_excused_names(statements, tokens, reporter)
    check_blocks(statements, reporter)
    check_terms(statements, reporter)
    check_labels(statements, tokens, excused, reporter)
    check_constraints(statements, reporter)
    check_support(statements, reporter)


def _find_excused_names(
    statements: Sequence[Statement], tokens: Sequence[Token], reporter: Reporter
) -> frozenset[str] | None:
    """Names in statements with a syntax error; None where there is none."""
    faults = sorted(d.span.start for d in reporter.diagnostics if d.severity == "error" and d.span)
    if not faults:
        return None
    starts = [token.start for token in tokens]
    names: set[str] = set()
    for statement in statements:
        first = bisect_left(faults, statement.start)
        if first < len(faults) and faults[first] <= statement.end:
            inside = tokens[bisect_left(starts, statement.start) : bisect_left(starts, statement.end)]
            names.update(token.text for token in inside if token.kind == "name")
    return frozenset(names)
