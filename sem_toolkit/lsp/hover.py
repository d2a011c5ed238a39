"""What a term becomes, told at the place where it stands."""

from collections.abc import Iterator

from sem_toolkit.lsp.document import Document
from sem_toolkit.lsp.estimates import EstimateRows
from sem_toolkit.lsp.names import find_occurrence, list_same
from sem_toolkit.spec import Parameter

_MOST = 8


def describe_place(document: Document, offset: int, estimates: EstimateRows | None = None) -> str:
    """Markdown on the name and the parameters at an offset; empty where nothing is to be said."""
    parts = [*_describe_name(document, offset), *_describe_rows(document, offset, estimates)]
    return "\n\n".join(parts)


def _describe_name(document: Document, offset: int) -> Iterator[str]:
    found = find_occurrence(document.own, offset)
    if found is None:
        return
    if found.kind == "label":
        times = len(list_same(document.own, found))
        yield f"**{found.name}** · label or defined parameter, in {times} places"
        return
    roles = document.table.roles[0] if document.table is not None and document.table.roles else None
    role = "variable"
    if roles is not None:
        kinds = (
            ("composite", roles.composites),
            ("factor", roles.latent),
            ("indicator", roles.indicators),
            ("exogenous variable", roles.exogenous_observed),
            ("outcome", roles.outcomes),
        )
        role = next((name for name, members in kinds if found.name in members), role)
    column = ""
    if document.columns is not None and role != "factor":
        known = found.name in document.columns
        column = f", {'a column' if known else 'no column'} of {document.data.name if document.data else ''}"
    yield f"**{found.name}** · {role}{column}"


def _describe_rows(document: Document, offset: int, estimates: EstimateRows | None) -> Iterator[str]:
    if document.table is None:
        return
    offset += len(document.spec.source.text) - len(document.text)
    rows = [
        row for row in document.table.rows if row.origin.span and row.origin.span.start <= offset <= row.origin.span.end
    ]
    for row in rows[:_MOST]:
        yield _describe_row(row, estimates if estimates is not None and estimates.text == document.text else None)
    if len(rows) > _MOST:
        yield f"… and {len(rows) - _MOST} more parameters"


def _describe_row(row: Parameter, estimates: EstimateRows | None) -> str:
    name = f"{row.lhs} {row.op} {row.rhs}".strip()
    group = f", group {row.group}" if row.group and row.group > 1 else ""
    state = (
        "free"
        if row.free
        else "data"
        if row.is_given
        else "fixed"
        if row.ustart is None
        else f"fixed to {row.ustart:g}"
    )
    label = f', label "{row.label}"' if row.label else ""
    line = f"`{name}` · {state}{label}{group} · {row.origin.rule}"
    told = estimates.describe(row) if estimates is not None else ""
    return f"{line}\n\n{told}" if told else line
