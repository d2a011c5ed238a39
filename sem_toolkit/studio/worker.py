"""A process that fits and draws for the server: tasks from standard input, answers to standard output.

It can be told in the middle of a search that nobody waits for its answer any more, and it ends with the server.
"""

import json
import os
import queue
import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from sem_toolkit.process import import_without_collecting, keep_scratch_memory, start_with_one_blas_thread
from sem_toolkit.studio.frames import Record, pack, read_frame


@dataclass
class Inbox:
    """Tasks that wait, and the number of the last one that nobody waits for any more."""

    tasks: "queue.SimpleQueue[Record]" = field(default_factory=queue.SimpleQueue)
    cancelled: int = -1

    def listen(self, stream: BinaryIO) -> None:
        """Take what comes; when the server is gone, so is this process, whatever it is doing."""
        while (frame := read_frame(stream)) is not None:
            record, _ = frame
            if "cancel" in record:
                self.cancelled = max(self.cancelled, int(record["cancel"]))
            else:
                self.tasks.put(record)
        os._exit(0)


def serve(folder: str, given: list[str], stream_in: BinaryIO, stream_out: BinaryIO) -> None:
    """Work off tasks until the server leaves."""
    inbox = Inbox()
    threading.Thread(target=inbox.listen, args=(stream_in,), daemon=True).start()
    keep_scratch_memory()
    with import_without_collecting():
        from sem_toolkit.studio.tasks import TASKS, build_memory
    memory = build_memory(Path(folder), [Path(name) for name in given])
    _send(stream_out, {"ready": True})
    while True:
        task = inbox.tasks.get()
        number = int(task["number"])
        if number <= inbox.cancelled:
            _send(stream_out, {"number": number, "stale": True})
            continue

        def watch(_: Any, own: int = number) -> bool:
            return own > inbox.cancelled

        begun = time.process_time()
        head, body = do_task(TASKS, task, memory, watch)
        _send(stream_out, {"number": number, "seconds": time.process_time() - begun, **head}, body)


def do_task(
    tasks: Mapping[str, Callable[..., tuple[Record, bytes]]], task: Record, memory: Any, watch: Callable[[Any], bool]
) -> tuple[Record, bytes]:
    """What a task gives; a refusal where its input is wrong; a defect of ours with its trace on standard error."""
    from sem_toolkit.diagnostics import SemError
    from sem_toolkit.studio.records import build_error

    try:
        return tasks[task["task"]](task, memory, watch)
    except SemError as fault:
        if any(entry.code == "cancelled" for entry in fault.diagnostics):
            return {"stale": True}, b""
        return {"status": 400}, json.dumps(build_error(fault)).encode()
    except Exception as problem:
        sys.stderr.write(traceback.format_exc())
        message = f"sem_toolkit itself failed, not your input: {type(problem).__name__}"
        hint = "please report it; the trace is where the studio was started"
        return {"status": 500}, json.dumps({"error": {"code": "defect", "message": message, "hint": hint}}).encode()


def _send(stream: BinaryIO, record: Record, body: bytes = b"") -> None:
    stream.write(pack(record, body))
    stream.flush()


def main(arguments: list[str]) -> None:
    """Serve the folder named first; the others are files that may be read wherever they are."""
    start_with_one_blas_thread()
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is no answer
    serve(arguments[0], arguments[1:], sys.stdin.buffer, out)


if __name__ == "__main__":
    main(sys.argv[1:])
