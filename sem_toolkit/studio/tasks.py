"""What a process does for the server, by name: each takes the call as the page made it and gives head and body."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from sem_toolkit.fit.records import clean
from sem_toolkit.lsp.estimates import Estimates
from sem_toolkit.studio.analysis import Memory, Question, Watch, analyse
from sem_toolkit.studio.folder import Folder
from sem_toolkit.studio.frames import Record

Answer = tuple[Record, bytes]


def build_memory(root: Path, given: Sequence[Path]) -> Memory:
    """The memory of a process that works for one folder."""
    return Memory(Folder(root, frozenset(given)))


def _analyse(task: Record, memory: Memory, watch: Watch) -> Answer:
    found, fit = analyse(_read_question(task), memory, watch)
    found |= {"sequence": task["call"].get("sequence"), "stale": False}
    head, body = _give(found)
    if fit is not None and fit.converged:
        head["estimates"] = clean(Estimates.of("", fit).rows)
    return head, body


def _read_question(task: Record) -> Question:
    """The question of a call; the server has made paths of its names."""
    path, data = task.get("path"), task.get("data")
    return Question.parse(task["call"], Path(path) if path else None, Path(data) if data else None)


def _give(record: Record) -> Answer:
    return {}, json.dumps(record, allow_nan=False, separators=(",", ":")).encode()


TASKS: Mapping[str, Callable[[Record, Memory, Watch], Answer]] = {"analyse": _analyse}
