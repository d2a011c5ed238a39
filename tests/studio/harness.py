"""A studio of one folder, asked as a page asks it; nothing listens on a port."""

import asyncio
import threading
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

import httpx

from sem_toolkit.studio.folder import Folder
from sem_toolkit.studio.frames import Record
from sem_toolkit.studio.guard import Door
from sem_toolkit.studio.pool import Pool
from sem_toolkit.studio.server import build_app
from sem_toolkit.studio.session import Session
from sem_toolkit.studio.tasks import TASKS, build_memory
from sem_toolkit.studio.worker import do_task

Result = TypeVar("Result")
TOKEN, PORT = "a-token-of-this-start", 8123  # no secret: nothing listens
POLDEM = """\
#' data: poldem.csv
ind60 =~ x1 + x2 + x3
dem60 =~ y1 + y2 + y3 + y4
dem65 =~ y5 + y6 + y7 + y8

# structure
dem60 ~ ind60
dem65 ~ ind60 + dem60   # the path of interest
y1 ~~ y5
"""


class Client:
    """httpx's client for an application, for tests that do not wait by themselves."""

    def __init__(self, own: httpx.AsyncClient, loop: asyncio.AbstractEventLoop) -> None:
        self._own, self._loop = own, loop
        self.headers = own.headers

    def get(self, address: str, **given: Any) -> httpx.Response:
        return self.wait(self._own.get(address, **given))

    def post(self, address: str, **given: Any) -> httpx.Response:
        return self.wait(self.send(address, **given))

    async def send(self, address: str, **given: Any) -> httpx.Response:
        return await self._own.post(address, **given)

    def wait(self, work: Coroutine[Any, Any, Result]) -> Result:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(120)


class OwnProcess(Pool):
    """A pool without processes: tasks are done at once, where a test can look at them."""

    async def ask(self, name: str, record: Record, *, supersedes: bool = False) -> tuple[Record, bytes]:
        memory = self.__dict__.setdefault("memory", build_memory(self.root, self.given))
        return do_task(TASKS, {**record, "number": 0}, memory, lambda _: True)


class Studio:
    """The folder, the session, and a client that has the token.

    pool  OwnProcess, or Pool where the processes themselves are tested
    """

    def __init__(self, folder: Path, pool: type[Pool] = OwnProcess) -> None:
        self.folder = folder.resolve()
        self.session = Session(Folder(self.folder), pool(self.folder), self.folder / "model.lav")
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        app = build_app(lambda: self.session, self.session.pool, Door(PORT, TOKEN))
        transport = httpx.ASGITransport(app=app)
        headers = {"X-Studio-Token": TOKEN}
        own = httpx.AsyncClient(transport=transport, base_url=f"http://127.0.0.1:{PORT}", headers=headers, timeout=120)
        self.client = Client(own, self._loop)

    def post(self, name: str, /, **call: Any) -> Any:
        """The answer to a call that is taken."""
        answer = self.client.post(f"/api/{name}", json=call)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def close(self) -> None:
        self.client.wait(self.session.pool.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
