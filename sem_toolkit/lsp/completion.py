"""What may be typed at a place: names, columns, labels, operators, keys and options of the header."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from sem_toolkit.fit.declared import OPTIONS
from sem_toolkit.lsp.document import Document
from sem_toolkit.lsp.names import list_occurrences
from sem_toolkit.spec.header import KEYS
from sem_toolkit.spec.tree import FORMULA_KINDS

_HEADER = re.compile(r"\s*#'(.*)\Z", re.DOTALL)
_NAME_END = re.compile(r"[\w.]*\Z")
_NEEDS_OPERATOR = re.compile(r"\s*(?:[\w.]+\s*\+\s*)*[\w.]+\s+\Z")
_LAST_KEY = re.compile(r"([a-z_]+)\s*:\s*[\w.]*\Z")
_IN_OPTIONS = re.compile(r"\s*options:\s*\{?[^}]*\Z|\s{2,}[a-z_]*\Z")
_MODIFIERS = {
    "start": ("start(${1:0.5})*", "a starting value"),
    "equal": ('equal("${1:f=~x2}")*', "equal to another parameter"),
    "NA": ("NA*", "free"),
    "c": ("c(${1:a}, ${2:b})*", "one value or label a group"),
}


@dataclass(frozen=True)
class Suggestion:
    """What is offered, what kind of thing it is, a word on it, and the text to put in (a snippet where it has `$`)."""

    label: str
    kind: Literal["factor", "variable", "column", "label", "operator", "function", "key", "option", "value"]
    detail: str = ""
    insert: str = ""


def suggest(document: Document, offset: int) -> list[Suggestion]:
    """Suggestions for an offset, the likeliest first; none within a comment."""
    line = document.text[document.text.rfind("\n", 0, offset) + 1 : offset]
    header = _HEADER.match(line)
    if header is not None:
        return list(_suggest_header(header[1]))
    if "#" in line or "!" in line:
        return []
    if _NEEDS_OPERATOR.fullmatch(line):
        return [Suggestion(operator, "operator", kind) for operator, kind in FORMULA_KINDS.items()]
    return list(_suggest_names(document, line))


def _suggest_header(line: str) -> Iterator[Suggestion]:
    last = _LAST_KEY.search(line)
    option = OPTIONS.get(last[1]) if last else None
    if option is not None:
        for choice in option.choices:
            yield Suggestion(choice, "value", option.help)
    elif _IN_OPTIONS.match(line):
        for known in OPTIONS.values():
            yield Suggestion(known.name, "option", known.help, f"{known.name}: ")
    elif ":" not in line:
        for name in KEYS:
            yield Suggestion(name, "key", "", f"{name}: ")


def _suggest_names(document: Document, line: str) -> Iterator[Suggestion]:
    typed = _NAME_END.search(line)
    before = line[: typed.start()] if typed else line
    places = list_occurrences(document.own)
    seen: set[str] = set()
    wants_labels = any(operator in line for operator in (":=", "==", "<", ">")) and "<~" not in line
    labels = [entry.name for entry in places if entry.kind == "label"]
    variables = [entry.name for entry in places if entry.kind == "variable"]
    if wants_labels:
        variables = []
    for name in dict.fromkeys(variables if not wants_labels else labels):
        if typed is None or name != typed[0] or (variables + labels).count(name) > 1:
            seen.add(name)
            kind: Literal["factor", "variable", "label"] = "label" if wants_labels else "variable"
            yield Suggestion(name, "factor" if name in document.latent else kind)
    if wants_labels:
        return
    for name in document.columns or ():
        if name not in seen:
            yield Suggestion(name, "column", f"column of {document.data.name if document.data else ''}")
    if before.rstrip().endswith(("~", "+")):
        for name, (insert, detail) in _MODIFIERS.items():
            yield Suggestion(name, "function", detail, insert)
        for name in dict.fromkeys(labels):
            yield Suggestion(name, "label", "label of a parameter", f"{name}*")
