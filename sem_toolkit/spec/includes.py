"""Specs that include others: `#' include: measurement.lav` puts that file's model before the spec's own.

The text that is read is the included files one after the other and then the spec, just what `cat measurement.lav
research.lav` gives to R's lavaan, where all of this is comments. Only statements are taken over: the header of an
included file counts for that file alone. Every file is taken once, however often it is included.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from sem_toolkit.diagnostics import DataError, Diagnostic, LineIndex, SemError, Source, SourcePart, SpecError
from sem_toolkit.spec.header import Header, parse_header
from sem_toolkit.spec.tokens import split_tokens

_MARK, _QUIET = "#'", "# "


@dataclass(frozen=True)
class _File:
    """A file on the way to the one being read: its resolved path, for cycles, and the name to show."""

    path: Path
    name: str


def expand_includes(text: str, path: Path, read: Callable[[Path], str]) -> Source:
    """The text with what it includes before it, and where each part is from; the same text where it includes nothing.

    read  gives the text of a file, or raises SemError
    Raises SpecError (a file that is not there, a circle) with the place of the include.
    """
    pieces = list(_expand(text, _File(path.resolve(), str(path)), (), set(), read))
    if len(pieces) == 1:
        return Source(str(path), text)
    parts, line = [], 0
    for number, (name, piece) in enumerate(pieces):
        ended = piece if piece.endswith(("\n", "\r")) or number == len(pieces) - 1 else f"{piece}\n"
        pieces[number] = (name, ended)
        parts.append(SourcePart(name, line))
        line += len(LineIndex(ended).starts) - 1
    return Source(str(path), "".join(piece for _, piece in pieces), tuple(parts))


def list_included(header: Header) -> list[str]:
    """File names of a header's include, in order."""
    return [name.strip() for name in header.include.split(",") if name.strip()]


_COUNTS = ("data", "estimator", "reverse", "parcel", "answers", "options")
"""Keys of a header that change numbers."""


def check_left_headers(header: Header, texts: Mapping[str, str]) -> list[Diagnostic]:
    """A note for each included file whose own header says what the including one does not, as it is not taken over.

    texts  of the included files, by the names to show
    """
    found = []
    for name, text in texts.items():
        own, _ = parse_header(split_tokens(text), LineIndex(text))
        if left := [key for key in _COUNTS if key in own.spans and key not in header.spans]:
            message = f"of {name} the model is taken over, its header is not: {', '.join(left)}"
            hint = "write in this header what is to count here too"
            found.append(Diagnostic("note", "header-not-included", message, hint=hint))
    return found


def _expand(
    text: str, file: _File, above: tuple[_File, ...], seen: set[Path], read: Callable[[Path], str]
) -> Iterator[tuple[str, str]]:
    """(name, text) of everything included below a file, then of the file itself."""
    tokens = split_tokens(text)
    index = LineIndex(text)
    header, _ = parse_header(tokens, index)
    span = header.spans.get("include")
    for name in list_included(header):
        below = Path(file.name).parent / name
        other = _File(below.resolve(), str(below))
        chain = (*above, file)
        if other.path in {entry.path for entry in chain}:
            circle = " includes ".join(f'"{entry.name}"' for entry in (*chain, other))
            message = f"the files include each other in a circle: {circle}"
            raise SpecError(Diagnostic("error", "include-circle", message, span), Source(file.name, text))
        if other.path in seen:
            continue
        seen.add(other.path)
        try:
            content = read(below)
        except SemError as problem:
            fault = problem.diagnostics[0]
            message = f'"{name}" cannot be included: {fault.message}'
            hint = f"file names are relative to the folder of {file.name}"
            code = "missing-include" if isinstance(problem, DataError) else fault.code
            raise SpecError(Diagnostic("error", code, message, span, hint), Source(file.name, text)) from None
        yield from _expand(content, other, chain, seen, read)
    if above:
        yield file.name, _quieten(text, lambda start: True)
    elif header.include and span is not None:
        line = index.starts[span.line - 1]
        yield file.name, _quieten(text, lambda start: start == line)
    else:
        yield file.name, text


def _quieten(text: str, chosen: Callable[[int], bool]) -> str:
    """Header lines as plain comments of the same length, so that every place stays where it is."""
    return "".join(
        _QUIET + token.text[len(_MARK) :]
        if token.kind == "comment" and token.text.startswith(_MARK) and chosen(token.start)
        else token.text
        for token in split_tokens(text)
    )
