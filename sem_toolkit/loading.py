"""What is loaded when it is first asked for: names of packages, and libraries that take long to start.

A command that only reads a spec then starts without pandas and scipy, and `import sem_toolkit` loads nothing.

What only some fits need is loaded by the place that finds out that this one does: a table of kinds or a method takes
its name from the package (`exact_fit.LevelBaseline()`), a branch imports it. tests/test_loading.py holds what a plain
fit must not load.
"""

import sys

TYPE_CHECKING = False  # typing itself is loaded later: a start that is interrupted meets nothing but the command
if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import ModuleType
    from typing import Any
else:
    ModuleType = type(sys)


def offer_lazily(package: str) -> None:
    """Let a package hand out what its source imports under `if TYPE_CHECKING:`, each name loaded when asked for.

    So the names are written once, as imports that type checkers and editors read. A name that is both a module of
    the package and something in that module (`compare`) stands for the latter.

    package  name of the package; called in its `__init__`
    """
    sys.modules[package].__class__ = _LazyPackage


def call_above(name: str, *given: object, **settings: object) -> "Any":
    """What a layer asks of a function of one above it, which it knows by name only, such as the words of the report.

    name  the function from within the package: "report.presenter.format_summary"
    """
    from importlib import import_module

    module, _, function = f"sem_toolkit.{name}".rpartition(".")
    return getattr(import_module(module), function)(*given, **settings)


class _LazyPackage(ModuleType):
    """A package whose names are loaded when they are first asked for."""

    def _find_homes(self) -> "Mapping[str, tuple[str, str]]":
        """Names that the package offers: the module of each, and its name there."""
        homes: Mapping[str, tuple[str, str]] | None = self.__dict__.get("_homes")
        if homes is None:
            homes = self.__dict__["_homes"] = _read_homes(str(self.__file__))
        return homes

    def __getattr__(self, name: str) -> "Any":
        # Python asks for names such as __path__ by itself, and no package offers one
        home = None if name.startswith("__") else self._find_homes().get(name)
        if home is None:
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        from importlib import import_module

        found = getattr(import_module(home[0]), home[1])
        self.__dict__[name] = found
        return found

    def __setattr__(self, name: str, value: object) -> None:
        # Python hands in every module of the package that has been loaded. Its name is kept for what is in it
        if not (isinstance(value, ModuleType) and name in self._find_homes()):
            super().__setattr__(name, value)

    def __dir__(self) -> list[str]:
        tools = {"TYPE_CHECKING", "offer_lazily"}
        return sorted({*super().__dir__(), *self._find_homes()} - tools)


def _read_homes(path: str) -> "Mapping[str, tuple[str, str]]":
    # the parser alone: the module `ast` around it takes longer to load than it has to do here
    from _ast import If, ImportFrom, Name, PyCF_ONLY_AST

    with open(path, encoding="utf-8") as source:  # noqa: PTH123 (no pathlib before the first name)
        tree: Any = compile(source.read(), path, "exec", PyCF_ONLY_AST)
    blocks = [
        node
        for node in tree.body
        if isinstance(node, If) and isinstance(node.test, Name) and node.test.id == "TYPE_CHECKING"
    ]
    imports = [entry for node in blocks for entry in node.body if isinstance(entry, ImportFrom) and entry.module]
    return {name.asname or name.name: (str(entry.module), name.name) for entry in imports for name in entry.names}


class LazyModule:
    """A library by its name, loaded when something of it is first asked for."""

    def __init__(self, name: str) -> None:
        self.__dict__["_name"] = name

    def __getattr__(self, name: str) -> "Any":
        if name.startswith("__"):  # asked for by inspection, which is no use of the library
            raise AttributeError(name)
        from importlib import import_module

        found = getattr(import_module(self.__dict__["_name"]), name)
        self.__dict__[name] = found
        return found
