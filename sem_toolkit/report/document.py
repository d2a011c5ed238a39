"""A report of sections with words and tables, as one self-contained file: HTML, Markdown, LaTeX or Word."""

import base64
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from sem_toolkit.diagnostics import DataError, Diagnostic
from sem_toolkit.files import write_bytes
from sem_toolkit.report.export import Printed, clean_table, clean_text, require_packages
from sem_toolkit.report.pages import escape_latex, escape_markdown, format_heading, format_page, format_sentence


@dataclass(frozen=True, eq=False)
class Picture:
    """A picture beside the report: its file's name from there, its bytes (PNG), what it shows, and its caption."""

    name: str
    png: bytes
    description: str
    caption: str = ""


Block = str | Printed | Picture
"""What stands below a heading: a paragraph, a table, or a picture."""


@dataclass(frozen=True, eq=False)
class Section:
    """A heading and what stands below it, in order; level 1 is a part of the report, 2 a part of this."""

    heading: str
    blocks: tuple[Block, ...] = ()
    level: int = 1

    @property
    def paragraphs(self) -> tuple[str, ...]:
        """The paragraphs alone."""
        return tuple(block for block in self.blocks if isinstance(block, str))

    @property
    def tables(self) -> tuple[Printed, ...]:
        """The tables alone."""
        return tuple(block for block in self.blocks if isinstance(block, Printed))


@dataclass(frozen=True, eq=False)
class Document:
    """A report: its title and its sections."""

    title: str
    sections: tuple[Section, ...]


def require_document_format(path: Path) -> str:
    """The suffix of a path, in lower case. Raises DataError where no report can be written like that, or not here."""
    suffix = path.suffix.lower()
    if suffix not in DOCUMENTS:
        message = f"a report cannot be written as {path.name!r}"
        raise DataError(Diagnostic("error", "unknown-format", message, hint=f"end it in one of {', '.join(DOCUMENTS)}"))
    require_packages(suffix)
    return suffix


def write_document(path: Path, document: Document) -> Path:
    """Write a report in the format of the path's suffix. Raises DataError where that cannot be done."""
    suffix = require_document_format(path)
    write_bytes(path, format_document(suffix, document))
    return path


def format_document(suffix: str, document: Document) -> bytes:
    """A report in one of DOCUMENTS. Raises DataError where a package is missing that makes the format."""
    require_packages(suffix)
    return DOCUMENTS[suffix](_clean(document))


def _clean(document: Document) -> Document:
    sections = (
        Section(clean_text(own.heading), tuple(map(_clean_block, own.blocks)), own.level) for own in document.sections
    )
    return Document(clean_text(document.title), tuple(sections))


def _clean_block(block: Block) -> Block:
    if isinstance(block, str):
        return clean_text(block)
    if isinstance(block, Printed):
        return clean_table(block)
    return replace(block, description=clean_text(block.description), caption=clean_text(block.caption))


def _format_html(document: Document) -> bytes:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("sem_toolkit.report"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    environment.filters["data_address"] = lambda png: f"data:image/png;base64,{base64.b64encode(png).decode()}"
    environment.filters["heading"] = partial(format_heading, "html")
    environment.filters["sentence"] = partial(format_sentence, "html")
    template = environment.get_template("document.html.j2")
    return template.render(document=document).encode()


def _format_markdown(document: Document) -> bytes:
    parts = [f"# {document.title}"]
    for section in document.sections:
        parts.append(f"{'#' * (section.level + 1)} {section.heading}")
        for block in section.blocks:
            if isinstance(block, str):
                parts.append(format_sentence("md", block))
            elif isinstance(block, Printed):
                parts.append(_format_table("md", block).strip("\n"))
            else:
                told = escape_markdown(block.description).replace("[", "\\[").replace("]", "\\]")
                parts += [f"![{told}]({block.name})", *filter(None, [block.caption])]
    return ("\n\n".join(parts) + "\n").encode()


def _format_latex(document: Document) -> bytes:
    packages = ("[utf8]{inputenc}", "{booktabs}", "{graphicx}")
    parts = ["\\documentclass{article}", *(f"\\usepackage{package}" for package in packages), "\\begin{document}"]
    parts += [f"\\title{{{escape_latex(document.title)}}}", "\\date{}", "\\maketitle"]
    for section in document.sections:
        parts.append(f"\\{'sub' * (section.level - 1)}section*{{{escape_latex(section.heading)}}}")
        for block in section.blocks:
            if isinstance(block, str):
                parts.append(format_sentence("tex", block) + "\n")
            elif isinstance(block, Printed):
                parts.append(_format_table("tex", block))
            else:
                picture = f"\\includegraphics[width=\\linewidth]{{{block.name}}}"
                parts.append(f"\\noindent{picture}\\\\{escape_latex(block.caption)}\n")
    return "\n".join([*parts, "\\end{document}", ""]).encode()


def _format_table(suffix: str, table: Printed) -> str:
    rows = [[str(cell) for cell in row] for row in table.frame.itertuples(index=False, name=None)]
    columns = [str(name) for name in table.frame.columns]
    return format_page(suffix, columns, rows, table.numbers, table.title, table.note)


def _format_word(document: Document) -> bytes:
    from docx import Document as WordDocument

    from sem_toolkit.report.word import add_picture, add_sentence, add_table, fits_upright, turn_page

    word = WordDocument()
    word.add_heading(document.title, 0)
    for section in document.sections:
        turn_page(word, is_wide=not all(fits_upright(word, table.frame) for table in section.tables))
        word.add_heading(section.heading, section.level)
        for block in section.blocks:
            if isinstance(block, str):
                add_sentence(word.add_paragraph(), block)
            elif isinstance(block, Printed):
                add_table(word, block)
            else:
                add_picture(word, block.png, block.description, block.caption)
    buffer = io.BytesIO()
    word.save(buffer)
    return buffer.getvalue()


DOCUMENTS: Mapping[str, Callable[[Document], bytes]] = {
    ".html": _format_html,
    ".md": _format_markdown,
    ".docx": _format_word,
    ".tex": _format_latex,
}
