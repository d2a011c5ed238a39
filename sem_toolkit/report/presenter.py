"""Results as text and as HTML, each by functions that are loaded when they are asked for."""

from collections.abc import Collection
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sem_toolkit.fit import Fit


def format_summary(fit: "Fit", width: int, extras: Collection[str]) -> str:
    """The summary as plain text."""
    from sem_toolkit.report.summary import format_summary

    return format_summary(fit, width, extras)


def format_html(fit: "Fit") -> str:
    """The summary as HTML."""
    from sem_toolkit.report.html import format_html
    from sem_toolkit.report.summary import build_summary

    return format_html(build_summary(fit))
