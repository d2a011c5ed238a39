"""The command `sem-toolkit`."""

import sys

INTERRUPTED = 130


def main() -> None:
    """Run the command line and leave with its exit code.

    Nothing but this file is loaded before: an interrupt (Ctrl-C) while the rest is ends as quietly as a later one.
    """
    try:
        from sem_toolkit.process import (
            import_without_collecting,
            keep_scratch_memory,
            leave,
            start_with_one_blas_thread,
        )

        start_with_one_blas_thread()
        with import_without_collecting():
            from sem_toolkit.cli.main import run
        keep_scratch_memory()
        code = run(sys.argv[1:])
        leave(code)
    except KeyboardInterrupt:
        code = INTERRUPTED
    sys.exit(code)


__all__ = ["main"]
