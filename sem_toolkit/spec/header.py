"""The header of a spec: YAML in lines that begin with `#'`, which lavaan takes for comments."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from sem_toolkit.diagnostics import Diagnostic, LineIndex, Span
from sem_toolkit.diagnostics.suggestions import format_suggestion
from sem_toolkit.spec.tokens import Token

_KEYS = ("title", "claim", "data", "estimator", "options", "diagram")


@dataclass(frozen=True)
class Header:
    """What a spec says about itself.

    title, claim  one line each, for captions and reports
    data          file of the data, relative to the folder of the spec
    estimator     such as "ML"; options are those of the fit by their snake_case names
    diagram       hints for the picture
    spans         where each key stands
    """

    title: str = ""
    claim: str = ""
    data: str = ""
    estimator: str = ""
    options: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))
    diagram: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))
    spans: Mapping[str, Span] = field(default_factory=lambda: MappingProxyType({}), repr=False)


def parse_header(tokens: list[Token], index: LineIndex) -> tuple[Header, list[Diagnostic]]:
    """Read the header from the `#'` comments of a spec; faults are warnings-as-errors with the place of the line."""
    comments = [token for token in tokens if token.kind == "comment" and token.text.startswith("#'")]
    if not comments:
        return Header(), []
    value, faults = _load(comments, index)
    if faults or value is None:
        return Header(), faults
    return _build_header(value, comments, index)


def _load(comments: list[Token], index: LineIndex) -> tuple[dict[str, Any] | None, list[Diagnostic]]:
    import yaml

    # The loader of the standard library of YAML knows plain values only: it never makes objects from tags.
    text = "\n".join(re.sub(r"^#' ?", "", token.text) for token in comments)
    whole = index.span(comments[0].start, comments[-1].end)
    try:
        value = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as problem:
        mark = getattr(problem, "problem_mark", None)
        line = comments[min(mark.line, len(comments) - 1)] if mark is not None else None
        span = index.span(line.start, line.end) if line else whole
        said = getattr(problem, "problem", None) or "it cannot be read"
        return None, [
            Diagnostic(
                "error",
                "invalid-header",
                f"the header is not valid YAML: {said}",
                span,
                'write lines such as "#\' title: My model"',
            )
        ]
    if "*" in text and any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text, Loader=yaml.SafeLoader)):
        # An alias can make a value that holds itself, or one of astronomic size.
        return None, [Diagnostic("error", "invalid-header", "the header cannot use YAML aliases (*)", whole)]
    if value is None:
        return None, []
    if not isinstance(value, dict):
        return None, [
            Diagnostic(
                "error",
                "invalid-header",
                "the header holds no keys",
                whole,
                'write lines such as "#\' title: My model"',
            )
        ]
    return value, []


def _build_header(value: dict[str, Any], comments: list[Token], index: LineIndex) -> tuple[Header, list[Diagnostic]]:
    faults: list[Diagnostic] = []
    found: dict[str, Any] = {}
    spans: dict[str, Span] = {}
    for key, content in value.items():
        span = _find_key(str(key), comments, index)
        if key not in _KEYS:
            hint = format_suggestion(str(key), _KEYS) or f"the header knows {', '.join(_KEYS)}"
            faults.append(Diagnostic("warning", "unknown-header-key", f'the header has no key "{key}"', span, hint))
            continue
        wants_mapping = key in {"options", "diagram"}
        if wants_mapping and content is None:
            continue
        if wants_mapping != isinstance(content, dict) or isinstance(content, list):
            kind = "a mapping of names to values" if wants_mapping else "one line of text"
            faults.append(Diagnostic("error", "invalid-header", f'"{key}" of the header must be {kind}', span))
            continue
        spans[key] = span
        found[key] = (
            MappingProxyType({str(name): item for name, item in content.items()})
            if wants_mapping
            else ""
            if content is None
            else str(content).strip()
        )
    return Header(**found, spans=MappingProxyType(spans)), faults


def _find_key(key: str, comments: list[Token], index: LineIndex) -> Span:
    for token in comments:
        match = re.match(r"#' ?(" + re.escape(key) + r")\s*:", token.text)
        if match:
            return index.span(token.start + match.start(1), token.start + match.end(1))
    return index.span(comments[0].start, comments[-1].end)
