"""What a command reads is never what it writes over."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from sem_toolkit.diagnostics import Diagnostic, OptionError
from sem_toolkit.spec import Spec


def protect_inputs(output: Path | None, inputs: Iterable[object]) -> None:
    """Raise OptionError where the file to write is one of the paths to read (whatever it is called, through links)."""
    for entry in inputs:
        if output is not None and isinstance(entry, Path) and _is_same(output, entry):
            message = f"-o {output} would write over {entry}, which the command reads"
            raise OptionError(Diagnostic("error", "output-is-input", message, hint="give the output another name"))


def protect_files_of(output: Path | None, specs: Iterable[Spec], data: Path | None) -> None:
    """The same for the files that the headers of specs name."""
    for spec in specs:
        folder = Path(spec.source.name).parent
        named = [] if data is not None or not spec.header.data else [spec.header.data]
        codebook = spec.header.diagram.get("codebook") if isinstance(spec.header.diagram, Mapping) else None
        protect_inputs(output, [folder / str(name) for name in (*named, codebook) if name])


def _is_same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except (OSError, ValueError):  # one of them is not there
        return False
