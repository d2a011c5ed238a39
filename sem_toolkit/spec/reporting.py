"""Where the parser and the checks put what they find."""

from collections.abc import Collection

from sem_toolkit.diagnostics import Diagnostic, Fix, LineIndex, Related, Severity
from sem_toolkit.diagnostics.suggestions import find_nearest

_MOST_SUGGESTIONS = 100

Fault = tuple[str, str, int, int, str | None]
"""Code, message, first offset, offset behind the last, hint."""
Place = tuple[int, int, str]
"""First offset, offset behind the last, what stands there."""
Replacement = tuple[int, int, str]
"""First offset, offset behind the last, the text that comes in their place."""


class Reporter:
    """Collects diagnostics; the only thing the parser writes to."""

    def __init__(self, index: LineIndex) -> None:
        self.index = index
        self.diagnostics: list[Diagnostic] = []
        self.suggestions = 0

    def add(
        self,
        severity: Severity,
        code: str,
        message: str,
        start: int,
        end: int,
        hint: str | None = None,
        replacement: Replacement | None = None,
        related: tuple[Place, ...] = (),
    ) -> None:
        """Record a fault at the characters from `start` up to `end`; `replacement` is a fix: from, up to, new text."""
        fixes = (Fix(self.index.span(replacement[0], replacement[1]), replacement[2]),) if replacement else ()
        places = tuple(Related(self.index.span(first, last), text) for first, last, text in related)
        self.diagnostics.append(Diagnostic(severity, code, message, self.index.span(start, end), hint, places, fixes))

    def error(
        self,
        code: str,
        message: str,
        start: int,
        end: int,
        hint: str | None = None,
        replacement: Replacement | None = None,
        related: tuple[Place, ...] = (),
    ) -> None:
        """Record an error."""
        self.add("error", code, message, start, end, hint, replacement, related)

    def warning(
        self,
        code: str,
        message: str,
        start: int,
        end: int,
        hint: str | None = None,
        replacement: Replacement | None = None,
        related: tuple[Place, ...] = (),
    ) -> None:
        """Record a warning."""
        self.add("warning", code, message, start, end, hint, replacement, related)

    @property
    def has_errors(self) -> bool:
        """Whether an error has been reported."""
        return any(diagnostic.severity == "error" for diagnostic in self.diagnostics)

    def find_nearest(self, name: str, known: Collection[str]) -> str | None:
        """The known name nearest to this one; after the first hundred questions None, so that time stays linear."""
        self.suggestions += 1
        return find_nearest(name, known) if self.suggestions <= _MOST_SUGGESTIONS else None

    def take(self, fault: Fault) -> None:
        """Record an error of an expression or a modifier."""
        code, message, start, end, hint = fault
        self.error(code, message, start, end, hint)


class SkipError(Exception):
    """A fault has been reported and nothing more can be said about this piece; never leaves the parser."""
