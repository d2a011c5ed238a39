"""A script of R or Python where a spec is expected: what stands between its quotes would be the spec."""

import re
from collections.abc import Sequence

from sem_toolkit.spec.tokens import Token

_ASSIGNED = re.compile(
    r"""^[ \t]*[\w.]+[ \t]*(?:<-|=)[ \t]*(?P<quote>\"{3}|'{3}|\"|')(?P<text>.*?)(?P=quote)""", re.MULTILINE | re.DOTALL
)
_OPERATOR = re.compile("[~\u02dc]|:=|==")


def find_script(tokens: Sequence[Token]) -> tuple[str, str, int, int, str] | None:
    """A model in quotes that is assigned to a name, as a fault (code, message, from, up to, hint); None without one."""
    if not any(token.kind in {"string", "open_string"} for token in tokens):
        return None
    text = "".join(token.text for token in tokens)
    for match in _ASSIGNED.finditer(text):
        if not _OPERATOR.search(match["text"]):
            continue
        first = text.count("\n", 0, match.start("text")) + 1
        last = text.count("\n", 0, match.end("text")) + 1
        where = f"in line {first}" if first == last else f"from line {first} to line {last}"
        message = "this is a script; a spec is only the model that stands in its quotes"
        hint = f"keep what is in quotes {where}; data and options belong to the call, sem-toolkit fit SPEC --data FILE"
        return "whole-script", message, match.start(), match.start("text"), hint
    return None
