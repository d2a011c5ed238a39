"""`sem-toolkit lsp`."""

from typing import Annotated

import typer

from sem_toolkit.cli.output import DONE
from sem_toolkit.diagnostics import OptionError, build_missing_package


def lsp(
    port: Annotated[
        int | None, typer.Option("--port", help="Serve on this port of this machine instead.", min=1)
    ] = None,
) -> int:
    """Serve an editor: diagnostics, completion, hover and estimates for specs, over standard input and output."""
    try:
        from sem_toolkit.lsp.server import run_server
    except ModuleNotFoundError as problem:
        raise OptionError(build_missing_package("the language server", str(problem.name), "lsp")) from None
    run_server(port)
    return DONE
