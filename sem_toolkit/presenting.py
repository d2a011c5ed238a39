"""Results that people look at. Words and tables for people are made by the report layer, above all that have results;
a result knows that layer by its name only, and loads it when somebody looks.
"""

from importlib import import_module
from typing import Any


def present(task: str, result: object, **settings: Any) -> Any:
    """What `sem_toolkit.report.presenter` makes of a result: see the function of this name there."""
    return getattr(import_module("sem_toolkit.report.presenter"), task)(result, **settings)
