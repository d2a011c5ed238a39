"""What each address of the interface answers: calls in, records out, the work in threads and processes."""

import asyncio
import json
import mimetypes
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import quote

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from sem_toolkit.diagnostics import DataError, Diagnostic, SemError, build_missing_name
from sem_toolkit.lsp.estimates import EstimateRows
from sem_toolkit.studio import language
from sem_toolkit.studio.folder import SPECS
from sem_toolkit.studio.guard import TooLargeError
from sem_toolkit.studio.pictured import edit_text
from sem_toolkit.studio.pins import change_pins, rename_pins
from sem_toolkit.studio.pool import GoneError
from sem_toolkit.studio.records import build_error
from sem_toolkit.studio.session import Record, Session, Shown, get_page
from sem_toolkit.studio.texts import ConflictError, list_states
from sem_toolkit.studio.uploads import take_upload

Call = Mapping[str, Any]
Handler = Callable[[Session, Call], Awaitable[Response]]


async def answer(session: Session, request: Request, name: str) -> Response:
    """The answer to a request of the interface: its call is read, and faults become refusals."""
    handle = (GETS if request.method == "GET" else POSTS).get(name)
    try:
        if name == "upload" and request.method == "POST":
            return await _take_file(session, request)
        if handle is None:
            return JSONResponse(build_error(Diagnostic("error", "unknown-call", f'there is no call "{name}"')), 404)
        call = dict(request.query_params) if request.method == "GET" else _read_call(await request.body())
        return await handle(session, call)
    except ConflictError as conflict:
        current = conflict.current
        return JSONResponse({"text": current.text, "version": current.version}, 409)
    except SemError as fault:
        is_absent = fault.diagnostics[0].code == "missing-file"
        return JSONResponse(build_error(fault), 404 if is_absent else 400)
    except GoneError:
        message = "the process that was to answer has ended"
        return JSONResponse(build_error(Diagnostic("error", "ended", message, hint="try again")), 500)
    except TooLargeError as fault:
        return JSONResponse(build_error(Diagnostic("error", "too-large", str(fault))), 413)
    except ClientDisconnect:
        return Response(status_code=400)


def _read_call(body: bytes) -> Call:
    try:
        call = json.loads(body)
    except (ValueError, RecursionError):
        call = None
    if not isinstance(call, dict):
        raise DataError(Diagnostic("error", "bad-request", "the call is no record in JSON"))
    return call


async def _tell_state(session: Session, call: Call) -> Response:
    return await _answer(lambda: session.build_state(session.find_path(call)))


async def _open(session: Session, call: Call) -> Response:
    def work() -> Record:
        path = session.find_spec(call.get("file"))
        if not path.is_file():
            raise DataError(build_missing_name(str(call.get("file")), session.folder.list_files(SPECS)))
        return session.build_state(path)

    return await _answer(work)


async def _make(session: Session, call: Call) -> Response:
    def work() -> Record:
        path = session.find_spec(call.get("file"))
        if path.exists():
            message = f'there is a file "{call.get("file")}" already'
            raise DataError(Diagnostic("error", "file-exists", message, hint="choose another name, or open it"))
        text = call.get("text")
        session.texts.save(path, text if isinstance(text, str) else "", "", str(call.get("page", "")))
        if not path.exists():  # an empty text is no change of no file
            path.touch()
        return session.build_state(path)

    return await _answer(work)


async def _choose_data(session: Session, call: Call) -> Response:
    def work() -> Record:
        name = call.get("file")
        session.data = session.find_data(name) if name is not None else None
        columns = None if session.data is None else session.columns.read(session.data)
        return {"data": name, "data_columns": list(columns or ())}

    return await _answer(work)


async def _save(session: Session, call: Call) -> Response:
    def work() -> Record:
        path, text = session.find_path(call), call.get("text")
        if path is None or not isinstance(text, str):
            message = "there is no file to save the text in"
            raise DataError(Diagnostic("error", "no-file", message, hint="give it a name first"))
        return {"version": session.texts.save(path, text, str(call.get("version", "")), str(call.get("page", "")))}

    return await _answer(work)


async def _analyse(session: Session, call: Call) -> Response:
    page = get_page(call)
    head, body = await session.pool.ask(f"page {page}", _build_task(session, "analyse", call), supersedes=True)
    if head.get("stale"):
        return JSONResponse({"sequence": call.get("sequence"), "stale": True})
    text = str(call.get("text", ""))
    estimates = EstimateRows(text, head["estimates"]) if "estimates" in head else None
    session.remember(page, Shown(estimates, {name: (x, y) for name, (x, y) in head.get("places", {}).items()}))
    return _pass_on(head, body)


def _build_task(session: Session, name: str, call: Call) -> Record:
    """A call with the paths of what it names."""
    if not isinstance(call.get("text"), str):
        raise DataError(Diagnostic("error", "bad-request", "the text is missing"))
    path = session.find_path(call)
    data = session.data
    named = call.get("rival")
    rival = session.find_spec(named) if isinstance(named, str) and named else None
    places = {"path": path, "data": data, "rival": rival}
    return {"task": name, "call": dict(call)} | {key: str(own) if own else None for key, own in places.items()}


def _pass_on(head: Record, body: bytes) -> Response:
    timing = {"server-timing": f"work;dur={1000 * head.get('seconds', 0.0):.1f}"}  # of the processor
    return Response(body, head.get("status", 200), timing, media_type="application/json")


async def _edit(session: Session, call: Call) -> Response:
    def work() -> Record:
        text, action = session.open(call).text, call.get("action")
        found = edit_text(text, action, lambda new: session.open({**call, "text": new}))
        path = session.find_path(call)
        if path is not None and isinstance(action, dict) and action.get("kind") == "rename":
            found["pins"] = rename_pins(path, str(action.get("name")), str(action.get("new")), session.folder)
        return found

    return await _answer(work)


async def _move(session: Session, call: Call) -> Response:
    def work() -> Record:
        path = session.find_path(call)
        if path is None:
            raise DataError(Diagnostic("error", "no-file", "places are kept beside a file", hint="save the text first"))
        table = session.open(call).table if isinstance(call.get("text"), str) else None
        known = None if table is None else {name for row in table.rows for name in (row.lhs, row.rhs)}
        return {**change_pins(path, call, session.get_shown(call).places, session.folder, known)}

    return await _answer(work)


async def _try(session: Session, call: Call) -> Response:
    head, body = await session.pool.ask(f"page {get_page(call)}", _build_task(session, "try", call))
    return _pass_on(head, body)


async def _export(session: Session, call: Call) -> Response:
    head, body = await session.pool.ask("aside", _build_task(session, "export", call))
    if "name" not in head:
        return _pass_on(head, body)
    name = quote(head["name"])
    disposition = f"attachment; filename*=UTF-8''{name}"
    kind = mimetypes.guess_type(head["name"])[0] or "application/octet-stream"
    kind = "application/octet-stream" if kind in ("text/html", "image/svg+xml") else kind  # nothing that runs here
    return Response(body, media_type=kind, headers={"content-disposition": disposition})


async def _compare(session: Session, call: Call) -> Response:
    names = call.get("files")
    names = names.split(",") if isinstance(names, str) else names
    if not isinstance(names, list):
        raise DataError(Diagnostic("error", "bad-request", "the names of the files are missing"))
    paths = [str(session.find_spec(name)) for name in names]
    task = _build_task(session, "compare", {**call, "text": ""})
    head, body = await session.pool.ask("aside", {**task, "paths": paths})
    return _pass_on(head, body)


async def _tell_journal(session: Session, call: Call) -> Response:
    def work() -> Record:
        path = session.find_path(call)
        return {"states": list_states(path) if path is not None else []}

    return await _answer(work)


async def _take_file(session: Session, request: Request) -> Response:
    """An upload: the name in the address, the file as the body."""
    path = await take_upload(request.query_params.get("file", ""), request.stream(), session.folder)
    head, body = await session.pool.ask("aside", {"task": "read_data", "call": {}, "data": str(path)})
    if head.get("status", 200) != 200:
        path.unlink(missing_ok=True)
        return _pass_on(head, body)
    return JSONResponse({"file": session.folder.name(path), **json.loads(body)})


def _ask(work: Callable[[language.Asked], Any]) -> Handler:
    """A handler of what an editor asks of a text."""

    async def handle(session: Session, call: Call) -> Response:
        def answer() -> Any:
            return work(language.Asked(session.open(call), call, session.get_shown(call).estimates))

        return await _answer(answer)

    return handle


async def _answer(work: Callable[[], Any]) -> Response:
    """What some work gives, done in a thread."""
    return JSONResponse(await asyncio.to_thread(work))


GETS: Mapping[str, Handler] = {"state": _tell_state, "compare": _compare}
POSTS: Mapping[str, Handler] = {
    "open": _open,
    "new": _make,
    "data": _choose_data,
    "save": _save,
    "analyse": _analyse,
    "edit": _edit,
    "layout": _move,
    "try": _try,
    "export": _export,
    "compare": _compare,
    "journal": _tell_journal,
    "complete": _ask(language.complete),
    "hover": _ask(language.hover),
    "format": _ask(language.lay_out),
    "rename": _ask(language.rename),
    "tokens": _ask(language.color),
}
