"""The options that commands share, and their way into one set of named options."""

import errno
import inspect
import json
import os
from collections.abc import Callable, Mapping
from functools import wraps
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from sem_toolkit.cli.inputs import protect_inputs
from sem_toolkit.diagnostics import DataError, Diagnostic, OptionError, build_missing_file
from sem_toolkit.fit.declared import OPTIONS, TESTING
from sem_toolkit.fit.moments import Moments

SpecArgument = Annotated[Path, typer.Argument(metavar="SPEC", help="A model in lavaan syntax.")]
DataOption = Annotated[
    Path | None,
    typer.Option("--data", help="Rows: CSV, TSV, Parquet, Excel, SPSS, Stata. Default: `data` of the spec's header."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document on standard output.")]
ReceiptOption = Annotated[
    Path | None,
    typer.Option("--receipt", help="Write what the result was made from, for `sem-toolkit verify`, into a JSON file."),
]
ReportOption = Annotated[
    Path | None,
    typer.Option("--report", help="Write methods, tables and the checklist of JARS-SEM: .html .md .docx .tex"),
]


def declare_workers(panel: str | None = None) -> Any:
    """The option --workers, in a panel of a command's help."""
    text = "Processes. Default: one a core where that pays."
    return typer.Option("--workers", min=1, rich_help_panel=panel, help=text)


PANELS = {"table": "Model", "data": "Data", "estimation": "Estimation", "inference": "Estimation",
          "rotation": "Rotation"}  # fmt: skip
_TYPES: Mapping[str, type] = {"switch": bool, "fraction": float, "count": int, "counts": str, "moments": Path}
"""How a kind of option is typed; the others are texts."""


def _declare(kind: type, flag: str, panel: str, text: str) -> Any:
    return Annotated[kind | None, typer.Option(flag, help=text, rich_help_panel=panel)]


FIT_OPTIONS: Mapping[str, Any] = {
    option.name: _declare(_TYPES.get(option.kind, str), option.flag, PANELS[option.layer], option.help)
    for option in OPTIONS.values()
    if option.flag
} | {"options": _declare(Path, "--options", "Estimation", "A JSON file with a set of options, by lavaan's names.")}
"""What each option with a flag is called in an options file, and how it is typed."""


class Chosen(dict[str, object]):
    """Options of a fit by name; `typed`: those that came as flags, and not from a file that several commands share."""

    typed: frozenset[str] = frozenset()


WITHOUT_ESTIMATES = frozenset(
    option.name for option in OPTIONS.values() if option.layer in ("estimation", "inference")
) - {"estimator"} | {"rotation_se"}  # an estimator decides which parameters there are
"""Options of which nothing is seen where nothing is estimated."""
WITHOUT_TESTS = TESTING
"""Options of which nothing is seen where no estimate is tested."""
INTERVALS = frozenset(("level",))
"""Options of which nothing is seen where no intervals are shown."""
WITHOUT_ROWS = frozenset(
    ("answers", "group", "missing_codes", "reverse", "sample_cov", "sample_mean", "sample_nobs", "sampling_weights",
     "sampling_weights_normalization", "sampling_weights_type", "sheet")
)  # fmt: skip
"""Options of which nothing is seen where no data are read."""


def require_use(chosen: Mapping[str, object], idle: frozenset[str], reason: str) -> None:
    """Raise OptionError for flags among the idle options: they would do nothing."""
    for name, option in OPTIONS.items():
        if name in idle and name in getattr(chosen, "typed", ()):
            message = f"{option.flag} would do nothing: {reason}"
            raise OptionError(Diagnostic("error", "option-without-effect", message))


def leave_out(chosen: Mapping[str, object], idle: frozenset[str], reason: str) -> dict[str, object]:
    """What is chosen without idle options: those of a file of several commands go unsaid, flags raise OptionError."""
    require_use(chosen, idle, reason)
    return {name: value for name, value in chosen.items() if name not in idle}


def takes_fit_options(command: Callable[..., int]) -> Callable[..., int]:
    """Give a command all of FIT_OPTIONS; it receives what was typed, and the options file's, as `chosen`."""

    @wraps(command)
    def wrapped(**given: Any) -> int:
        typed = {name: given.pop(name) for name in FIT_OPTIONS}
        written = {name: given.get(name) for name in ("output", "receipt", "report")}
        read = [*(given.get("specs") or ()), *(value for name, value in given.items() if name not in written)]
        for path in written.values():
            protect_inputs(path, [*read, *typed.values()])
        return command(**given, chosen=_collect_options(**typed))

    own = [entry for name, entry in inspect.signature(command).parameters.items() if name != "chosen"]
    shared = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation)
        for name, annotation in FIT_OPTIONS.items()
    ]
    keyword_only = [entry.replace(kind=inspect.Parameter.KEYWORD_ONLY) for entry in own]
    wrapped.__signature__ = inspect.Signature(keyword_only + shared)  # type: ignore[attr-defined]
    wrapped.__annotations__ = {entry.name: entry.annotation for entry in own + shared}
    return wrapped


def _collect_options(options: Path | None, sample_cov: Path | None, sample_mean: Path | None, **typed: Any) -> Chosen:
    flags = {name: value for name, value in typed.items() if value is not None}
    chosen = Chosen(dict(read_options(options)) | flags)
    moments = {"sample_cov": sample_cov, "sample_mean": sample_mean}
    chosen.typed = frozenset(flags) | {name for name, path in moments.items() if path is not None}
    if sample_cov is not None:
        _take_moments(sample_cov, chosen)
    if sample_mean is not None:
        from sem_toolkit.sample import read_means

        means = read_means(sample_mean)
        chosen["sample_mean"] = Moments(tuple(means), np.array(list(means.values())))
    return chosen


def _take_moments(sample_cov: Path, chosen: dict[str, object]) -> None:
    """Read covariances, and what the file has beside them: means, and the numbers of observations where none are typed.

    Several files with commas between their names are groups with the names of the files.
    """
    from sem_toolkit.sample import read_moments

    paths = [sample_cov]
    if not sample_cov.exists() and "," in str(sample_cov):
        paths = [Path(name.strip()) for name in str(sample_cov).split(",")]
    found = {part.label or (path.stem if len(paths) > 1 else ""): part for path in paths for part in read_moments(path)}
    chosen["sample_cov"] = {label: Moments(part.names, part.covariance, part.messages) for label, part in found.items()}
    means = {label: Moments(part.names, part.mean) for label, part in found.items() if part.mean is not None}
    if len(means) == len(found):
        chosen["sample_mean"] = means
    sizes = [part.n for part in found.values() if part.n is not None]
    if len(sizes) == len(found):
        chosen.setdefault("sample_nobs", sizes)


def read_options(path: Path | None) -> Mapping[str, object]:
    """The set of options in a JSON file; empty where there is none. Raises DataError or OptionError."""
    if path is None:
        return {}
    try:
        if path.exists() and not path.is_file():
            reason = os.strerror(errno.EISDIR) if path.is_dir() else "it is no file"
            raise DataError(Diagnostic("error", "unreadable-file", f"the options file {path} cannot be read: {reason}"))
        options = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise DataError(build_missing_file(path, "options file")) from None
    except OSError as problem:
        message = f"the options file {path} cannot be read: {problem.strerror}"
        raise DataError(Diagnostic("error", "unreadable-file", message)) from None
    except RecursionError:
        raise OptionError(Diagnostic("error", "not-json", f"{path} is nested too deeply")) from None
    except ValueError as problem:
        raise OptionError(Diagnostic("error", "not-json", f"{path} is not valid JSON: {problem}")) from None
    if not isinstance(options, dict):
        hint = 'write an object such as {"estimator": "ML", "std_lv": true}'
        raise OptionError(Diagnostic("error", "not-json", f"{path} does not hold a set of options", hint=hint))
    return options
