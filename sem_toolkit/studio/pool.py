"""The processes that work for the server: one a page, one more at hand, each stopped when nobody waits for it.

A newer question of a page makes its older one stale. The process is told, and most searches end by themselves; one
that is still busy after a moment (reading a long file, drawing a large model) is ended, and the one at hand takes over.
"""

import asyncio
import itertools
import json
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from sem_toolkit.studio.frames import HEAD, Record, pack

GRACE = 0.25
"""Seconds that a process has to notice that it is to stop."""
LONGEST = 900.0
"""Seconds after which any task is given up."""
_MOST_PAGES = 4


class GoneError(Exception):
    """A process ended before it gave its answer."""


class Process:
    """One process and the way to it; it does one task at a time."""

    def __init__(self, own: asyncio.subprocess.Process) -> None:
        self._own = own
        self._ended = False
        self.lock = asyncio.Lock()
        self.running = -1

    @classmethod
    async def start(cls, root: Path, given: Sequence[Path]) -> "Process":
        """Start a process for a folder; it loads its libraries while others go on."""
        command = [sys.executable, "-m", "sem_toolkit.studio.worker", str(root), *map(str, given)]
        pipe = asyncio.subprocess.PIPE
        return cls(await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, limit=1 << 26))

    async def ask(self, record: Record) -> tuple[Record, bytes]:
        """Give it a task and wait for the answer. Raises GoneError where it ends before."""
        assert self._own.stdin is not None  # noqa: S101 - it was started with pipes
        self.running = int(record["number"])
        try:
            self._own.stdin.write(pack(record))
            await self._own.stdin.drain()
            while True:
                head, body = await self._read()
                if head.get("number") == record["number"]:
                    return head, body
        except (OSError, asyncio.IncompleteReadError):
            raise GoneError from None
        finally:
            self.running = -1

    def cancel(self, number: int) -> None:
        """Tell it that nobody waits for this task any more."""
        with suppress(OSError, RuntimeError):
            assert self._own.stdin is not None  # noqa: S101
            self._own.stdin.write(pack({"cancel": number}))

    def end(self) -> None:
        """End it at once."""
        self._ended = True
        with suppress(ProcessLookupError):
            self._own.kill()

    @property
    def number(self) -> int:
        """The system's number of it."""
        return self._own.pid

    @property
    def is_alive(self) -> bool:
        """Whether it can be asked."""
        return not self._ended and self._own.returncode is None

    async def wait(self) -> None:
        """Until it has ended."""
        await self._own.wait()

    async def _read(self) -> tuple[Record, bytes]:
        assert self._own.stdout is not None  # noqa: S101
        record_size, body_size = HEAD.unpack(await self._own.stdout.readexactly(HEAD.size))
        record = json.loads(await self._own.stdout.readexactly(record_size))
        return record, await self._own.stdout.readexactly(body_size)


@dataclass
class Pool:
    """Processes by the name of what they work for, usually a page.

    root, given  the folder and the files outside of it that may be read
    """

    root: Path
    given: Sequence[Path] = ()
    processes: dict[str, Process] = field(default_factory=dict)
    spare: "asyncio.Task[Process] | None" = None
    newest: dict[str, int] = field(default_factory=dict)
    _numbers: "itertools.count[int]" = field(default_factory=itertools.count)
    _ended: list[Process] = field(default_factory=list)
    _finding: asyncio.Lock = field(default_factory=asyncio.Lock)

    def warm(self) -> None:
        """Have a process at hand."""
        if self.spare is None:
            self.spare = asyncio.create_task(Process.start(self.root, self.given))

    async def ask(self, name: str, record: Record, *, supersedes: bool = False) -> tuple[Record, bytes]:
        """The answer to a task. A head with "stale" comes without a body: a newer question was put meanwhile.

        supersedes  an older question of the same name that superseded others is stale from now on
        """
        number = next(self._numbers)
        record = {**record, "number": number}
        if supersedes:
            older, self.newest[name] = self.newest.get(name, -1), number
            process = self.processes.get(name)
            if process is not None and process.running >= 0 and process.running == older:
                await self._stop(name, process, older)
                if self.newest[name] != number:
                    return {"stale": True}, b""
        process = await self._find(name)
        async with process.lock:
            if supersedes and self.newest[name] != number:
                return {"stale": True}, b""
            if not process.is_alive:
                return await self.ask(name, record, supersedes=supersedes)
            try:
                return await asyncio.wait_for(process.ask(record), LONGEST)
            except GoneError:
                self._forget(name, process)
                if supersedes and self.newest[name] != number:
                    return {"stale": True}, b""
                raise
            except TimeoutError:
                self._forget(name, process)
                raise GoneError from None

    async def close(self) -> None:
        """End all processes."""
        if self.spare is not None:
            with suppress(Exception):
                self._ended.append(await self.spare)
            self.spare = None
        self._ended += self.processes.values()
        self.processes.clear()
        for process in self._ended:
            process.end()
            await process.wait()

    async def _stop(self, name: str, process: Process, number: int) -> None:
        """See a task to its end: by itself within a moment, or with its process."""
        process.cancel(number)
        waited = 0.0
        while process.running == number and waited < GRACE:
            await asyncio.sleep(0.005)
            waited += 0.005
        if process.running == number:
            self._forget(name, process)

    async def _find(self, name: str) -> Process:
        """The process of a name; the longest known one gives way where there are too many."""
        async with self._finding:
            process = self.processes.pop(name, None)
            if process is None or not process.is_alive:
                if len(self.processes) >= _MOST_PAGES:
                    idle = next(
                        (key for key, own in self.processes.items() if own.running < 0), next(iter(self.processes))
                    )
                    self._forget(idle, self.processes[idle])
                self.warm()
                assert self.spare is not None  # noqa: S101 - warmed above
                starting, self.spare = self.spare, None
                process = await starting
            self.processes[name] = process
            self.warm()
            return process

    def _forget(self, name: str, process: Process) -> None:
        process.end()
        self._ended = [own for own in self._ended if own.is_alive]
        self._ended.append(process)
        if self.processes.get(name) is process:
            del self.processes[name]
