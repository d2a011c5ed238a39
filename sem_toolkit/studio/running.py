"""Starting a studio: the folder, a free port of this machine, the token, and the server until it is interrupted."""

import os
import secrets
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import uvicorn

from sem_toolkit.diagnostics import Diagnostic, OptionError, SemError, build_missing_file, build_missing_folder
from sem_toolkit.spec.includes import list_included
from sem_toolkit.spec.specs import read_spec
from sem_toolkit.studio.doors import keep_door, read_door
from sem_toolkit.studio.folder import TABLES, Folder
from sem_toolkit.studio.guard import Door, require_frame
from sem_toolkit.studio.pool import Pool
from sem_toolkit.studio.server import build_app

if TYPE_CHECKING:
    from sem_toolkit.studio.session import Session


@dataclass(frozen=True)
class Start:
    """What a studio is started with; `folder` None takes the current one where it holds the spec, else the spec's.

    frame  origin of a notebook that may show the page in a frame; "" for none
    """

    spec: Path | None = None
    data: Path | None = None
    folder: Path | None = None
    port: int = 0
    frame: str = ""


def run_studio(start: Start, tell: Callable[[str], object]) -> None:
    """Serve until interrupted; `tell` hears the address once the port is taken. Raises OptionError for a taken port."""
    frame = require_frame(start.frame) if start.frame else ""
    folder = build_folder(start)
    pool = Pool(folder.root, sorted(folder.given))
    known = read_door(folder.root)
    listening = open_port(start.port or (known.port if known is not None else 0), fallback=start.port == 0)
    port = listening.getsockname()[1]
    token = known.token if known is not None and known.port == port else secrets.token_urlsafe(24)
    door = Door(port, token, frame)
    keep_door(folder.root, door)
    settings = uvicorn.Config(
        build_app(lambda: build_session(start, folder, pool), pool, door),
        log_level="warning",
        access_log=False,
        server_header=False,
        date_header=False,
        ws="none",
        proxy_headers=False,
        timeout_graceful_shutdown=1,
        limit_concurrency=2000,
    )
    tell(door.address)
    uvicorn.Server(settings).run(sockets=[listening])


def build_folder(start: Start) -> Folder:
    """The folder of a start. Raises DataError or OptionError where a file or folder is not there."""
    if start.data is not None and not start.data.is_file():
        raise OptionError(build_missing_file(start.data, endings=TABLES))
    return Folder(_find_folder(start), frozenset(_list_given(start)))


def build_session(start: Start, folder: Folder, pool: Pool) -> "Session":
    """The session of a start; this loads what parses, reads and fits."""
    from sem_toolkit.studio.session import Session

    spec = start.spec.absolute() if start.spec is not None else None
    data = start.data.absolute() if start.data is not None else None
    return Session(folder, pool, spec, data)


def open_port(port: int, *, fallback: bool = False) -> socket.socket:
    """A socket that listens on the loopback interface, on any free port for 0.

    fallback  take another port where this one is taken; otherwise that raises OptionError
    """
    # With the protocol named, asyncio sends answers at once; otherwise each one waits 40 ms for the one before.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    if os.name == "posix":  # a port that was served a moment ago; elsewhere this would let two servers share one
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind(("127.0.0.1", port))
        listening.listen(128)
    except OSError as problem:
        listening.close()
        if fallback and port:
            return open_port(0)
        message = f"port {port} cannot be used: {problem.strerror}"
        raise OptionError(
            Diagnostic("error", "port-taken", message, hint="leave out --port, or name another")
        ) from None
    return listening


def _find_folder(start: Start) -> Path:
    folder = (start.folder or Path()).resolve()
    if not folder.is_dir():
        raise OptionError(build_missing_folder(start.folder or folder))
    if start.spec is None:
        return folder
    spec = start.spec.resolve()
    if spec.is_relative_to(folder):
        return folder
    if start.folder is not None:
        message = f'"{start.spec}" is not in the folder "{start.folder}"'
        raise OptionError(Diagnostic("error", "outside-folder", message))
    if not spec.parent.is_dir():
        raise OptionError(build_missing_folder(start.spec.parent))
    return spec.parent


def _list_given(start: Start) -> list[Path]:
    """Files that the user named, and those that the spec names as it is now: they may be read wherever they are."""
    found = [path.resolve() for path in (start.spec, start.data) if path is not None]
    if start.spec is not None and start.spec.is_file():
        try:
            header = read_spec(start.spec, expand=False).header
        except SemError:
            return found
        names = [header.data, *list_included(header), str(header.diagram.get("codebook") or "")]
        found += [(start.spec.parent / name).resolve() for name in names if name]
    return found
