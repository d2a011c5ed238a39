"""Labels and definitions: unknown, unused, doubly defined, circular."""

from bisect import bisect_left
from collections.abc import Collection, Iterator, Sequence
from itertools import chain, islice

from sem_toolkit.spec.checks.label_places import Labels, collect_labels
from sem_toolkit.spec.reporting import Reporter
from sem_toolkit.spec.tokens import Token
from sem_toolkit.spec.tree import Constraint, Definition, Formula, Statement

_MOST_LABELS = 2_000  # looked at for a suggestion
_MOST_OF_CIRCLE = 6  # definitions that are shown


def check_labels(
    statements: Sequence[Statement], tokens: Sequence[Token], excused: frozenset[str] | None, reporter: Reporter
) -> None:
    """Report faults of labels and definitions.

    excused  names in faulty statements, which may be labels; None where no statement is faulty
    """
    labels = collect_labels(statements, reporter)
    known = list(islice(chain(labels.given, labels.defined), _MOST_LABELS))
    used: set[str] = set()
    starts = [token.start for token in tokens]
    for statement in statements:
        if isinstance(statement, Definition | Constraint):
            names = _list_names(statement)
            used.update(names)
            unknown = [name for name in names if not labels.knows(name) and name not in (excused or ())]
            if unknown:
                _report_unknown(statement, unknown, labels, known, tokens, starts, reporter)
    _check_order(labels, tokens, starts, reporter)
    if not reporter.has_errors:  # a misspelt label is not an unused one
        _check_unused(labels, used, reporter)
        _check_mistaken(statements, labels, used, reporter)


def _list_names(statement: Definition | Constraint) -> tuple[str, ...]:
    if isinstance(statement, Definition):
        return statement.expression.names
    return tuple(dict.fromkeys((*statement.left.names, *statement.right.names)))


def _find_names(start: int, end: int, tokens: Sequence[Token], starts: Sequence[int]) -> dict[str, tuple[int, int]]:
    """Where every name between two offsets first stands."""
    places: dict[str, tuple[int, int]] = {}
    for token in tokens[bisect_left(starts, start) : bisect_left(starts, end)]:
        if token.kind == "name":
            places.setdefault(token.text, (token.start, token.end))
    return places


def _begin_of_names(statement: Definition | Constraint) -> int:
    return statement.expression_start if isinstance(statement, Definition) else statement.start


def _report_unknown(
    statement: Definition | Constraint,
    unknown: Sequence[str],
    labels: Labels,
    known: Sequence[str],
    tokens: Sequence[Token],
    starts: Sequence[int],
    reporter: Reporter,
) -> None:
    begin = _begin_of_names(statement)
    if isinstance(statement, Definition) and _is_mistaken(statement, unknown, labels):
        _report_mistaken_definition(statement, unknown, reporter)
        return
    places = _find_names(begin, statement.end, tokens, starts)
    for name in unknown:
        start, end = places[name]
        nearest = reporter.find_nearest(name, known)
        hint = f'did you mean "{nearest}"?' if nearest else f'label a parameter with "{name}*…"'
        replacement = (start, end, nearest) if nearest else None
        message = f'no parameter has the label "{name}"'
        if name in labels.variables and not nearest:
            message += "; it is a variable"
        reporter.error("unknown-label", message, start, end, hint, replacement)


def _is_mistaken(statement: Definition, unknown: Sequence[str], labels: Labels) -> bool:
    """`f := x1 + x2`: a sum of which nothing is known is a factor with the wrong operator."""
    known = len(unknown) < len(statement.expression.names)
    return not known and len(unknown) > 1 and {i.text for i in statement.expression.instructions} <= {"+", *unknown}


def _report_mistaken_definition(statement: Definition, unknown: Sequence[str], reporter: Reporter) -> None:
    named = ", ".join(f'"{name}"' for name in unknown[:3]) + (" …" if len(unknown) > 3 else "")
    reporter.error(
        "unknown-label",
        f"no parameters have the labels {named}",
        statement.expression_start,
        statement.end,
        'a factor and its indicators are written "=~"',
        related=((statement.name_start, statement.name_end, '":=" defines a number made of labels'),),
    )


def _check_order(labels: Labels, tokens: Sequence[Token], starts: Sequence[int], reporter: Reporter) -> None:
    """A definition may use those before it, as in lavaan."""
    position = {name: number for number, name in enumerate(labels.defined)}
    circles = _find_circles(labels)
    for circle in circles:
        _report_circle(circle, labels, tokens, starts, reporter)
    circular = {name for circle in circles for name in circle}
    for name, definition in labels.defined.items():
        late = [used for used in definition.expression.names if position.get(used, -1) > position[name]]
        places = _find_names(definition.expression_start, definition.end, tokens, starts) if late else {}
        for used in late:
            if not {name, used} <= circular:
                start, end = places[used]
                other = labels.defined[used]
                reporter.error(
                    "used-before-defined",
                    f'"{used}" is defined further down',
                    start,
                    end,
                    f'move the definition of "{used}" above this one',
                    related=((other.start, other.end, "defined here"),),
                )


def _find_circles(labels: Labels) -> list[list[str]]:
    """Definitions that depend on themselves, each circle once, in the order of dependence (no recursion)."""
    state: dict[str, int] = {}  # 1 on the path, 2 done
    circles: list[list[str]] = []
    for root in labels.defined:
        if root in state:
            continue
        path: list[str] = [root]
        state[root] = 1
        stack: list[Iterator[str]] = [_dependencies(root, labels)]
        while stack:
            name = next(stack[-1], None)
            if name is None:
                state[path.pop()] = 2
                stack.pop()
            elif state.get(name) == 1:
                circles.append(path[path.index(name) :])
            elif name not in state:
                state[name] = 1
                path.append(name)
                stack.append(_dependencies(name, labels))
    return circles


def _dependencies(name: str, labels: Labels) -> Iterator[str]:
    return iter([used for used in labels.defined[name].expression.names if used in labels.defined])


def _report_circle(
    circle: Sequence[str], labels: Labels, tokens: Sequence[Token], starts: Sequence[int], reporter: Reporter
) -> None:
    first = labels.defined[circle[0]]
    follows = circle[1] if len(circle) > 1 else circle[0]
    start, end = _find_names(first.expression_start, first.end, tokens, starts)[follows]
    related = tuple(
        (other.start, other.end, f'"{name}" is defined here')
        for name in circle[1:_MOST_OF_CIRCLE]
        if (other := labels.defined[name])
    )
    shown = [*circle[:_MOST_OF_CIRCLE], *["…"] * (len(circle) > _MOST_OF_CIRCLE), circle[0]]
    reporter.error(
        "circular-definition",
        f'"{circle[0]}" is defined by itself: {" → ".join(shown)}',
        start,
        end,
        "break the circle",
        related=related,
    )


def check_unused_labels(statements: Sequence[Statement], shared: Collection[str], reporter: Reporter) -> None:
    """Report labels that are used nowhere, in the light of a table.

    shared  labels of several rows of the table, which makes these equal: one label for all groups does so
    """
    labels = collect_labels(statements, Reporter(reporter.index))
    used = {*shared}
    for statement in statements:
        if isinstance(statement, Definition | Constraint):
            used.update(_list_names(statement))
    _check_unused(labels, used, reporter)


def _check_unused(labels: Labels, used: set[str], reporter: Reporter) -> None:
    """One warning for the whole spec: labels that only name things are common, and harmless."""
    unused = {
        name: places[0]
        for name, places in labels.given.items()
        if len(places) == 1
        and name not in used
        and name not in labels.variables
        and not places[0].is_equal
        and places[0].values.count(name) == 1
    }
    if not unused:
        return
    first, *others = unused.values()
    named = ", ".join(f'"{name}"' for name in list(unused)[:5]) + (" …" if len(unused) > 5 else "")
    reporter.warning(
        "unused-label",
        f"the label {named} is used nowhere else" if len(unused) == 1 else f"the labels {named} are used nowhere else",
        first.start,
        first.end,
        "labels serve constraints and definitions",
        related=tuple((other.start, other.end, "unused, too") for other in others if other.start != first.start)[:4],
    )


def _check_mistaken(statements: Sequence[Statement], labels: Labels, used: set[str], reporter: Reporter) -> None:
    """`y ~ x1*x2`: a label that is the name of a variable, or stands once before a predictor, is likely a product."""
    suspects = {
        places[0].start: name
        for name, places in labels.given.items()
        if name in labels.variables and name not in used and len(places) == 1
    }
    if not suspects:
        return
    factors = {
        term.variable
        for statement in statements
        if isinstance(statement, Formula) and statement.operator in {"=~", "<~"}
        for term in statement.left
    }
    targets = {
        modifier.start: term.variable
        for statement in statements
        if isinstance(statement, Formula)
        for term in statement.right
        for modifier in term.modifiers
    }
    for start, name in suspects.items():
        modifier, target = labels.given[name][0], targets.get(start, "")
        hint = 'write "+" between two variables, or take another label'
        if target and {name, target} & factors:
            hint = (
                f'"{name}*{target}" is no product; for one of latent variables make products of their indicators and '
                'a factor of these, or write "+" between two variables'
            )
        elif target:
            hint = f'write "{name}:{target}" for their product, "+" between two variables, or take another label'
        message = f'"{name}" is a variable, but stands here as a label'
        reporter.warning("label-is-variable", message, modifier.start, modifier.end, hint)
