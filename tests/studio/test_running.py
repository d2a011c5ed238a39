"""A studio as the command starts it: which folder, which port, who may read its door, and what a kill leaves."""

import os
import re
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from sem_toolkit.diagnostics import DataError, OptionError
from sem_toolkit.studio.doors import keep_door, read_door
from sem_toolkit.studio.guard import Door
from sem_toolkit.studio.running import Start, build_folder, open_port
from tests.studio.harness import POLDEM


@pytest.fixture(autouse=True)
def state(tmp_path_factory, monkeypatch):
    folder = tmp_path_factory.mktemp("state")
    monkeypatch.setenv("XDG_STATE_HOME", str(folder))
    return folder


def test_the_folder_is_the_current_one_or_that_of_the_spec(tmp_path, monkeypatch):
    (tmp_path / "models").mkdir()
    spec = tmp_path / "models" / "m.lav"
    spec.write_text("#' data: ../d.csv\n#' include: other.lav\ny ~ x\n")
    monkeypatch.chdir(tmp_path)
    folder = build_folder(Start(Path("models/m.lav")))
    assert folder.root == tmp_path.resolve()
    monkeypatch.chdir(tmp_path / "models")
    assert build_folder(Start(Path("m.lav"))).root == (tmp_path / "models").resolve()
    # What the spec names at the start may be read, and nothing else outside.
    folder = build_folder(Start(Path("m.lav")))
    folder.require_readable(tmp_path / "d.csv")
    with pytest.raises(DataError):
        folder.require_readable(tmp_path / "e.csv")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert build_folder(Start(spec)).root == (tmp_path / "models").resolve()
    with pytest.raises(OptionError, match="is not in the folder"):
        build_folder(Start(spec, folder=tmp_path / "elsewhere"))
    for start in (Start(tmp_path / "none" / "m.lav"), Start(data=tmp_path / "none.csv"), Start(folder=tmp_path / "no")):
        with pytest.raises(OptionError):
            build_folder(start)


def test_only_this_machine_can_connect():
    with open_port(0) as listening:
        assert listening.getsockname()[0] == "127.0.0.1"
        with pytest.raises(OptionError, match="cannot be used"):
            open_port(listening.getsockname()[1])
        with open_port(listening.getsockname()[1], fallback=True) as other:
            assert other.getsockname()[1] != listening.getsockname()[1]


def test_a_door_is_kept_for_its_owner_and_a_day(tmp_path, state):
    door = Door(4711, "t" * 32)
    assert read_door(tmp_path) is None
    keep_door(tmp_path, door)
    assert read_door(tmp_path) == door
    assert read_door(tmp_path / "other") is None
    [path] = state.rglob("*.json")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o644)
    assert read_door(tmp_path) is None
    path.chmod(0o600)
    os.utime(path, (time.time() - 2 * 86400,) * 2)
    assert read_door(tmp_path) is None
    path.write_text('{"port": "x", "token": ""}')
    assert read_door(tmp_path) is None


def start_studio(folder, *arguments):
    """The command in a folder; the process, and a client for the address that it prints."""
    command = [sys.executable, "-m", "sem_toolkit.cli", "studio", *arguments, "--no-browser"]
    command[1:3] = ["-c", "import sys; from sem_toolkit.cli import main; sys.argv[0] = 'sem-toolkit'; main()"]
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True)
    address = process.stdout.readline().strip()
    found = re.fullmatch(r"(http://127\.0\.0\.1:\d+)/\?token=([\w-]{32})", address)
    assert found, address
    return process, httpx.Client(base_url=found[1], headers={"X-Studio-Token": found[2]}, timeout=60), address


@pytest.mark.slow
def test_a_studio_that_is_killed_goes_on_where_it_was(studio):
    process, client, address = start_studio(studio.folder, "model.lav")
    with client:
        assert client.get("/api/state", headers={"X-Studio-Token": "x"}).status_code == 403
        state = client.get("/api/state").json()
        answer = client.post("/api/analyse", json={"text": state["text"], "sequence": 1, "page": "a"})
        assert answer.json()["fit"]["n"] == 75
        call = {"text": POLDEM + "# typed\n", "version": state["version"], "page": "a"}
        saved = client.post("/api/save", json=call).json()
        children = list_children(process.pid)
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
        again, other, same = start_studio(studio.folder, "model.lav")
        with other:
            assert same == address
            found = other.get("/api/state").json()
            assert (found["text"], found["version"]) == (call["text"], saved["version"])
        again.terminate()
        again.wait()
        again.stdout.close()
    assert children
    deadline = time.monotonic() + 20
    while any(is_alive(child) for child in children) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not any(is_alive(child) for child in children)


def list_children(number):
    found = subprocess.run(["ps", "-o", "pid=", "--ppid", str(number)], capture_output=True, text=True, check=False)
    return [int(line) for line in found.stdout.split()]


def is_alive(number):
    try:
        status = Path(f"/proc/{number}/stat").read_text()
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"
