"""The header of a spec: YAML in lines that begin with `#'`, which lavaan takes for comments."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sem_toolkit.diagnostics import Diagnostic, LineIndex, Span
from sem_toolkit.diagnostics.suggestions import format_suggestion
from sem_toolkit.spec.header_values import Entry, HeaderError, parse_header_values, shorten
from sem_toolkit.spec.tokens import Token

KEYS = (
    "title", "claim", "parent", "include", "data", "estimator", "reverse", "parcel", "answers", "options", "choices",
    "diagram",
)  # fmt: skip
_MAPPINGS = frozenset({"options", "choices", "diagram"})
_LINES = frozenset({"parcel", "answers"})
_MARK = re.compile(r"#' ?")
_HINT = 'write lines such as "#\' title: My model"'
_COLON_IN_TEXT = re.compile(r"\s*([a-z_]+):\s+([^\"'\[{|>&*!%@`\s].*:(?:\s.*)?)\Z")
_SEMICOLONS = re.compile(r"\{[^\"']*;")
_MOST_UNKNOWN = 20  # keys that get a warning of their own


@dataclass(frozen=True)
class Header:
    """What a spec says about itself.

    title, claim  one line each, for captions and reports
    parent        name of the spec that this one was made from
    include       files whose statements come before the spec's own, relative to its folder, with commas between them
    data          file of the data, relative to the folder of the spec
    reverse       items to turn about the middle of their scale, with commas between them
    parcel        new columns, such as "p1 = mean(b1, b2, b3)"; a line each
    answers       scales of answers in words, the lowest first, such as "never, rarely, often"; a line each
    estimator     such as "ML"; options are those of the fit by their snake_case names
    choices       what could be decided otherwise, by name (spec/choices.py)
    diagram       hints for the picture
    spans         where each key stands
    """

    title: str = ""
    claim: str = ""
    parent: str = ""
    include: str = ""
    data: str = ""
    estimator: str = ""
    reverse: str = ""
    parcel: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()
    options: Mapping[str, object] = field(default_factory=dict)
    choices: Mapping[str, object] = field(default_factory=dict)
    diagram: Mapping[str, object] = field(default_factory=dict)
    spans: Mapping[str, Span] = field(default_factory=dict, repr=False)


def parse_header(tokens: list[Token], index: LineIndex) -> tuple[Header, list[Diagnostic]]:
    """Read the header from the `#'` comments of a spec, with everything that is wrong with it."""
    comments = [token for token in tokens if token.kind == "comment" and token.text.startswith("#'")]
    if not comments:
        return Header(), []
    lines = [_MARK.sub("", token.text, count=1) for token in comments]
    try:
        entries = parse_header_values("\n".join(lines))
    except HeaderError as fault:
        place = comments if fault.line is None else [comments[min(fault.line, len(comments) - 1)]]
        span = index.span(place[0].start, place[-1].end)
        hint = _HINT if fault.line is None else _advise(lines[min(fault.line, len(lines) - 1)])
        return Header(), [Diagnostic("error", "invalid-header", fault.message, span, hint)]
    starts = [token.end - len(line) for token, line in zip(comments, lines, strict=True)]
    return _build_header(entries, starts, index)


def _advise(line: str) -> str:
    """What to write in place of a line that is no YAML."""
    if _SEMICOLONS.search(line):
        return f"put commas between the entries: {shorten(line.replace(';', ',').strip(), 90)}"
    quoted = _quote_colon(line)
    return f"put quotes around a text with a colon: {shorten(quoted, 90)}" if quoted else _HINT


def _quote_colon(line: str) -> str | None:
    """`title: Study 1: the model` with quotes, so that YAML reads it; None where that is not the fault."""
    match = _COLON_IN_TEXT.match(line)
    return f"{match[1]}: {json.dumps(match[2].strip(), ensure_ascii=False)}" if match else None


def _build_header(entries: list[Entry], starts: list[int], index: LineIndex) -> tuple[Header, list[Diagnostic]]:
    """starts: the offset of the first character of every line, behind its mark."""
    faults: list[Diagnostic] = []
    found: dict[str, Any] = {}
    spans: dict[str, Span] = {}
    unknown: list[tuple[str, Span]] = []
    for entry in entries:
        key = entry.key
        start = starts[entry.line] + entry.column
        span = index.span(start, start + len(key))
        if key not in KEYS:
            unknown.append((key, span))
            continue
        if key in _LINES and (texts := _list_texts(entry)):
            spans.setdefault(key, span)
            found[key] = (*found.get(key, ()), *texts)
            continue
        wants_mapping = key in _MAPPINGS
        if wants_mapping and entry.value is None:
            continue
        if wants_mapping != isinstance(entry.value, dict) or isinstance(entry.value, list):
            faults.append(_describe_wrong_kind(key, entry, wants_mapping, span))
            continue
        spans[key] = span
        found[key] = dict(entry.value) if wants_mapping else (entry.text or "").strip()
    faults += _describe_unknown(unknown)
    return Header(**found, spans=dict(spans)), faults


def _list_texts(entry: Entry) -> tuple[str, ...]:
    """The text of an entry, or the texts of its list; none where it holds anything else."""
    if isinstance(entry.value, list):
        if not all(isinstance(value, str) for value in entry.value):
            return ()
        if entry.key != "parcel":
            return tuple(entry.value)
        # YAML parts `[p1 = mean(b1, b2), ...]` at every comma
        return tuple(f"{text.strip(' ,')})" for text in ", ".join(entry.value).split(")") if text.strip(" ,"))
    return ((entry.text or "").strip(),) if entry.text else ()


def _describe_wrong_kind(key: str, entry: Entry, wants_mapping: bool, span: Span) -> Diagnostic:
    hint = None
    if not wants_mapping and isinstance(entry.value, dict) and entry.value:
        first = shorten(str(next(iter(entry.value))), 30)
        hint = f'put quotes around a text with a colon: {key}: "{first}: …"'
    kind = "a mapping of names to values" if wants_mapping else "one line of text"
    return Diagnostic("error", "invalid-header", f'"{key}" of the header must be {kind}', span, hint)


def _describe_unknown(unknown: list[tuple[str, Span]]) -> list[Diagnostic]:
    """A warning for each of the first few, and one for all others."""
    found = []
    for key, span in unknown[:_MOST_UNKNOWN]:
        hint = format_suggestion(key, KEYS) or f"the header knows {', '.join(KEYS)}"
        message = f'the header has no key "{shorten(key)}"'
        found.append(Diagnostic("warning", "unknown-header-key", message, span, hint))
    if more := unknown[_MOST_UNKNOWN:]:
        message = f"the header has {len(more)} more keys that it does not know"
        found.append(Diagnostic("warning", "unknown-header-key", message, more[0][1], None))
    return found
