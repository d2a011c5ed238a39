"""Colours by meaning: factors, observed variables, labels, functions; operators, numbers, texts and comments."""

from collections.abc import Iterator
from typing import NamedTuple

from sem_toolkit.lsp.document import Document
from sem_toolkit.lsp.names import list_occurrences

KINDS = ("class", "variable", "parameter", "function", "operator", "number", "string", "comment", "keyword")
"""Names of the protocol: a factor is a class, a label a parameter, the start of a block a keyword."""

_BLOCKS = frozenset({"group", "level", "class", "block"})
_BY_TOKEN = {
    "number": "number",
    "string": "string",
    "comment": "comment",
    "operator": "operator",
    "split_operator": "operator",
}


class Colored(NamedTuple):
    """A stretch of one line's characters and its kind."""

    start: int
    end: int
    kind: str


def color(document: Document) -> Iterator[Colored]:
    """All coloured stretches in the order of the text, none over a line's end."""
    occurrences = {entry.start: entry for entry in list_occurrences(document.own)}
    tokens = document.own.tokens
    for position, token in enumerate(tokens):
        kind = _BY_TOKEN.get(token.kind, "")
        if token.kind == "name":
            known = occurrences.get(token.start)
            following = tokens[position + 1].text if position + 1 < len(tokens) else ""
            if known is not None:
                kind = "parameter" if known.kind == "label" else "variable"
                kind = "class" if known.kind == "variable" and token.text in document.latent else kind
            elif following == "(":
                kind = "function"
            elif following == ":" and token.text.lower() in _BLOCKS:
                kind = "keyword"
        if kind:
            yield Colored(token.start, token.end, kind)
