"""What the site adds to mkdocs: colours for specs, and a look at what the built pages load."""

import re
import textwrap
from pathlib import Path

import pygments.lexers
from mkdocs.exceptions import Abort
from mkdocs.structure.pages import Page
from pygments.lexer import RegexLexer
from pygments.token import Comment, Keyword, Name, Number, Operator, String, Text

import sem_toolkit

_FILES = re.compile(r"^<!-- files: ([\w. -]+) -->$", re.MULTILINE)
PUBLIC = "<!-- public names -->"
_PRINTED = re.compile(r"^```console\n.*?^```$", re.MULTILINE | re.DOTALL)
_SENTENCE = re.compile(r"(?P<indent> *)(?!\$ |\d+ \||[ │─])(?:(?!  |─).)+")
WIDTH = 92
"""Columns of code that a page of the site has room for."""
_LOADS = re.compile(
    r"<(?:script|img|iframe|link|source)\b[^>]*?\b(?:src|href)=[\"']?(https?:)?//[^\"'> ]+", re.IGNORECASE
)


class LavaanLexer(RegexLexer):
    """Specs: comments and header, operators, labels and numbers before a star."""

    name, aliases, filenames = "lavaan", ["lavaan"], ["*.lav"]
    tokens = {  # noqa: RUF012 - as pygments has it
        "root": [
            (r"^#'.*$", Comment.Special),
            (r"[#!].*$", Comment.Single),
            (r"=~|~~|~\*~|<~|:=|==|\|~|:~|~|\||<|>", Operator),
            (r"\b(?:group|level|class|block)\s*:", Keyword),
            (r"\"[^\"]*\"", String),
            (r"[\w.]+(?=\s*[*?])", Name.Label),
            (r"\d+(?:\.\d+)?(?:e-?\d+)?|\.\d+", Number),
            (r"[^\W\d][\w.]*(?=\()", Name.Function),
            (r"[^\W\d][\w.]*|\.[^\W\d][\w.]*", Name),
            (r"[*+,;()?:^/-]", Operator),
            (r"\s+|.", Text),
        ]
    }


def on_startup(**_: object) -> None:
    """Let fences be written in the language of specs."""
    pygments.lexers._lexer_cache[LavaanLexer.name] = LavaanLexer
    entry = (__name__, LavaanLexer.name, tuple(LavaanLexer.aliases), tuple(LavaanLexer.filenames), ())
    pygments.lexers.LEXERS[LavaanLexer.__name__] = entry


def on_page_markdown(markdown: str, page: Page, **_: object) -> str:
    """The public names of the package in place of the mark for them; links to the files that examples begin with;
    long sentences of commands wrapped, as a terminal does.
    """
    up = "../" * page.file.src_uri.count("/")
    text = _FILES.sub(lambda match: _link_files(match[1].split(), up, markdown), markdown)
    text = _PRINTED.sub(lambda match: "\n".join(map(wrap_sentence, match[0].split("\n"))), text)
    return text.replace(PUBLIC, list_public_names()) if PUBLIC in text else text


def wrap_sentence(line: str) -> str:
    """A long line of words as several; commands and rows of tables, which have columns, as they are."""
    match = _SENTENCE.fullmatch(line)
    if match is None or len(line) <= WIDTH:
        return line
    below = match["indent"] + "  "
    return textwrap.fill(
        line, WIDTH, subsequent_indent=below, break_long_words=False, break_on_hyphens=False, drop_whitespace=True
    )


def _link_files(names: list[str], up: str, markdown: str) -> str:
    """One line with the files that the page itself links nowhere; empty where there are none."""
    links = [f"[{name}]({up}data/{name})" for name in names if f"data/{name})" not in markdown]
    return f"Save {' and '.join(links)} beside the spec.\n" if links else ""


def list_public_names() -> str:
    """Directives of mkdocstrings for what `sem_toolkit.__all__` names, each where it is defined."""
    found = [getattr(sem_toolkit, name) for name in sem_toolkit.__all__]
    functions = [entry for entry in found if not isinstance(entry, type)]
    errors = [entry for entry in found if isinstance(entry, type) and issubclass(entry, Exception)]
    classes = [entry for entry in found if isinstance(entry, type) and entry not in errors]
    sections = []
    for heading, entries in (("Functions", functions), ("Results", classes), ("Errors", errors)):
        sections += [f"## {heading}", *(f"::: {entry.__module__}.{entry.__qualname__}" for entry in entries)]
    return "\n\n".join(sections)


def on_post_build(config: dict[str, str], **_: object) -> None:
    """No page may load anything from elsewhere. Raises Abort with what one would."""
    found = [
        f"{page}: {match[0]}"
        for page in sorted(Path(config["site_dir"]).rglob("*.html"))
        for match in _LOADS.finditer(page.read_text(encoding="utf-8"))
    ]
    if found:
        raise Abort("pages load from elsewhere:\n" + "\n".join(found))
