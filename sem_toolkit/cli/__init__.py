"""The command `sem-toolkit`."""

from sem_toolkit.cli.main import main

__all__ = ["main"]
