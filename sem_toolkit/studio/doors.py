"""The port and token of a folder's studio, kept for a day so that open pages go on when it is started again.

They lie in the user's own state folder, readable by nobody else, and never among the files of a project.
"""

import hashlib
import json
import os
import time
from pathlib import Path

from sem_toolkit.studio.guard import Door

_KEPT = 24 * 3600.0


def read_door(root: Path) -> Door | None:
    """The door of the last studio in a folder; None where there was none within a day, or others could read it."""
    path = _find(root)
    try:
        if os.name == "posix" and (path.stat().st_mode & 0o077 or path.stat().st_uid != os.getuid()):
            return None
        if time.time() - path.stat().st_mtime > _KEPT:
            return None
        record = json.loads(path.read_text(encoding="ascii"))
        port, token = record["port"], record["token"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    known = isinstance(port, int) and 0 < port < 65536 and isinstance(token, str) and len(token) >= 32
    return Door(port, token) if known else None


def keep_door(root: Path, door: Door) -> None:
    """Keep a door; where that cannot be, the next studio has another one."""
    path = _find(root)
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.unlink(missing_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as stream:
            json.dump({"port": door.port, "token": door.token}, stream)
    except OSError:
        return


def _find(root: Path) -> Path:
    folder = os.environ.get("XDG_STATE_HOME") or os.environ.get("LOCALAPPDATA") or Path.home() / ".local" / "state"
    name = hashlib.sha256(os.fsencode(root)).hexdigest()[:24]
    return Path(folder) / "sem-toolkit" / "studio" / f"{name}.json"
