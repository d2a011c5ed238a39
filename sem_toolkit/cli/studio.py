"""`sem-toolkit studio`."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from sem_toolkit.cli.output import DONE
from sem_toolkit.diagnostics import OptionError, build_missing_package


def studio(
    spec: Annotated[
        Path | None, typer.Argument(metavar="[SPEC]", help="A model in lavaan syntax, there or to be made.")
    ] = None,
    data: Annotated[
        Path | None, typer.Option("--data", help="Rows, for models whose header names none: CSV, Excel, SPSS, …")
    ] = None,
    folder: Annotated[
        Path | None, typer.Option("--folder", help="The folder whose files the page may open and write.")
    ] = None,
    port: Annotated[
        int, typer.Option("--port", help="Port of this machine; 0 takes a free one.", min=0, max=65535)
    ] = 0,
    frame: Annotated[
        str,
        typer.Option("--frame", metavar="ORIGIN", help="A notebook of this machine that may show the page in a frame."),
    ] = "",
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Print the address, and open nothing.")] = False,
) -> int:
    """Edit a model as text and as a picture in the browser, fitted while you type; nothing leaves this machine."""
    try:
        from sem_toolkit.studio.running import Start, run_studio
    except ModuleNotFoundError as problem:
        raise OptionError(build_missing_package("the studio", str(problem.name), "studio")) from None

    def tell(address: str) -> None:
        sys.stdout.write(f"{address}\n")
        sys.stdout.flush()
        if not no_browser:
            import webbrowser

            webbrowser.open(address)

    run_studio(Start(spec, data, folder, port, frame), tell)
    return DONE
