"""A variable's new name among the hints that a header gives for the picture."""

import re
from collections.abc import Iterator

from sem_toolkit.spec.specs import Spec, parse_spec
from sem_toolkit.spec.text_edits import Edit, apply_edits


def rename_in_header(text: str, old: str, new: str) -> str:
    """The text with a variable renamed among the hints for its picture: keys, and entries of lists."""
    spec = parse_spec(text)
    span = spec.header.spans.get("diagram")
    if span is None:
        return text
    name = rf"(?<![\w.]){re.escape(old)}(?![\w.])"
    entry = re.compile(rf"(?:(?<=[\[,{{])|(?<=[\[,{{] )|(?<=#'\s{{3}})|^#'\s+(?:- )?)\s*{name}(?=\s*[:,\]}}]|\s*$)")
    edits = []
    for start, line in _iterate_header(spec, span.start):
        for match in entry.finditer(line):
            end = start + match.end()
            edits.append(Edit(end - len(old), end, new))
    return apply_edits(text, edits)


def _iterate_header(spec: Spec, start: int) -> Iterator[tuple[int, str]]:
    """Offset and text of the header's lines from the one with `start` up to the next key."""
    comments = [token for token in spec.tokens if token.kind == "comment" and token.text.startswith("#'")]
    begun = False
    for token in comments:
        if begun and re.match(r"#' ?[a-z_]", token.text):
            return
        begun = begun or token.start <= start < token.end
        if begun:
            yield token.start, token.text
