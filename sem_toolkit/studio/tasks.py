"""What a process does for the server, by name: each takes the call as the page made it and gives head and body."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from sem_toolkit.fit.records import clean
from sem_toolkit.lsp.estimates import Estimates
from sem_toolkit.sample import list_known_names, open_table
from sem_toolkit.studio.analysis import Memory, Question, Watch, analyse
from sem_toolkit.studio.exports import export
from sem_toolkit.studio.folder import Folder
from sem_toolkit.studio.frames import Record
from sem_toolkit.studio.trials import compare_files, try_action

Answer = tuple[Record, bytes]


def build_memory(root: Path, given: Sequence[Path]) -> Memory:
    """The memory of a process that works for one folder."""
    return Memory(Folder(root, frozenset(given)))


def _analyse(task: Record, memory: Memory, watch: Watch) -> Answer:
    found, fit = analyse(_read_question(task), memory, watch)
    found |= {"sequence": task["call"].get("sequence"), "stale": False}
    head, body = _give(found)
    head["places"] = {node["name"]: (node["x"], node["y"]) for node in found["nodes"] if node["kind"] != "constant"}
    if fit is not None and fit.converged:
        head["estimates"] = clean(Estimates.of("", fit).rows)
    return head, body


def _read_question(task: Record) -> Question:
    """The question of a call; the server has made paths of its names."""
    path, data, rival = (Path(task[name]) if task.get(name) else None for name in ("path", "data", "rival"))
    return Question.parse(task["call"], path, data, rival)


def _try(task: Record, memory: Memory, watch: Watch) -> Answer:
    return _give(try_action(_read_question(task), task["call"].get("action"), memory, watch))


def _compare(task: Record, memory: Memory, watch: Watch) -> Answer:
    return _give(compare_files([Path(name) for name in task["paths"]], _read_question(task), memory))


def _export(task: Record, memory: Memory, watch: Watch) -> Answer:
    name, content = export(task["call"], _read_question(task), memory)
    return {"name": name}, content


def _read_data(task: Record, memory: Memory, watch: Watch) -> Answer:
    """Columns and number of rows of a file of data, by the same guarded readers. Raises DataError for what is none."""
    frame = open_table(Path(task["data"]))
    return _give({"data_columns": list_known_names(tuple(map(str, frame.columns))), "rows": len(frame)})


def _give(record: Record) -> Answer:
    return {}, json.dumps(record, allow_nan=False, separators=(",", ":")).encode()


TASKS: Mapping[str, Callable[[Record, Memory, Watch], Answer]] = {
    "analyse": _analyse,
    "try": _try,
    "compare": _compare,
    "export": _export,
    "read_data": _read_data,
}
