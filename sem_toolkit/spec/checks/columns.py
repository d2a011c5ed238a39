"""The variables of a spec against the columns of the data."""

from collections.abc import Collection, Mapping

from sem_toolkit.diagnostics import Diagnostic, Fix, Span
from sem_toolkit.diagnostics.suggestions import find_nearest
from sem_toolkit.spec.names import latent_variables, observed_variables
from sem_toolkit.spec.names_of_r import make_name
from sem_toolkit.spec.specs import Spec
from sem_toolkit.spec.table import ParameterTable
from sem_toolkit.spec.tree import Formula

_MOST_SUGGESTIONS = 100  # unknown names that all columns are compared with, so that time stays linear


def check_columns(spec: Spec, table: ParameterTable, columns: Collection[str]) -> tuple[Diagnostic, ...]:
    """Errors for observed variables that are no columns, and warnings for factors that have the name of one.

    columns  names of the columns of the data; products such as `a:b` are made from theirs
    """
    known = {*columns}
    factors = latent_variables(table)
    unknown = [
        name
        for name in observed_variables(table)
        if name not in known and not (":" in name and all(part in known for part in name.split(":")))
    ]
    doubled = [name for name in factors if name in known]
    if not unknown and not doubled:
        return ()
    places = _find_places(spec)
    lowered = {column.casefold(): column for column in reversed([*columns, *factors])}
    found = [
        _describe_unknown(name, places.get(name), [*columns, *factors] if number < _MOST_SUGGESTIONS else (), lowered)
        for number, name in enumerate(unknown)
    ]
    for name in doubled:
        message = f'"{name}" is a factor here, but also a column of the data'
        found.append(Diagnostic("warning", "factor-is-column", message, places.get(name), "rename the factor"))
    return tuple(found)


def _describe_unknown(name: str, span: Span | None, known: Collection[str], lowered: Mapping[str, str]) -> Diagnostic:
    nearest = lowered.get(name.casefold()) or find_nearest(name, known)
    written = nearest and (nearest if ":" in nearest else make_name(nearest))
    fixes = (Fix(span, written),) if span and written else ()
    hint = f'did you mean "{nearest}"?' if nearest else None
    if nearest and written != nearest:
        hint = f'did you mean "{nearest}"? Here it is {written}, as R calls it'
    if nearest and nearest.casefold() == name.casefold():
        message = f'"{name}" is not a column of the data; "{nearest}" is, with other capitals'
        return Diagnostic("error", "different-case", message, span, f'write "{nearest}"', fixes=fixes)
    message = f'"{name}" is neither a column of the data nor a latent variable'
    return Diagnostic("error", "unknown-variable", message, span, hint, fixes=fixes)


def _find_places(spec: Spec) -> dict[str, Span]:
    """Where every variable is first named."""
    places: dict[str, Span] = {}
    for statement in spec.statements:
        if isinstance(statement, Formula):
            for term in (*statement.left, *statement.right):
                if term.variable and term.variable not in places:
                    places[term.variable] = spec.span(term.name_start, term.name_end)
    return places
