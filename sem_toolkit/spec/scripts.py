"""A script of R or Python where a spec is expected, of which the quotes would hold the spec; or an input of Mplus."""

import re
from collections.abc import Sequence

from sem_toolkit.spec.tokens import Token

_ASSIGNED = re.compile(
    r"""^[ \t]*[\w.]+[ \t]*(?:<-|=)[ \t]*(?P<quote>\"{3}|'{3}|\"|')(?P<text>.*?)(?P=quote)""", re.MULTILINE | re.DOTALL
)
_MPLUS_PARTS = frozenset({"title", "data", "variable", "analysis", "model", "output", "define", "savedata", "plot"})
_MPLUS_PART = re.compile(rf"^[ \t]*({'|'.join(sorted(_MPLUS_PARTS))})[ \t]*:(?![=~])", re.MULTILINE | re.IGNORECASE)
_MPLUS_MESSAGE = "this is an input file of Mplus; a spec is only the model, in lavaan's words"
_MPLUS_HINT = (
    'write "f1 =~ y1 + y2 + y3" for "f1 BY y1-y3;", "~" for ON, "~~" for WITH, "y ~ 1" for "[y];", "0.5*x" for x@0.5; '
    "data and options belong to the call, sem-toolkit fit SPEC --data FILE"
)
_OPERATOR = re.compile("[~\u02dc]|:=|==")


def find_script(tokens: Sequence[Token]) -> tuple[str, str, int, int, str] | None:
    """A model in quotes that is assigned to a name, or one of Mplus, as a fault (code, message, from, up to, hint)."""
    mplus = [token for token in tokens if token.text.lower() in _MPLUS_PARTS]
    if len(mplus) > 1:
        text = "".join(token.text for token in tokens)
        parts = list(_MPLUS_PART.finditer(text))
        if len({match[1].lower() for match in parts} & _MPLUS_PARTS) > 1:
            return "whole-script", _MPLUS_MESSAGE, parts[0].start(1), parts[0].end(1), _MPLUS_HINT
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
