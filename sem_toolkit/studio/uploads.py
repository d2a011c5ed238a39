"""Files of data that the page brings: bounded, under a name of their own, and kept only where they can be read."""

import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

from sem_toolkit.diagnostics import DataError, Diagnostic
from sem_toolkit.studio.folder import TABLES, Folder

_MOST_ALIKE = 1000


async def take_upload(name: str, chunks: AsyncIterator[bytes], folder: Folder) -> Path:
    """Write what comes into a file of this name, or one like it where there is one already; its path.

    Nothing is left where the upload is refused or broken off. Raises DataError for a name that no file of data has.
    """
    wanted = folder.find(Path(name.replace("\\", "/")).name)
    if wanted.suffix.lower() not in TABLES:
        hint = f"one of {', '.join(sorted(TABLES))}"
        raise DataError(Diagnostic("error", "unknown-format", f'"{wanted.name}" is no file of data', hint=hint))
    with tempfile.NamedTemporaryFile(dir=folder.root, prefix=".upload-", suffix=wanted.suffix, delete=False) as stream:
        temporary = Path(stream.name)
        try:
            async for chunk in chunks:
                stream.write(chunk)
            stream.flush()
            return _place(temporary, wanted)
        finally:
            temporary.unlink(missing_ok=True)


def _place(temporary: Path, wanted: Path) -> Path:
    """The first free name; an existing file is never written over."""
    for number in range(1, _MOST_ALIKE):
        path = wanted if number == 1 else wanted.with_stem(f"{wanted.stem}-{number}")
        try:
            path.hardlink_to(temporary)
        except FileExistsError:
            continue
        except OSError:  # a file system without links
            if path.exists():
                continue
            temporary.replace(path)
        path.chmod(0o644)
        return path
    raise DataError(Diagnostic("error", "file-exists", f"there are too many files called {wanted.name}"))
