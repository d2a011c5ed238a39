"""`sem-toolkit lsp`."""

from typing import Annotated

import typer

from sem_toolkit.cli.output import DONE
from sem_toolkit.diagnostics import Diagnostic, OptionError


def lsp(
    port: Annotated[
        int | None, typer.Option("--port", help="Serve on this port of this machine instead.", min=1)
    ] = None,
) -> int:
    """Serve an editor: diagnostics, completion, hover and estimates for specs, over standard input and output."""
    try:
        from sem_toolkit.lsp.server import run_server
    except ModuleNotFoundError as problem:
        message = f"the language server needs the package {problem.name}, which is not installed"
        hint = "pip install 'sem-toolkit[lsp]'"
        raise OptionError(Diagnostic("error", "missing-package", message, hint=hint)) from None
    run_server(port)
    return DONE
