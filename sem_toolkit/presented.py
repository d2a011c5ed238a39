"""What every result offers to people: a summary, a view in notebooks, and its tables as frames and as files."""

from pathlib import Path
from typing import TYPE_CHECKING

from sem_toolkit.loading import call_above

if TYPE_CHECKING:
    import pandas as pd


class Tabled:
    """Something with tables that people look at: one main table, and perhaps others by name (`tables`).

    Words and tables for people are made by the report layer, which is loaded when somebody looks.
    """

    @property
    def tables(self) -> tuple[str, ...]:
        """Names of the tables that there are to be asked for, the main one first."""
        return tuple(call_above("report.presenter.list_tables", self))

    def summary(self, width: int = 120) -> str:
        """The result as text in lines of at most `width` columns."""
        return str(call_above("report.presenter.format_summary", self, width))

    def to_frame(self, table: str | None = None) -> "pd.DataFrame":
        """A table with its numbers in full; None for the main one. Raises OptionError for a name that is not there."""
        return call_above("report.presenter.build_frame", self, table)

    def to_html(self, table: str | None = None) -> str:
        """A table for print as HTML: numbers rounded, APA's rules. Raises as `to_frame` does."""
        return str(call_above("report.presenter.format_table", self, table, ".html"))

    def to_markdown(self, table: str | None = None) -> str:
        """The same as Markdown."""
        return str(call_above("report.presenter.format_table", self, table, ".md"))

    def to_latex(self, table: str | None = None) -> str:
        """The same as LaTeX, for a document that loads booktabs."""
        return str(call_above("report.presenter.format_table", self, table, ".tex"))

    def __str__(self) -> str:
        return self.summary()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {call_above('report.presenter.get_title', self)!r}>"


class Presented(Tabled):
    """A result that people look at. All results have these methods, with the same arguments."""

    def to_word(self, path: str | Path, table: str | None = None) -> Path:
        """Write the same as a Word document (.docx). Raises DataError where python-docx is missing."""
        path = Path(path)
        return self.write(path if path.suffix.lower() == ".docx" else path.with_name(f"{path.name}.docx"), table)

    def write(self, path: str | Path, table: str | None = None) -> Path:
        """Write a table in the format of the path's suffix: .csv and .xlsx with the numbers in full, the others for
        print (.md .tex .html .docx). Raises DataError for another suffix or a place that cannot be written to.
        """
        return Path(call_above("report.presenter.write_result", self, Path(path), table))

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        return str(call_above("report.presenter.format_html", self))
