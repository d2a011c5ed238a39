"""Names of commands to the modules that have them, each loaded when it is called: `--help` loads none."""

import ast
from collections.abc import Callable, Mapping
from functools import wraps
from importlib import import_module
from itertools import pairwise, takewhile
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from sem_toolkit.diagnostics.suggestions import format_suggestion
from sem_toolkit.process import import_without_collecting

COMMANDS = (
    "study", "data", "check", "fit", "efa", "test", "scores", "compare", "atlas", "multiverse", "improve",
    "invariance", "equivalents", "bootstrap", "power", "simulate", "cutoffs", "verify", "diagram", "fmt", "diff",
    "audit", "recover", "reconstruct", "studio", "lsp", "doctor",
)  # fmt: skip
"""Names of commands, each that of its module in sem_toolkit.cli."""
_FUNCTIONS: Mapping[str, str] = {"test": "run_tests"}
"""Functions that are not called like their command."""


class Command(TyperCommand):
    """A command that tells an option without its value from the option that follows."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Raise a usage error where the name of an option stands in the place of another one's value."""
        takes = {name: not getattr(param, "is_flag", False) for param in self.params for name in param.opts}
        names = {*takes, *(name for param in self.params for name in param.secondary_opts), *ctx.help_option_names}
        for name, value in pairwise(takewhile(lambda given: given != "--", args)):
            if takes.get(name) and name.startswith("-") and value in names and value.startswith("-"):
                ctx.fail(f"Option '{name}' requires an argument, and '{value}' is the next option.")
        return super().parse_args(ctx, args)


class LazyCommands(TyperGroup):
    """The group of all commands: listed from their sources, loaded one by one."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Their names, in the order of COMMANDS."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> TyperCommand | None:
        """What a list shows of a command: its name and the first line of its help."""
        return TyperCommand(cmd_name, help=read_summary(cmd_name)) if cmd_name in COMMANDS else None

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command that is called, whole."""
        name = args[0]
        if name not in COMMANDS and not ctx.resilient_parsing:
            suggestion = format_suggestion(name, COMMANDS)
            ctx.fail(f"there is no command '{name}'{': ' + suggestion if suggestion else ''}")
        return (name, load_command(name), args[1:]) if name in COMMANDS else (None, None, args)


def load_command(name: str) -> TyperCommand:
    """The command of this name, with its options."""
    own = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    with import_without_collecting():
        call = getattr(import_module(f"sem_toolkit.cli.{name}"), _FUNCTIONS.get(name, name))
    own.command(name, cls=Command, context_settings={"help_option_names": ["-h", "--help"]})(_leave_with_code(call))
    command = typer.main.get_command(own)
    assert isinstance(command, TyperCommand)  # noqa: S101 (one function makes one command)
    return command


def read_summary(name: str) -> str:
    """The first paragraph of a command's docstring, from its source."""
    function = _FUNCTIONS.get(name, name)
    tree = ast.parse(Path(__file__).with_name(f"{name}.py").read_text(encoding="utf-8"))
    found = next(node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == function)
    return (ast.get_docstring(found) or "").partition("\n\n")[0]


def _leave_with_code(command: Callable[..., int]) -> Callable[..., None]:
    """A command that returns its exit code, as typer wants it: left by an exception that carries the code."""

    @wraps(command)
    def wrapped(**given: Any) -> None:
        raise typer.Exit(command(**given))

    return wrapped
