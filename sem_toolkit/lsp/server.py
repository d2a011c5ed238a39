"""The language server over standard input and output, or TCP: what it answers to."""

from typing import Any

from lsprotocol import types

from sem_toolkit.lsp.commands import COMMANDS
from sem_toolkit.lsp.completion import suggest
from sem_toolkit.lsp.document import Document
from sem_toolkit.lsp.estimates import list_hints
from sem_toolkit.lsp.hover import describe_place
from sem_toolkit.lsp.names import Occurrence, find_occurrence, find_rename_fault, list_same
from sem_toolkit.lsp.outline import list_folds, list_symbols
from sem_toolkit.lsp.protocol import (
    LEGEND,
    build_diagnostic,
    build_item,
    build_location,
    build_position,
    build_range,
    build_symbol,
    build_token_data,
    list_actions,
    list_layout_edits,
)
from sem_toolkit.lsp.session import SpecServer
from sem_toolkit.spec.formatting import format_spec


def build_server() -> SpecServer:
    """A server with everything that it answers to."""
    server = SpecServer()
    _answer_to_changes(server)
    _answer_about_places(server)
    _answer_about_names(server)
    _answer_about_the_whole(server)
    for name, run in COMMANDS.items():
        server.command(name)(run)
    return server


def run_server(port: int | None = None) -> None:
    """Serve until the editor leaves: over standard input and output, or on a port of this machine."""
    server = build_server()
    if port is None:
        server.start_io()
    else:
        server.start_tcp("127.0.0.1", port)


def publish(ls: SpecServer, uri: str) -> None:
    """Tell the editor what is wrong with a text."""
    document = ls.document(uri)
    at = ls.map(document)
    found = [build_diagnostic(document, at, uri, entry) for entry in document.diagnostics]
    ls.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, found))


def _answer_to_changes(server: SpecServer) -> None:
    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    def opened(ls: SpecServer, params: types.DidOpenTextDocumentParams) -> None:
        publish(ls, params.text_document.uri)

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    def changed(ls: SpecServer, params: types.DidChangeTextDocumentParams) -> None:
        publish(ls, params.text_document.uri)

    @server.feature(types.TEXT_DOCUMENT_DID_SAVE)
    def saved(ls: SpecServer, params: types.DidSaveTextDocumentParams) -> None:
        ls.documents.pop(params.text_document.uri, None)  # the data, or what is included, may have changed too
        publish(ls, params.text_document.uri)

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    def closed(ls: SpecServer, params: types.DidCloseTextDocumentParams) -> None:
        ls.documents.pop(params.text_document.uri, None)
        ls.estimates.pop(params.text_document.uri, None)


def _answer_about_places(server: SpecServer) -> None:
    marks = types.CompletionOptions(trigger_characters=["~", "+", " ", "*", ":", "'"])

    @server.feature(types.TEXT_DOCUMENT_COMPLETION, marks)
    def complete(ls: SpecServer, params: types.CompletionParams) -> list[types.CompletionItem]:
        document = ls.document(params.text_document.uri)
        return [build_item(entry) for entry in suggest(document, ls.offset(document, params.position))]

    @server.feature(types.TEXT_DOCUMENT_HOVER)
    def hover(ls: SpecServer, params: types.HoverParams) -> types.Hover | None:
        uri = params.text_document.uri
        document = ls.document(uri)
        text = describe_place(document, ls.offset(document, params.position), ls.estimates.get(uri))
        return types.Hover(types.MarkupContent(types.MarkupKind.Markdown, text)) if text else None

    @server.feature(types.TEXT_DOCUMENT_INLAY_HINT)
    def hint(ls: SpecServer, params: types.InlayHintParams) -> list[types.InlayHint]:
        uri = params.text_document.uri
        document, estimates = ls.document(uri), ls.estimates.get(uri)
        if estimates is None:
            return []
        at = ls.map(document)
        first, last = (ls.offset(document, place) for place in (params.range.start, params.range.end))
        return [
            types.InlayHint(build_position(at, entry.offset), entry.text, padding_left=True, tooltip=entry.tooltip)
            for entry in list_hints(document, estimates)
            if first <= entry.offset <= last
        ]

    kinds = types.CodeActionOptions(code_action_kinds=[types.CodeActionKind.QuickFix])

    @server.feature(types.TEXT_DOCUMENT_CODE_ACTION, kinds)
    def mend(ls: SpecServer, params: types.CodeActionParams) -> list[types.CodeAction]:
        document = ls.document(params.text_document.uri)
        return list(list_actions(document, ls.map(document), params.text_document.uri, params.range))


def _answer_about_names(server: SpecServer) -> None:
    def find(ls: SpecServer, params: Any) -> tuple[Document, list[Occurrence]]:
        document = ls.document(params.text_document.uri)
        found = find_occurrence(document.own, ls.offset(document, params.position))
        return document, [] if found is None else list_same(document.own, found)

    @server.feature(types.TEXT_DOCUMENT_DEFINITION)
    def define(ls: SpecServer, params: types.DefinitionParams) -> list[types.Location]:
        document, found = find(ls, params)
        first = [entry for entry in found if entry.brings_in][:1] or found[:1]
        return [build_location(ls.map(document), params.text_document.uri, entry) for entry in first]

    @server.feature(types.TEXT_DOCUMENT_REFERENCES)
    def refer(ls: SpecServer, params: types.ReferenceParams) -> list[types.Location]:
        document, found = find(ls, params)
        return [build_location(ls.map(document), params.text_document.uri, entry) for entry in found]

    @server.feature(types.TEXT_DOCUMENT_RENAME)
    def rename(ls: SpecServer, params: types.RenameParams) -> types.WorkspaceEdit | None:
        document, found = find(ls, params)
        fault = find_rename_fault(document.own, found, params.new_name)
        if fault:
            ls.window_show_message(types.ShowMessageParams(types.MessageType.Warning, fault))
            return None
        at = ls.map(document)
        edits = [types.TextEdit(build_range(at, entry.start, entry.end), params.new_name) for entry in found]
        return types.WorkspaceEdit(changes={params.text_document.uri: edits})


def _answer_about_the_whole(server: SpecServer) -> None:
    @server.feature(types.TEXT_DOCUMENT_FORMATTING)
    def lay_out(ls: SpecServer, params: types.DocumentFormattingParams) -> list[types.TextEdit]:
        document = ls.document(params.text_document.uri)
        return list_layout_edits(ls.map(document), document.text, format_spec(document.own))

    @server.feature(types.TEXT_DOCUMENT_DOCUMENT_SYMBOL)
    def outline(ls: SpecServer, params: types.DocumentSymbolParams) -> list[types.DocumentSymbol]:
        document = ls.document(params.text_document.uri)
        at = ls.map(document)
        return [build_symbol(at, symbol) for symbol in list_symbols(document.own)]

    @server.feature(types.TEXT_DOCUMENT_FOLDING_RANGE)
    def fold(ls: SpecServer, params: types.FoldingRangeParams) -> list[types.FoldingRange]:
        document = ls.document(params.text_document.uri)
        return [types.FoldingRange(first, last, kind=kind) for first, last, kind in list_folds(document.own)]

    @server.feature(types.TEXT_DOCUMENT_SEMANTIC_TOKENS_FULL, LEGEND)
    def paint(ls: SpecServer, params: types.SemanticTokensParams) -> types.SemanticTokens:
        document = ls.document(params.text_document.uri)
        return types.SemanticTokens(data=build_token_data(ls.map(document), document))
