"""Faults as values, and the exceptions that carry them.

Every fault is first a `Diagnostic`; one renderer a format (text, JSON) turns it into output later.
"""

from sem_toolkit.diagnostics.errors import DataError, EstimationError, ModelError, OptionError, SemError, SpecError
from sem_toolkit.diagnostics.values import Diagnostic, Fix, Related, Severity, Source, Span

__all__ = [
    "DataError",
    "Diagnostic",
    "EstimationError",
    "Fix",
    "ModelError",
    "OptionError",
    "Related",
    "SemError",
    "Severity",
    "Source",
    "Span",
    "SpecError",
]
