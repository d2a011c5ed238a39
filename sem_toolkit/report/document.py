"""A report of sections with words and tables, as one self-contained file: HTML, Markdown, LaTeX or Word."""

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from sem_toolkit.diagnostics import DataError, Diagnostic
from sem_toolkit.report.export import Printed, clean_table, clean_text, write_with_packages
from sem_toolkit.report.pages import FORMATS, format_page


@dataclass(frozen=True, eq=False)
class Section:
    """A heading, paragraphs below it, and tables below these."""

    heading: str
    paragraphs: tuple[str, ...] = ()
    tables: tuple[Printed, ...] = ()


@dataclass(frozen=True, eq=False)
class Document:
    """A report: its title and its sections."""

    title: str
    sections: tuple[Section, ...]


def require_document_format(path: Path) -> str:
    """The suffix of a path, in lower case. Raises DataError where no report can be written like that."""
    suffix = path.suffix.lower()
    if suffix not in DOCUMENTS:
        message = f"a report cannot be written as {path.name!r}"
        raise DataError(Diagnostic("error", "unknown-format", message, hint=f"end it in one of {', '.join(DOCUMENTS)}"))
    return suffix


def write_document(path: Path, document: Document) -> Path:
    """Write a report in the format of the path's suffix. Raises DataError where that cannot be done."""
    suffix = require_document_format(path)
    return write_with_packages(path, suffix, lambda: DOCUMENTS[suffix](_clean(document)))


def _clean(document: Document) -> Document:
    sections = (
        Section(clean_text(own.heading), tuple(map(clean_text, own.paragraphs)), tuple(map(clean_table, own.tables)))
        for own in document.sections
    )
    return Document(clean_text(document.title), tuple(sections))


def _format_html(document: Document) -> bytes:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("sem_toolkit.report"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    template = environment.get_template("document.html.j2")
    return template.render(document=document).encode()


def _format_markdown(document: Document) -> bytes:
    parts = [f"# {document.title}"]
    for section in document.sections:
        parts += [f"## {section.heading}", *section.paragraphs]
        parts += [_format_table("md", table).strip("\n") for table in section.tables]
    return ("\n\n".join(parts) + "\n").encode()


def _format_latex(document: Document) -> bytes:
    escape, _ = FORMATS["tex"]
    parts = ["\\documentclass{article}", "\\usepackage[utf8]{inputenc}", "\\usepackage{booktabs}", "\\begin{document}"]
    parts += [f"\\title{{{escape(document.title)}}}", "\\date{}", "\\maketitle"]
    for section in document.sections:
        parts += [f"\\section*{{{escape(section.heading)}}}", *(escape(words) + "\n" for words in section.paragraphs)]
        parts += [_format_table("tex", table) for table in section.tables]
    return "\n".join([*parts, "\\end{document}", ""]).encode()


def _format_table(suffix: str, table: Printed) -> str:
    rows = [[str(cell) for cell in row] for row in table.frame.itertuples(index=False, name=None)]
    columns = [str(name) for name in table.frame.columns]
    return format_page(suffix, columns, rows, table.numbers, table.title, table.note)


def _format_word(document: Document) -> bytes:
    from docx import Document as WordDocument

    from sem_toolkit.report.word import add_table

    word = WordDocument()
    word.add_heading(document.title, 0)
    for section in document.sections:
        word.add_heading(section.heading, 1)
        for words in section.paragraphs:
            word.add_paragraph(words)
        for table in section.tables:
            add_table(word, table)
    buffer = io.BytesIO()
    word.save(buffer)
    return buffer.getvalue()


DOCUMENTS: Mapping[str, Callable[[Document], bytes]] = {
    ".html": _format_html,
    ".md": _format_markdown,
    ".docx": _format_word,
    ".tex": _format_latex,
}
