"""The canonical layout of a spec: one statement a line, one space around operators, operators of a run aligned.

Only white space changes, with three exceptions: semicolons become line ends, operators typed with a space inside or
with an odd tilde become plain, and a `+` that nothing follows is dropped. Comments stay where they were said.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field

from sem_toolkit.spec.specs import Spec
from sem_toolkit.spec.tokens import Token
from sem_toolkit.spec.tree import BlockHeader, Formula, Statement

WIDTH = 100
_MOST_PADDING = 24


def format_spec(spec: Spec) -> str:
    """The text of a spec in the canonical layout; formatting it again changes nothing. Raises SpecError if faulty."""
    spec.require_valid()
    items = _list_items(spec)
    lines: list[str] = []
    for item, width in zip(items, _compute_widths(items), strict=True):
        lines += _format_item(item, width)
    return "\n".join(lines).strip("\n") + "\n"


@dataclass(slots=True)
class _Comment:
    """A comment, and whether it has a line of its own."""

    text: str
    own_line: bool


@dataclass(slots=True)
class _Item:
    """One thing to be laid out: a statement, a comment on its own line, or a blank line (all empty).

    left, operator  what stands before the pieces; empty for blank lines and comments
    pieces          what stands between the `+` of a formula, or all the rest of another statement
    comments        comments after a piece, by its number (-1: before the first)
    """

    left: str = ""
    operator: str = ""
    pieces: list[str] = field(default_factory=list)
    comments: dict[int, list[_Comment]] = field(default_factory=dict)
    is_header: bool = False


def _list_items(spec: Spec) -> list[_Item]:
    """Statements, comments and blank lines in order; several blank lines become one."""
    items: list[_Item] = []
    starts = [token.start for token in spec.tokens]
    position = 0
    for statement in spec.statements:
        first = bisect_left(starts, statement.start)
        _add_between(spec.tokens[position:first], items)
        position = bisect_left(starts, statement.end)
        item = _read_statement(statement, spec.tokens[first:position])
        if item.is_header and items and items[-1].pieces:
            items.append(_Item())
        items.append(item)
    _add_between(spec.tokens[position:], items)
    return items


def _add_between(tokens: Sequence[Token], items: list[_Item]) -> None:
    """Add the comments and blank lines between two statements; a comment behind a statement goes with it."""
    ends = 0
    for token in tokens:
        if token.kind == "newline" and token.text != ";":
            ends += 1
            if ends == 2:
                items.append(_Item())
        elif token.kind == "comment":
            text = token.text.rstrip()
            if ends == 0 and items and items[-1].pieces:
                items[-1].comments.setdefault(len(items[-1].pieces) - 1, []).append(_Comment(text, False))
            else:
                items.append(_Item(comments={-1: [_Comment(text, True)]}))
            ends = 0


def _read_statement(statement: Statement, tokens: Sequence[Token]) -> _Item:
    if isinstance(statement, Formula):
        return _read_formula(statement, tokens)
    item = _Item(is_header=isinstance(statement, BlockHeader))
    words: list[Token] = []
    for token in tokens:
        if token.kind == "comment":
            item.comments.setdefault(0, []).append(_Comment(token.text.rstrip(), False))
        elif token.kind not in {"space", "newline"}:
            words.append(token)
    item.pieces = [f"{words[0].text.lower()}: {words[2].text}" if item.is_header else _format_expression(words)]
    return item


def _read_formula(formula: Formula, tokens: Sequence[Token]) -> _Item:
    item = _Item(operator=formula.operator)
    left: list[list[Token]] = [[]]
    right: list[list[Token]] = [[]]
    depth = 0
    previous = ""
    for token in tokens:
        side = left if token.start < formula.operator_start else right
        if token.kind == "comment":
            place = -1 if side is left else len(right) - (1 if right[-1] else 2)
            item.comments.setdefault(place, []).append(_Comment(token.text.rstrip(), previous == "newline"))
            previous = "comment"
        elif token.kind == "newline":
            previous = "newline"
        elif token.kind != "space":
            previous = ""
            depth += (token.text == "(") - (token.text == ")")
            if token.text == "+" and depth == 0:
                side.append([])
            elif not formula.operator_start <= token.start < formula.operator_end:
                side[-1].append(token)
    item.left = " + ".join(_format_compact(part) for part in left if part)
    item.pieces = [_format_compact(part) for part in right if part]
    return item


def _format_compact(tokens: Sequence[Token]) -> str:
    """A term: no space but after commas, `c(1, 2)*x`."""
    return "".join(token.text + " " if token.text == "," else token.text for token in tokens)


def _format_expression(tokens: Sequence[Token]) -> str:
    """A definition or constraint: spaces around `:= == < >` and around plus and minus between two values."""
    parts: list[str] = []
    wants_value = True
    for token in tokens:
        if token.kind in {"operator", "split_operator"}:
            parts.append(f" {token.symbol} ")
            wants_value = True
        elif token.text in {"+", "-"} and not wants_value:
            parts.append(f" {token.text} ")
            wants_value = True
        elif token.text == ",":
            parts.append(", ")
            wants_value = True
        else:
            parts.append(token.text)
            wants_value = token.text in {"(", "*", "/", "^", "+", "-"}
    return "".join(parts)


def _compute_widths(items: Sequence[_Item]) -> list[int]:
    """For every item the width of its left side: that of the longest in a run of formulas with the same operator."""
    widths = [0] * len(items)
    first = 0
    while first < len(items):
        last = first + 1
        if items[first].operator:
            while last < len(items) and items[last].operator == items[first].operator:
                last += 1
            lengths = [len(item.left) for item in items[first:last]]
            width = max((length for length in lengths if length <= _MOST_PADDING), default=0)
            widths[first:last] = [width] * (last - first)
        first = last
    return widths


def _format_item(item: _Item, width: int) -> list[str]:
    if item.operator:
        return _format_formula(item, width)
    if item.pieces:
        return [_add_last_comments(item.pieces[0], item.comments.get(0, []))]
    return [comment.text for comment in item.comments.get(-1, [])] or [""]


def _format_formula(item: _Item, width: int) -> list[str]:
    """Pieces joined by `+`, broken behind one where the line would be too long, and behind a comment."""
    lead = f"{item.left:<{width}} {item.operator} "
    indent = " " * len(lead) if len(lead) <= WIDTH // 2 else "    "
    lines = _add_comments([lead.rstrip()], item.comments[-1], indent) if -1 in item.comments else [lead]
    current = indent if -1 in item.comments else lines.pop()
    empty = True
    last = len(item.pieces) - 1
    for number, piece in enumerate(item.pieces):
        text = piece + (" +" if number < last else "")
        if not empty and len(current) + 1 + len(text) > WIDTH:
            lines.append(current)
            current, empty = indent, True
        current += text if empty else " " + text
        empty = False
        comments = item.comments.get(number, [])
        if comments and number == last:
            current = _add_last_comments(current, comments)
        elif comments:
            lines += _add_comments([current], comments, indent)
            current, empty = indent, True
    return [*lines, current]


def _add_comments(lines: list[str], comments: Sequence[_Comment], indent: str) -> list[str]:
    """Comments behind the last line, or below it where they had a line of their own."""
    for number, comment in enumerate(comments):
        if comment.own_line or number > 0:
            lines.append(indent + comment.text)
        else:
            lines[-1] = f"{lines[-1].rstrip()}  {comment.text}"
    return lines


def _add_last_comments(line: str, comments: Sequence[_Comment]) -> str:
    """All comments behind the end of a statement: below it they would no longer be its own."""
    return "  ".join([line, " ".join(comment.text for comment in comments)]) if comments else line
