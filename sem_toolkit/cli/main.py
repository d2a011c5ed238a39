"""Arguments in; text, JSON, files and an exit code out.

Exit codes: 0 done; 1 no certified answer; 2 the input is wrong; 3 a defect of ours.
"""

import sys
from collections.abc import Sequence
from contextlib import nullcontext
from typing import Annotated

import typer

from sem_toolkit import __version__
from sem_toolkit.cli import INTERRUPTED
from sem_toolkit.cli.commands import LazyCommands
from sem_toolkit.cli.output import DONE, NOT_CERTIFIED, OUR_DEFECT, WRONG_INPUT, print_messages, print_record
from sem_toolkit.cli.streams import is_stream_fault, prepare_streams, silence
from sem_toolkit.diagnostics import Diagnostic, EstimationError, SemError
from sem_toolkit.diagnostics.records import build_diagnostic_record
from sem_toolkit.process import one_blas_thread

app = typer.Typer(
    name="sem-toolkit",
    cls=LazyCommands,
    help="Structural equation models from lavaan-style text: certified estimates, comparisons, path diagrams.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        sys.stdout.write(f"sem-toolkit {__version__}\n")
        raise typer.Exit


VERSION = typer.Option("--version", callback=_print_version, is_eager=True, help="Say which version this is.")


@app.callback()
def take_common_options(
    version: Annotated[bool, VERSION] = False,
) -> None:
    """Structural equation models from lavaan-style text: certified estimates, comparisons, path diagrams."""


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code; whatever happens, no exception leaves."""
    try:
        code = _run_command(arguments)
        sys.stdout.flush()
    except BrokenPipeError:
        silence(sys.stdout)  # the reader (head, less) left early; close quietly, as other filters do
        return DONE
    except OSError as problem:
        return _end_without_stream(problem)
    return code


def _run_command(arguments: Sequence[str]) -> int:
    """The exit code; raises OSError where a stream cannot be written to."""
    try:
        prepare_streams()
        # without numbers loaded there is nothing to limit yet, and no need to load them for that
        with one_blas_thread() if "numpy" in sys.modules else nullcontext():
            app(args=list(arguments), prog_name="sem-toolkit")
    except SystemExit as leave:
        if isinstance(leave.__context__, BrokenPipeError):  # to rich and click a reader that left early is a failure
            return DONE
        return leave.code if isinstance(leave.code, int) else DONE
    except SemError as fault:
        if "--json" in arguments:
            print_record({"diagnostics": [build_diagnostic_record(entry) for entry in fault.diagnostics]})
        print_messages(fault.diagnostics, fault.source)
        return NOT_CERTIFIED if isinstance(fault, EstimationError) else WRONG_INPUT
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as problem:
        if isinstance(problem, OSError) and (isinstance(problem, BrokenPipeError) or is_stream_fault(problem)):
            raise
        sys.stderr.write(_report_defect(arguments))
        return OUR_DEFECT
    return DONE


def _end_without_stream(problem: OSError) -> int:
    """Say, as far as that is possible, that the results could not be written."""
    silence(sys.stdout)
    try:
        message = f"the result cannot be written to standard output: {problem.strerror}"
        print_messages([Diagnostic("error", "unwritable-output", message)], None)
        sys.stderr.flush()
    except OSError:
        silence(sys.stderr)
    return WRONG_INPUT


def _report_defect(arguments: Sequence[str]) -> str:
    import tempfile
    import traceback

    with tempfile.NamedTemporaryFile("w", prefix="sem-toolkit-", suffix=".log", delete=False, encoding="utf-8") as log:
        log.write(f"sem-toolkit {' '.join(arguments)}\n\n{traceback.format_exc()}")
    last = traceback.format_exc().strip().splitlines()[-1]
    return (
        f"error[defect]: sem_toolkit itself failed, not your input: {last}\n"
        f"  please report it, with the log {log.name}\n"
    )
