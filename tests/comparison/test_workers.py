"""Worker processes: they end with their parent, however it ends."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

PARENT = """
import os, time
from sem_toolkit.comparison.workers import run_all
from tests.comparison.test_workers import wait
for place, pid in run_all(wait, [0.0, 0.0, 600.0, 600.0], 2, None):
    print(pid, flush=True)
"""


def wait(_: None, seconds: float) -> int:
    time.sleep(seconds)
    return os.getpid()


def is_running(pid: int) -> bool:
    """Whether the process is there and has not ended (a zombie has)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_workers_end_with_a_parent_that_is_killed():
    with subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True) as parent:
        pids = {int(parent.stdout.readline()) for _ in range(2)}
        assert all(map(is_running, pids))
        parent.send_signal(signal.SIGKILL)
        parent.wait()
        ends = time.monotonic() + 30.0
        while any(map(is_running, pids)) and time.monotonic() < ends:
            time.sleep(0.1)
        assert not any(map(is_running, pids))
