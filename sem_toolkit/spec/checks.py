"""What the statements of a spec say about each other: faults and doubtful things that no single statement shows."""

from collections.abc import Sequence

from sem_toolkit.spec.parser import Reporter
from sem_toolkit.spec.tree import Statement


def check_statements(statements: Sequence[Statement], reporter: Reporter) -> None:
    """Report what is wrong or doubtful among the statements."""
