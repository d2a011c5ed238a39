"""The summary and the HTML of a fit, by the name that `Fit` knows them by; both are loaded when first asked for."""

from collections.abc import Collection
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sem_toolkit.fit import Fit


class ReportPresenter:
    """Shows a fit with the summary of this package."""

    def format_summary(self, fit: "Fit", width: int, extras: Collection[str]) -> str:
        """The summary as plain text."""
        from sem_toolkit.report.summary import format_summary

        return format_summary(fit, width, extras)

    def format_html(self, fit: "Fit") -> str:
        """The summary as HTML."""
        from sem_toolkit.report.html import format_html
        from sem_toolkit.report.summary import build_summary

        return format_html(build_summary(fit))
