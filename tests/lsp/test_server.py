"""The real process, spoken to as an editor does."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types
from pygls.lsp.client import LanguageClient

from sem_toolkit.fit import fit
from sem_toolkit.lsp.positions import TextMap

DATA = Path(__file__).parents[1] / "oracles" / "data" / "hs.csv"
TEXT = f"#' data: {DATA}\nvisual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\n"


class Editor(LanguageClient):
    """What an editor keeps: the last diagnostics of each text, and the messages shown."""

    def __init__(self) -> None:
        super().__init__("editor", "1")
        self.found: asyncio.Queue[types.PublishDiagnosticsParams] = asyncio.Queue()
        self.shown: list[str] = []
        self.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)(lambda params: self.found.put_nowait(params))
        self.feature(types.WINDOW_SHOW_MESSAGE)(lambda params: self.shown.append(params.message))
        self.feature(types.WORKSPACE_INLAY_HINT_REFRESH)(lambda params: None)


def _serve(talk: Callable[[Editor, str], Awaitable[None]], folder: Path) -> None:
    async def run() -> None:
        editor = Editor()
        await editor.start_io(sys.executable, "-c", "from sem_toolkit.cli import main; main()", "lsp")
        try:
            given = types.InitializeParams(capabilities=types.ClientCapabilities(), root_uri=folder.as_uri())
            answer = await asyncio.wait_for(editor.initialize_async(given), 60)
            assert answer.server_info is not None
            assert answer.server_info.name == "sem-toolkit"
            editor.initialized(types.InitializedParams())
            await asyncio.wait_for(talk(editor, (folder / "model.lav").as_uri()), 60)
        finally:  # a server that is not told to leave would keep its process
            await asyncio.wait_for(editor.shutdown_async(None), 20)
            editor.exit(None)
            await asyncio.wait_for(editor.stop(), 20)

    asyncio.run(run())


def _open(editor: Editor, uri: str, text: str) -> None:
    item = types.TextDocumentItem(uri, "lavaan", 1, text)
    editor.text_document_did_open(types.DidOpenTextDocumentParams(item))


def _change(editor: Editor, uri: str, text: str, version: int) -> None:
    whole = types.TextDocumentContentChangeWholeDocument(text)
    place = types.VersionedTextDocumentIdentifier(version=version, uri=uri)
    editor.text_document_did_change(types.DidChangeTextDocumentParams(place, [whole]))


def _place(text: str, at: str) -> types.Position:
    return types.Position(*TextMap(text).place(text.index(at)))


@pytest.mark.slow
def test_a_misspelt_column_is_told_mended_fitted_and_drawn(tmp_path: Path) -> None:
    async def talk(editor: Editor, uri: str) -> None:
        wrong = TEXT.replace("x3", "x33")
        document = types.TextDocumentIdentifier(uri)
        _open(editor, uri, wrong)
        (fault,) = (await editor.found.get()).diagnostics
        assert fault.code == "unknown-variable"
        assert fault.range.start == _place(wrong, "x33")

        asked = types.CodeActionParams(document, fault.range, types.CodeActionContext([fault]))
        (action,) = await editor.text_document_code_action_async(asked) or []
        assert isinstance(action, types.CodeAction)
        (edit,) = (action.edit.changes or {})[uri] if action.edit else []
        at = TextMap(wrong)
        first, last = (at.offset((p.line, p.character)) for p in (edit.range.start, edit.range.end))
        mended = wrong[:first] + edit.new_text + wrong[last:]
        _change(editor, uri, mended, 2)
        assert not (await editor.found.get()).diagnostics

        done: Any = await editor.workspace_execute_command_async(types.ExecuteCommandParams("semToolkit.fit", [uri]))
        assert done["verdict"] == "converged"
        assert "24.361" in done["summary"]
        assert "n = 301" in editor.shown[-1]
        whole = types.Range(types.Position(0, 0), types.Position(9, 0))
        hints = await editor.text_document_inlay_hint_async(types.InlayHintParams(document, whole)) or []
        by_place = {(hint.position.line, hint.position.character): hint.label for hint in hints}
        end = _place(mended, "x2").character + 2
        rows = fit(TEXT).parameters
        assert by_place[1, end] == f"{rows.loc[rows['rhs'] == 'x2', 'est'].iloc[0]:.3f}"
        hover = await editor.text_document_hover_async(types.HoverParams(document, _place(mended, "x5")))
        assert hover is not None
        assert "standardised" in str(hover.contents)
        drawn: Any = await editor.workspace_execute_command_async(
            types.ExecuteCommandParams("semToolkit.diagram", [uri])
        )
        assert "<svg" in drawn["svg"]
        assert "textual" in drawn["svg"]

        _change(editor, uri, mended + "# more\n", 3)
        await editor.found.get()
        assert not await editor.text_document_inlay_hint_async(types.InlayHintParams(document, whole))

    _serve(talk, tmp_path)


@pytest.mark.slow
def test_what_cannot_be_fitted_says_why_and_the_server_goes_on(tmp_path: Path) -> None:
    async def talk(editor: Editor, uri: str) -> None:
        _open(editor, uri, "f =~ x1 + x2 + x3\n")
        await editor.found.get()
        done: Any = await editor.workspace_execute_command_async(types.ExecuteCommandParams("semToolkit.fit", [uri]))
        assert "data" in done["error"]
        document = types.TextDocumentIdentifier(uri)
        asked = types.DocumentFormattingParams(document, types.FormattingOptions(4, True))
        _change(editor, uri, "f=~x1+x2+x3\ny~f\n", 2)
        await editor.found.get()
        edits = await editor.text_document_formatting_async(asked) or []
        assert "".join(edit.new_text for edit in edits).splitlines()[0] == "f =~ x1 + x2 + x3"
        await editor.text_document_rename_async(types.RenameParams(document, types.Position(0, 0), "x1"))
        assert "already" in editor.shown[-1]

    _serve(talk, tmp_path)
