"""The spec: text, statements, header and what is wrong with them."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from sem_toolkit.caching import cached_property
from sem_toolkit.diagnostics import DataError, Diagnostic, LineIndex, Source, Span, SpecError, build_missing_file
from sem_toolkit.spec.checks.statements import check_statements
from sem_toolkit.spec.collector import paused_collector
from sem_toolkit.spec.header import Header, parse_header
from sem_toolkit.spec.includes import check_left_headers, expand_includes
from sem_toolkit.spec.parser import parse_statements
from sem_toolkit.spec.reporting import Reporter
from sem_toolkit.spec.tokens import Token, split_tokens
from sem_toolkit.spec.tree import Statement

ENDINGS = frozenset({".lav", ".lavaan", ".txt", ".mod"})
"""Endings that files of specs have by custom; a spec is read from any."""


@dataclass(frozen=True, repr=False)
class Spec:
    """A parsed spec. It may be faulty: `diagnostics` say how, and `require_valid` raises.

    tokens  every character of the text is in exactly one of them: joined they are the text
    """

    source: Source
    tokens: tuple[Token, ...]
    statements: tuple[Statement, ...]
    header: Header
    diagnostics: tuple[Diagnostic, ...]

    @property
    def text(self) -> str:
        """The text, put together from the tokens; always the text that was parsed."""
        return "".join(token.text for token in self.tokens)

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        """The diagnostics that stop the work."""
        return tuple(diagnostic for diagnostic in self.diagnostics if diagnostic.severity == "error")

    @cached_property
    def line_index(self) -> LineIndex:
        """Lines and columns of the text."""
        return LineIndex(self.source.text, self.source.parts)

    def span(self, start: int, end: int) -> Span:
        """The span of the characters from `start` up to, not including, `end`."""
        return self.line_index.span(start, end)

    def __str__(self) -> str:
        """The text."""
        return self.text

    def __repr__(self) -> str:
        """One line: what it is called, how many statements it has, and how many faults were found."""
        faults = f", {len(self.errors)} errors" if self.errors else ""
        return f"<Spec of {self.source.name!r}: {len(self.statements)} statements{faults}>"

    def _repr_html_(self) -> str:
        """What a notebook shows: the text, and below it every message with a caret at its place."""
        from html import escape

        from sem_toolkit.diagnostics.text import format_diagnostics

        shown = [self.text.rstrip(), format_diagnostics(self.diagnostics, self.source)]
        return "\n".join(f"<pre>{escape(part)}</pre>" for part in shown if part)

    def require_valid(self) -> None:
        """Raise SpecError with all errors, if there are any."""
        if self.errors:
            raise SpecError(self.errors, self.source)


def parse_spec(text: str, name: str = "<spec>") -> Spec:
    """Read a spec. Never raises for bad text: all faults are in `Spec.diagnostics`, in the order of the text.

    name  what the text is called in messages, such as its file name
    """
    return _parse(Source(name, text))


def _parse(source: Source, expanded: bool = True) -> Spec:
    """expanded: includes were put in the text already, so that one that is left is a fault."""
    with paused_collector():
        return _parse_quickly(source, expanded)


def _parse_quickly(source: Source, expanded: bool) -> Spec:
    tokens = split_tokens(source.text)
    reporter = Reporter(LineIndex(source.text, source.parts))
    header, faults = parse_header(tokens, reporter.index)
    if header.include and expanded:
        message = "a text that is no file has no folder in which to look for what it includes"
        hint = "give the spec by its path"
        faults.append(Diagnostic("error", "include-without-file", message, header.spans.get("include"), hint))
    statements = tuple(parse_statements(tokens, reporter))
    if statements:
        check_statements(statements, tokens, reporter)
    else:
        span = reporter.index.span(0, 0)
        faults.append(Diagnostic("error", "empty-spec", "the spec is empty", span, 'write a model, such as "y ~ x"'))
    found = sorted([*faults, *reporter.diagnostics], key=lambda d: (d.span.start, d.span.end) if d.span else (0, 0))
    return Spec(source, tuple(tokens), statements, header, tuple(found))


def read_spec(path: str | Path, expand: bool = True) -> Spec:
    """Read a spec from a file (UTF-8), and what it includes; raises DataError or SpecError where it is no text.

    expand  put what the header includes before the spec's own text, and name the file in every place; without it
            the spec is the file's own text, for those who write it again
    """
    return parse_text_of_file(_read_text(Path(path)), Path(path), expand)


def parse_text_of_file(
    text: str, path: Path | None, expand: bool = True, require: Callable[[Path], object] | None = None
) -> Spec:
    """Read a text that is, or is to be, what a file holds (None: one without a name yet, which includes nothing).

    require  raises SemError for a file that may not be included; None leaves all that can be read
    Raises DataError or SpecError for files that it includes, where `expand` asks for them.
    """
    if path is None:
        return _parse(Source("<spec>", text), expand)

    def read(file: Path) -> str:
        if require is not None:
            require(file)
        return texts.setdefault(str(file), _read_text(file))

    texts: dict[str, str] = {}
    found = _parse(expand_includes(text, path, read) if expand else Source(str(path), text), expand)
    left = check_left_headers(found.header, texts)
    return replace(found, diagnostics=(*found.diagnostics, *left)) if left else found


def _read_text(file: Path) -> str:
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        raise DataError(build_missing_file(file, endings=ENDINGS)) from None
    except OSError as problem:
        reason = problem.strerror or "it cannot be opened"
        raise DataError(_file_fault("unreadable-file", f'"{file}" cannot be read: {reason}')) from None
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        line = content[: problem.start].count(b"\n") + 1
        message = f'"{file}" is not a text in UTF-8 (line {line})'
        raise SpecError(_file_fault("not-text", message, "save the file with the encoding UTF-8")) from None
    if "\x00" in text:
        raise SpecError(_file_fault("not-text", f'"{file}" is not a text file')) from None
    return text


def _file_fault(code: str, message: str, hint: str | None = None) -> Diagnostic:
    return Diagnostic("error", code, message, None, hint)
