"""Faults as values, and the exceptions that carry them.

Every fault is first a `Diagnostic`; one renderer a format (text, JSON) turns it into output later.
"""

from typing import TYPE_CHECKING

from sem_toolkit.loading import offer_lazily

if TYPE_CHECKING:
    from sem_toolkit.diagnostics.absent import build_missing_file, build_missing_folder, build_missing_name
    from sem_toolkit.diagnostics.errors import (
        DataError,
        EstimationError,
        ModelError,
        OptionError,
        SemError,
        SpecError,
        UnavailableError,
    )
    from sem_toolkit.diagnostics.packages import build_missing_package, require_package
    from sem_toolkit.diagnostics.positions import LineIndex
    from sem_toolkit.diagnostics.records import DiagnosticRecord, build_diagnostic_record
    from sem_toolkit.diagnostics.text import format_diagnostic, format_diagnostics
    from sem_toolkit.diagnostics.values import Diagnostic, Fix, Related, Severity, Source, SourcePart, Span

__all__ = [
    "DataError",
    "Diagnostic",
    "DiagnosticRecord",
    "EstimationError",
    "Fix",
    "LineIndex",
    "ModelError",
    "OptionError",
    "Related",
    "SemError",
    "Severity",
    "Source",
    "SourcePart",
    "Span",
    "SpecError",
    "UnavailableError",
    "build_diagnostic_record",
    "build_missing_file",
    "build_missing_folder",
    "build_missing_name",
    "build_missing_package",
    "format_diagnostic",
    "format_diagnostics",
    "require_package",
]

offer_lazily(__name__)
