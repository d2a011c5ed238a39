"""Changes of a spec that touch as little of its text as possible.

Every function takes a parsed spec and gives back the new text: comments, spacing and all that the change does not
concern stay as they were typed. Parse the result to go on.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from sem_toolkit.diagnostics import Diagnostic, SpecError
from sem_toolkit.spec.flat import name_row
from sem_toolkit.spec.names_of_r import require_name
from sem_toolkit.spec.specs import Spec, parse_spec
from sem_toolkit.spec.text_edits import Edit, apply_edits
from sem_toolkit.spec.tokens import TRIVIA, split_tokens
from sem_toolkit.spec.tree import BlockHeader, Formula, Modifier, Term

Block = tuple[str, ...]
"""A block by the labels of its headers: `()` where there are none, `("a", "within")` of a group's level."""


def apply_fixes(spec: Spec, codes: Iterable[str] | None = None) -> str:
    """The text with the repairs made that the diagnostics propose; `codes` says which, None means all."""
    wanted = None if codes is None else {*codes}
    chosen = [diagnostic for diagnostic in spec.diagnostics if wanted is None or diagnostic.code in wanted]
    fixes = [fix for diagnostic in chosen for fix in diagnostic.fixes]
    return apply_edits(spec.source.text, [Edit(fix.span.start, fix.span.end, fix.replacement) for fix in fixes])


# -- terms


def add_term(spec: Spec, lhs: str, op: str, rhs: str = "", modifier: str = "", block: Block | None = None) -> str:
    """Add a parameter: to the last statement with this left side and operator, or as a statement of its own.

    op        as in the parameter table; `~1` takes no rhs
    modifier  text before the `*`, such as "0.5" or "a"
    block     the block that it is added to (`list_blocks`); None looks at the whole text
    """
    require_name(lhs)
    operator, target = _write_target(op, rhs)
    term = f"{modifier}*{target}" if modifier else target
    formulas = _formulas(spec, block)
    own = [f for f in formulas if f.operator == operator and [t.variable for t in f.left] == [lhs] and f.right]
    text = spec.source.text
    if own:
        end = own[-1].right[-1].end
        return apply_edits(text, [Edit(end, end, f" + {term}")])
    same = [formula for formula in formulas if formula.operator == operator]
    line = f"{lhs} {operator} {term}"
    after = same or (formulas if block is not None else [])
    return _insert_line(spec, line, after[-1] if after else None)


def remove_term(spec: Spec, lhs: str, op: str, rhs: str = "", block: Block | None = None) -> str:
    """Take a parameter out wherever it is typed, of a block or of all; statements left empty go too.

    Raises SpecError if it is nowhere.
    """
    found = False
    text = spec.source.text
    while (place := _find_pair(spec, lhs, op, rhs, block=block)) is not None:
        found = True
        formula, left, right = place
        text = _remove_pair(spec, formula, left, right)
        spec = parse_spec(text, spec.source.name)
    if not found:
        raise _missing(spec, lhs, op, rhs)
    return text


def _remove_pair(spec: Spec, formula: Formula, left: Term, right: Term) -> str:
    text = spec.source.text
    if len(formula.left) == 1 and len(formula.right) == 1:
        return _remove_lines(text, formula.start, formula.end)
    if len(formula.left) == 1:
        return apply_edits(text, [_cut_term(spec, formula.right, right)])
    cut = _cut_term(spec, formula.left, left)
    if len(formula.right) == 1:
        return apply_edits(text, [cut])
    others = [term for term in formula.right if term is not right]
    rest = " + ".join(text[term.start : term.end] for term in others)
    line = f"\n{text[left.start : left.end]} {formula.operator} {rest}"
    return apply_edits(text, [cut, Edit(formula.end, formula.end, line)])


def _cut_term(spec: Spec, terms: Sequence[Term], term: Term) -> Edit:
    """Cut a term with the `+` before it, or for the first one with the `+` behind it."""
    text = spec.source.text
    for before, after in pairwise(terms):
        if after is term:
            start = _find_plus(spec, before.end, after.start)[0]
            return Edit(start, term.end, _keep_comments(text, start, term.end))
    _, end = _find_plus(spec, term.end, terms[1].start)
    while end < terms[1].start and text[end] in " \t":
        end += 1
    return Edit(term.start, end, _keep_comments(text, term.start, end))


def _keep_comments(text: str, start: int, end: int) -> str:
    """What stays of a part that is cut: its comments, so that what follows is none."""
    comments = [token.text for token in split_tokens(text[start:end]) if token.kind == "comment"]
    if not comments:
        return ""
    begins = not text[text.rfind("\n", 0, start) + 1 : start].strip()
    ends = not text[end:].partition("\n")[0].strip()
    return ("" if begins else " ") + "\n".join(comments) + ("" if ends else "\n")


def _find_plus(spec: Spec, start: int, end: int) -> tuple[int, int]:
    """The `+` between two terms, with the spaces before it."""
    plus = next(t for t in split_tokens(spec.source.text[start:end]) if t.text == "+")
    first = start + plus.start
    while first > start and spec.source.text[first - 1] in " \t":
        first -= 1
    return first, start + plus.end


# -- values and labels of parameters


def fix_parameter(spec: Spec, lhs: str, op: str, rhs: str = "", value: float = 0.0, block: Block | None = None) -> str:
    """Fix a parameter to a number; one that is not typed is added."""
    return _set_modifier(spec, lhs, op, rhs, "fixed", f"{value:.15g}", block)


def free_parameter(spec: Spec, lhs: str, op: str, rhs: str = "", block: Block | None = None) -> str:
    """Make a parameter free, a marker too: its number becomes `NA`. One that is not typed is added."""
    return _set_modifier(spec, lhs, op, rhs, "fixed", "NA", block)


def unfix_parameter(spec: Spec, lhs: str, op: str, rhs: str = "", block: Block | None = None) -> str:
    """Take the number before a parameter away, so that rules say what it is. Raises SpecError where there is none."""
    place = _find_pair(spec, lhs, op, rhs, "fixed", block)
    if place is None or not any(modifier.kind == "fixed" for modifier in place[2].modifiers):
        raise _missing(spec, lhs, op, rhs)
    return _set_modifier(spec, lhs, op, rhs, "fixed", "", block)


def label_parameter(spec: Spec, lhs: str, op: str, rhs: str = "", label: str = "", block: Block | None = None) -> str:
    """Give a parameter a label in place of the one it has; an empty one takes it away."""
    if label:
        require_name(label)
    return _set_modifier(spec, lhs, op, rhs, "label", label, block)


def _set_modifier(spec: Spec, lhs: str, op: str, rhs: str, kind: str, written: str, block: Block | None) -> str:
    place = _find_pair(spec, lhs, op, rhs, kind, block)
    if place is None:
        if not written:
            raise _missing(spec, lhs, op, rhs)
        return add_term(spec, lhs, op, rhs, written, block)
    formula, left, right = place
    if len(formula.left) > 1:  # the others keep what they have
        spec = parse_spec(_split_left(spec, formula, left), spec.source.name)
        return _set_modifier(spec, lhs, op, rhs, kind, written, block)
    old = next((modifier for modifier in right.modifiers if modifier.kind == kind), None)
    if old is not None and right.number is not None and old.start == right.name_start:  # the 0 of `y ~ 0`
        return apply_edits(spec.source.text, [Edit(old.start, old.end, f"{written}*1" if written else "1")])
    if old is None:
        edit = Edit(right.start, right.start, f"{written}*" if written else "")
    elif written:
        edit = Edit(old.start, old.end, written)
    else:
        edit = Edit(old.start, find_end_of_mark(spec, old, right), "")
    return apply_edits(spec.source.text, [edit])


def find_end_of_mark(spec: Spec, modifier: Modifier, term: Term) -> int:
    """Offset behind the `*` or `?` that follows a modifier, and the spaces after it."""
    tokens = split_tokens(spec.source.text[modifier.end : term.end])
    mark = next(position for position, token in enumerate(tokens) if token.text in {"*", "?"})
    last = tokens[mark]
    if mark + 1 < len(tokens) and tokens[mark + 1].kind in TRIVIA - {"comment"}:
        last = tokens[mark + 1]
    return modifier.end + last.end


def _split_left(spec: Spec, formula: Formula, left: Term) -> str:
    """Give one of several left sides a statement of its own, below."""
    text = spec.source.text
    right = " + ".join(text[term.start : term.end] for term in formula.right)
    line = f"\n{text[left.start : left.end]} {formula.operator} {right}"
    return apply_edits(text, [_cut_term(spec, formula.left, left), Edit(formula.end, formula.end, line)])


# -- finding and writing


def list_blocks(spec: Spec) -> tuple[Block, ...]:
    """The blocks of a spec by the labels of their headers, in the order in which the parameter table numbers them."""
    return tuple(dict.fromkeys(block for block, _ in _iterate_formulas(spec)))


def _iterate_formulas(spec: Spec) -> Iterator[tuple[Block, Formula]]:
    labels: dict[str, str] = {}
    for statement in spec.statements:
        if isinstance(statement, BlockHeader):
            labels[statement.block] = statement.label
        elif isinstance(statement, Formula):
            yield tuple(labels.values()), statement


def _formulas(spec: Spec, block: Block | None = None) -> list[Formula]:
    return [formula for own, formula in _iterate_formulas(spec) if block is None or own == block]


def _modifiers(formula: Formula) -> Iterator[Modifier]:
    for term in (*formula.left, *formula.right):
        yield from term.modifiers


def _find_pair(
    spec: Spec, lhs: str, op: str, rhs: str, kind: str | None = None, block: Block | None = None
) -> tuple[Formula, Term, Term] | None:
    """The terms that type a parameter: the first of them, or the first with a modifier of a kind if there is one."""
    found = [
        (formula, left, right)
        for formula in _formulas(spec, block)
        for left in formula.left
        for right in formula.right
        if _is_pair(name_row(formula, left, right), (lhs, op, rhs))
    ]
    having = [place for place in found if kind and any(modifier.kind == kind for modifier in place[2].modifiers)]
    return next(iter(having or found), None)


def _is_pair(row: tuple[str, str, str], wanted: tuple[str, str, str]) -> bool:
    return row == wanted or (row[1] == "~~" == wanted[1] and row[::2] == wanted[::-2])


def _write_target(op: str, rhs: str) -> tuple[str, str]:
    if op == "~1":
        return "~", "1"
    for part in rhs.split(":"):
        require_name(part)
    return op, rhs


def _insert_line(spec: Spec, line: str, after: Formula | None) -> str:
    """Put a line below the one in which a statement ends, set in as far, not into another statement; or at the end."""
    text = spec.source.text
    if after is not None:
        end = text.find("\n", after.end)
        while (over := next((s for s in spec.statements if s.start < end < s.end), None)) is not None:
            end = text.find("\n", over.end)
        following = [s for s in spec.statements if s.start > after.start]
        if any(isinstance(s, BlockHeader) and (end < 0 or s.start < end) for s in following):
            return f"{text[: after.end]}; {line}{text[after.end :]}"
        begin = text[text.rfind("\n", 0, after.start) + 1 : after.start]
        line = begin[: len(begin) - len(begin.lstrip(" \t"))] + line
        if end >= 0:
            return f"{text[: end + 1]}{line}\n{text[end + 1 :]}"
    return f"{text}{'' if not text or text.endswith(chr(10)) else chr(10)}{line}\n"


def _remove_lines(text: str, start: int, end: int) -> str:
    """Cut a statement, and its line where nothing else is on it."""
    kept = _keep_comments(text, start, end)
    if kept:
        return text[:start] + kept + text[end:]
    first = start
    while first > 0 and text[first - 1] in " \t":
        first -= 1
    last = end
    while last < len(text) and text[last] in " \t":
        last += 1
    begins = first == 0 or text[first - 1] in "\r\n"
    if text[last : last + 1] == ";":
        last += 1
        while last < len(text) and text[last] in " \t":
            last += 1
        return text[: first if begins else start] + text[last:]
    if begins and (last == len(text) or text[last] in "\r\n"):
        last += 2 if text[last : last + 2] == "\r\n" else 1
        return text[:first] + text[last:]
    return text[:start] + text[end:]


def _missing(spec: Spec, lhs: str, op: str, rhs: str) -> SpecError:
    what = f"{lhs} {op} {rhs}".strip()
    return SpecError(Diagnostic("error", "unknown-parameter", f'the spec does not mention "{what}"'), spec.source)
