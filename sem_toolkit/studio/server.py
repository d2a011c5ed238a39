"""The web server of the studio: the page at once, its interface as soon as the libraries behind it are loaded."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from importlib import import_module
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from sem_toolkit.studio.guard import Door, Guard
from sem_toolkit.studio.pool import Pool

if TYPE_CHECKING:
    from sem_toolkit.studio.session import Session

PAGE = files("sem_toolkit.studio") / "page"


class Api:
    """The interface: its session and its handlers, loaded in a thread while the page is on its way."""

    def __init__(self, build_session: Callable[[], "Session"]) -> None:
        self._build = build_session
        self._loading: asyncio.Task[tuple[Session, Any]] | None = None

    def load(self) -> "asyncio.Task[tuple[Session, Any]]":
        """Begin to load, once."""
        if self._loading is None:
            self._loading = asyncio.create_task(asyncio.to_thread(self._load))
        return self._loading

    async def answer(self, request: Request) -> Response:
        """Answer one request."""
        session, handlers = await asyncio.shield(self.load())
        found: Response = await handlers.answer(session, request, request.path_params["name"])
        return found

    def _load(self) -> "tuple[Session, Any]":
        return self._build(), import_module("sem_toolkit.studio.handlers")


def build_app(build_session: Callable[[], "Session"], pool: Pool, door: Door) -> ASGIApp:
    """The whole application, its guard in front."""
    api = Api(build_session)

    @asynccontextmanager
    async def live(_: Starlette) -> AsyncIterator[None]:
        pool.warm()
        loading = api.load()
        yield
        await pool.close()
        loading.cancel()

    routes = [
        Route("/", _show_page),
        Mount("/page", StaticFiles(directory=str(PAGE), check_dir=False)),
        Route("/api/{name}", api.answer, methods=["GET", "POST"]),
    ]
    return Guard(Starlette(routes=routes, lifespan=live), door)


async def _show_page(_: Request) -> Response:
    try:
        content = (PAGE / "index.html").read_bytes()
    except FileNotFoundError:
        return Response("This installation has no page of the studio.", 500, media_type="text/plain")
    return Response(content, media_type="text/html; charset=utf-8")
