"""The words of the protocol for what the other modules find: positions, diagnostics, symbols, suggestions, colours."""

from collections.abc import Iterator

from lsprotocol import types

from sem_toolkit.diagnostics import Diagnostic, Span
from sem_toolkit.lsp import coloring
from sem_toolkit.lsp.completion import Suggestion
from sem_toolkit.lsp.document import Document
from sem_toolkit.lsp.layout import list_layout_changes
from sem_toolkit.lsp.names import Occurrence
from sem_toolkit.lsp.outline import Symbol
from sem_toolkit.lsp.positions import TextMap

SOURCE = "sem-toolkit"
_SEVERITIES = {
    "error": types.DiagnosticSeverity.Error,
    "warning": types.DiagnosticSeverity.Warning,
    "note": types.DiagnosticSeverity.Information,
}
_SUGGESTION_KINDS = {
    "factor": types.CompletionItemKind.Class,
    "variable": types.CompletionItemKind.Variable,
    "column": types.CompletionItemKind.Field,
    "label": types.CompletionItemKind.Reference,
    "operator": types.CompletionItemKind.Operator,
    "function": types.CompletionItemKind.Function,
    "key": types.CompletionItemKind.Property,
    "option": types.CompletionItemKind.Property,
    "value": types.CompletionItemKind.Value,
}
_SYMBOL_KINDS = {
    "factor": types.SymbolKind.Class,
    "regression": types.SymbolKind.Function,
    "covariance": types.SymbolKind.Interface,
    "definition": types.SymbolKind.Variable,
    "constraint": types.SymbolKind.Constant,
    "block": types.SymbolKind.Namespace,
}
LEGEND = types.SemanticTokensLegend(token_types=list(coloring.KINDS), token_modifiers=[])


def build_diagnostic(document: Document, at: TextMap, uri: str, entry: Diagnostic) -> types.Diagnostic:
    """A diagnostic at its place; one of an included file at the head of the text, with the file named."""
    span = entry.span
    own = span is not None and _is_own(document, span)
    message = entry.message if own or span is None else f"{span.file}:{span.line}: {entry.message}"
    if entry.hint:
        message += f"\n{entry.hint}"
    related = [
        types.DiagnosticRelatedInformation(types.Location(uri, _range_of(at, other.span)), other.message)
        for other in entry.related
        if _is_own(document, other.span)
    ]
    return types.Diagnostic(
        range=_range_of(at, span)
        if own and span is not None
        else types.Range(types.Position(0, 0), types.Position(0, 0)),
        message=message,
        severity=_SEVERITIES[entry.severity],
        code=entry.code,
        source=SOURCE,
        related_information=related or None,
    )


def list_layout_edits(at: TextMap, old: str, new: str) -> list[types.TextEdit]:
    """The changes of lines that make one text of another: what stays is not touched, nor the cursor in it."""
    return [types.TextEdit(build_range(at, start, end), text) for start, end, text in list_layout_changes(old, new)]


def build_token_data(at: TextMap, document: Document) -> list[int]:
    """Coloured stretches as the protocol has them: lines and characters from the one before, length, kind."""
    data: list[int] = []
    line = character = 0
    for start, end, kind in coloring.color(document):
        first, last = at.place(start), at.place(end)
        if first[0] != last[0]:
            continue
        data += [first[0] - line, first[1] - (character if first[0] == line else 0), last[1] - first[1]]
        data += [coloring.KINDS.index(kind), 0]
        line, character = first
    return data


def list_actions(document: Document, at: TextMap, uri: str, within: types.Range) -> Iterator[types.CodeAction]:
    """The repairs that diagnostics of a range propose."""
    first, last = within.start, within.end
    for entry in document.diagnostics:
        if not entry.fixes or entry.span is None or not all(_is_own(document, fix.span) for fix in entry.fixes):
            continue
        place = _range_of(at, entry.span)
        if (place.end.line, place.end.character) < (first.line, first.character):
            continue
        if (place.start.line, place.start.character) > (last.line, last.character):
            continue
        edits = [types.TextEdit(_range_of(at, fix.span), fix.replacement) for fix in entry.fixes]
        title = entry.hint or f'write "{entry.fixes[0].replacement}"'
        yield types.CodeAction(
            title,
            types.CodeActionKind.QuickFix,
            diagnostics=[build_diagnostic(document, at, uri, entry)],
            edit=types.WorkspaceEdit(changes={uri: edits}),
            is_preferred=True,
        )


def build_symbol(at: TextMap, symbol: Symbol) -> types.DocumentSymbol:
    """A statement in the outline."""
    whole, name = build_range(at, symbol.start, symbol.end), build_range(at, symbol.name_start, symbol.name_end)
    return types.DocumentSymbol(symbol.name, _SYMBOL_KINDS[symbol.kind], whole, name, detail=symbol.detail)


def build_item(entry: Suggestion) -> types.CompletionItem:
    """A suggestion in the list."""
    is_snippet = "$" in entry.insert
    return types.CompletionItem(
        entry.label,
        kind=_SUGGESTION_KINDS[entry.kind],
        detail=entry.detail or None,
        insert_text=entry.insert or None,
        insert_text_format=types.InsertTextFormat.Snippet if is_snippet else types.InsertTextFormat.PlainText,
    )


def build_location(at: TextMap, uri: str, entry: Occurrence) -> types.Location:
    """Where a name stands."""
    return types.Location(uri, build_range(at, entry.start, entry.end))


def _is_own(document: Document, span: Span) -> bool:
    return span.file in ("", str(document.path))


def build_position(at: TextMap, offset: int) -> types.Position:
    """The position of an offset."""
    return types.Position(*at.place(offset))


def build_range(at: TextMap, start: int, end: int) -> types.Range:
    """The range from one offset to another."""
    return types.Range(build_position(at, start), build_position(at, end))


def _range_of(at: TextMap, span: Span) -> types.Range:
    first, last = at.place_of(span.line, span.column), at.place_of(span.end_line, span.end_column)
    return types.Range(types.Position(*first), types.Position(*last))
