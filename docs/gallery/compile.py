"""Compile the TikZ of every picture of the gallery with each engine of TeX that is installed.

Ends with exit code 1 when one does not compile, and says which.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from make import iterate_entries

ENGINES = ("pdflatex", "lualatex")


def main() -> None:
    """Compile all, or the models named on the command line."""
    engines = [engine for engine in ENGINES if shutil.which(engine) is not None]
    if not engines:
        sys.stdout.write(f"none of {', '.join(ENGINES)} is installed: nothing was compiled\n")
        return
    compiled: dict[str, Future[bool]] = {}
    # The first pictures are compiled while the next ones are drawn.
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(os.cpu_count()) as pool:
        for _, name, _, pictures in iterate_entries(set(sys.argv[1:])):
            for style, picture in pictures:
                path = Path(folder) / f"{name}-{style}.tex"
                picture.write(path)
                # What pdflatex cannot set asks for another engine in its first line.
                able = engines if path.read_text(encoding="utf-8").startswith("\\") else engines[1:]
                for engine in able:
                    compiled[f"{path.stem} ({engine})"] = pool.submit(compile_tex, path, engine)
    failed = [name for name, outcome in compiled.items() if not outcome.result()]
    sys.stdout.write(f"not compiled: {', '.join(failed)}\n" if failed else f"all compiled by {', '.join(engines)}\n")
    sys.exit(1 if failed else 0)


def compile_tex(path: Path, engine: str) -> bool:
    """Whether an engine makes a PDF of a file; its last words are printed where it does not."""
    command = [engine, "-interaction=nonstopmode", "-halt-on-error", f"-jobname={path.stem}-{engine}", path.name]
    outcome = subprocess.run(command, cwd=path.parent, capture_output=True, check=False)  # noqa: S603
    if outcome.returncode != 0:
        sys.stdout.write(outcome.stdout.decode(errors="replace")[-600:])
    return outcome.returncode == 0


if __name__ == "__main__":
    main()
