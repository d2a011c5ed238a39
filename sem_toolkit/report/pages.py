"""Tables as Markdown, LaTeX and HTML, by a template a format (templates/); what a format would interpret is literal."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from html import escape as escape_html
from typing import Any

from sem_toolkit.report.symbols import mark, split_heading, split_sentence

Escape = Callable[[str], str]

_LATEX = str.maketrans({
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "β": r"$\beta$", "χ": r"$\chi$", "²": r"$^2$", "−": "$-$",
    "–": "--", "\N{NO-BREAK SPACE}": "~", "Δ": r"$\Delta$", "ω": r"$\omega$", "<": r"$<$", ">": r"$>$", "≤": r"$\leq$",
})  # fmt: skip
_LATEX_SIGNS = {
    "block_start_string": "(%", "block_end_string": "%)", "variable_start_string": "(((", "variable_end_string": ")))",
    "comment_start_string": "((#", "comment_end_string": "#))",
}  # fmt: skip


def escape_markdown(text: str) -> str:
    """A cell of a Markdown table."""
    return text.replace("|", "\\|").replace("\n", " ")


def escape_latex(text: str) -> str:
    """A text whose every character LaTeX prints as it is."""
    return text.translate(_LATEX)


MARKS: Mapping[str, tuple[str, str]] = {
    "md": ("*", "*"),
    "tex": (r"\textit{", "}"),
    "html": ("<i>", "</i>"),
}
"""By suffix: what stands around a symbol."""
FORMATS: Mapping[str, tuple[Escape, Mapping[str, str]]] = {
    "md": (escape_markdown, {}),
    "tex": (escape_latex, _LATEX_SIGNS),
    "html": (str, {}),  # the template engine escapes
}
"""By suffix: how a cell is escaped, and what a template's own signs are where the usual ones would be in the way."""


def format_heading(suffix: str, text: str) -> str:
    """What stands over a column, its symbols in italics."""
    return mark(split_heading(text), *MARKS[suffix], _find_escape(suffix))


def format_sentence(suffix: str, text: str) -> str:
    """A paragraph or a note, its symbols in italics."""
    escape = str if suffix == "md" else _find_escape(suffix)  # sentences are Markdown as they stand
    return mark(split_sentence(text), *MARKS[suffix], escape)


def _find_escape(suffix: str) -> Escape:
    return escape_html if suffix == "html" else FORMATS[suffix][0]


def format_page(
    suffix: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    numbers: frozenset[str] = frozenset(),
    title: str = "",
    note: str = "",
) -> str:
    """A table with its title and note in one of FORMATS; columns in `numbers` stand to the right."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    escape, signs = FORMATS[suffix]
    settings: dict[str, Any] = dict(signs)
    environment = Environment(
        loader=PackageLoader("sem_toolkit.report"),
        autoescape=suffix == "html",  # noqa: S701 - the others are no HTML, and escape by `cell`
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        **settings,
    )
    environment.filters["cell"] = escape
    environment.filters["heading"] = partial(format_heading, suffix)
    environment.filters["sentence"] = partial(format_sentence, suffix)
    template = environment.get_template(f"table.{suffix}.j2")
    return template.render(columns=columns, rows=rows, numbers=numbers, title=title, note=note)
