"""The exceptions of the package: one root, one class a kind of fault, each carrying its diagnostics."""

from collections.abc import Iterable

from sem_toolkit.diagnostics.values import Diagnostic, Source


class SemError(Exception):
    """Root of all exceptions that sem_toolkit raises on purpose.

    diagnostics  every fault found, in the order found; at least one
    source       the text that spans point into, where there is one
    """

    def __init__(self, diagnostics: Diagnostic | Iterable[Diagnostic], source: Source | None = None) -> None:
        self.diagnostics: tuple[Diagnostic, ...] = (
            (diagnostics,) if isinstance(diagnostics, Diagnostic) else tuple(diagnostics)
        )
        self.source = source
        super().__init__("; ".join(_format_line(diagnostic) for diagnostic in self.diagnostics))

    def explain(self) -> str:
        """Every fault as a block of text: the message, its line with a caret at the place, and the repair."""
        from sem_toolkit.diagnostics.text import format_diagnostics

        return format_diagnostics(self.diagnostics, self.source)

    def _repr_html_(self) -> str:
        """What a notebook shows of an error that was caught."""
        from html import escape

        return f"<pre>{escape(self.explain())}</pre>"

    def _render_traceback_(self) -> list[str]:
        """What IPython shows of one that was not: the faults, and no trace of this package's own lines."""
        return [f"{type(self).__name__}:", *self.explain().splitlines()]

    def __reduce__(self) -> tuple[type["SemError"], tuple[tuple[Diagnostic, ...], Source | None]]:
        """Copy and pickle by what it was made of: BaseException would call the class with the text alone."""
        return type(self), (self.diagnostics, self.source)


class SpecError(SemError):
    """The spec text is wrong."""


class DataError(SemError):
    """The data are wrong, or do not fit the spec."""


class OptionError(SemError):
    """An option is unknown, has a value that it cannot have, or contradicts another."""


class ModelError(SemError):
    """The model cannot be estimated whatever the data: not identified, empty, contradictory."""


class UnavailableError(ModelError, AttributeError):
    """A result that this model does not have was asked for as an attribute, so that `hasattr` answers False."""


class EstimationError(SemError):
    """No certified optimum was found."""


def _format_line(diagnostic: Diagnostic) -> str:
    place = f"line {diagnostic.span.line}: " if diagnostic.span else ""
    hint = f" ({diagnostic.hint})" if diagnostic.hint else ""
    return f"{place}{diagnostic.message}{hint}"
