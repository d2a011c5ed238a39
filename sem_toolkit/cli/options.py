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
from sem_toolkit.diagnostics import DataError, Diagnostic, OptionError
from sem_toolkit.fit.moments import Moments
from sem_toolkit.sample import read_covariance, read_means

SpecArgument = Annotated[Path, typer.Argument(metavar="SPEC", help="A model in lavaan syntax.")]
DataOption = Annotated[
    Path | None,
    typer.Option("--data", help="Rows: CSV, TSV, Parquet, Excel, SPSS .sav. Default: the `data` of the spec's header."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document on standard output.")]

MODEL_PANEL = "Model"
DATA_PANEL = "Data"
ESTIMATION_PANEL = "Estimation"


def _declare(kind: type, flag: str, panel: str, text: str) -> Any:
    return Annotated[kind | None, typer.Option(flag, help=text, rich_help_panel=panel)]


# What each option is called in an options file, and how it is typed. The flags are lavaan's names with dashes.
FIT_OPTIONS: Mapping[str, Any] = {
    "call": _declare(str, "--call", MODEL_PANEL, "Whose defaults: sem, cfa, growth or lavaan."),
    "std_lv": _declare(bool, "--std-lv", MODEL_PANEL, "Fix latent variances to 1 and free the markers."),
    "orthogonal": _declare(bool, "--orthogonal", MODEL_PANEL, "No covariances among exogenous latent variables."),
    "meanstructure": _declare(bool, "--meanstructure", MODEL_PANEL, "Estimate intercepts."),
    "fixed_x": _declare(bool, "--fixed-x/--free-x", MODEL_PANEL, "Take exogenous moments from the data, or free them."),
    "group": _declare(str, "--group", DATA_PANEL, "Name of the grouping column."),
    "group_equal": _declare(str, "--group-equal", MODEL_PANEL, "loadings,intercepts,residuals,... held equal."),
    "group_partial": _declare(str, "--group-partial", MODEL_PANEL, "Left free all the same, such as f=~x2,x3~1."),
    "ordered": _declare(str, "--ordered", DATA_PANEL, "none: all are continuous. Others are not supported yet."),
    "parameterization": _declare(str, "--parameterization", MODEL_PANEL, "delta or theta, for ordered variables."),
    "missing": _declare(str, "--missing", DATA_PANEL, "Empty cells: listwise, ml (FIML), ml.x, two.stage."),
    "aux": _declare(str, "--aux", DATA_PANEL, "Auxiliary variables, for --missing ml or two.stage."),
    "sample_cov": _declare(Path, "--sample-cov", DATA_PANEL, "A file with a covariance matrix instead of rows."),
    "sample_mean": _declare(Path, "--sample-mean", DATA_PANEL, "A file with means, to go with --sample-cov."),
    "sample_nobs": _declare(int, "--sample-nobs", DATA_PANEL, "Number of observations behind --sample-cov."),
    "estimator": _declare(str, "--estimator", ESTIMATION_PANEL, "ML, or another of lavaan's words."),
    "likelihood": _declare(str, "--likelihood", ESTIMATION_PANEL, "normal (divisor n) or wishart (n - 1)."),
    "se": _declare(str, "--se", ESTIMATION_PANEL, "Standard errors: standard, robust.sem, robust.huber.white, none."),
    "test": _declare(str, "--test", ESTIMATION_PANEL, "Test beside the standard one, such as satorra.bentler."),
    "information": _declare(str, "--information", ESTIMATION_PANEL, "expected, observed or first.order."),
    "observed_information": _declare(str, "--observed-information", ESTIMATION_PANEL, "hessian or h1."),
    "level": _declare(float, "--level", ESTIMATION_PANEL, "Of confidence intervals: 0.95."),
    "engine": _declare(str, "--engine", ESTIMATION_PANEL, "Which optimiser is asked first: auto, semopy or native."),
    "options": _declare(Path, "--options", ESTIMATION_PANEL, "A JSON file with a set of options, by lavaan's names."),
}  # fmt: skip


def takes_fit_options(command: Callable[..., int]) -> Callable[..., int]:
    """Give a command all of FIT_OPTIONS; it receives what was typed, and the options file's, as `chosen`."""

    @wraps(command)
    def wrapped(**given: Any) -> int:
        typed = {name: given.pop(name) for name in FIT_OPTIONS}
        read = [*(given.get("specs") or ()), *(value for name, value in given.items() if name != "output")]
        protect_inputs(given.get("output"), [*read, *typed.values()])
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


def _collect_options(
    options: Path | None, sample_cov: Path | None, sample_mean: Path | None, **typed: Any
) -> dict[str, object]:
    chosen = dict(read_options(options)) | {name: value for name, value in typed.items() if value is not None}
    if chosen.get("ordered") == "none":
        chosen["ordered"] = False
    if sample_cov is not None:
        chosen["sample_cov"] = Moments(*read_covariance(sample_cov))
    if sample_mean is not None:
        means = read_means(sample_mean)
        chosen["sample_mean"] = Moments(tuple(means), np.array(list(means.values())))
    return chosen


def read_options(path: Path | None) -> Mapping[str, object]:
    """The set of options in a JSON file; empty where there is none. Raises DataError or OptionError."""
    if path is None:
        return {}
    try:
        if path.exists() and not path.is_file():
            reason = os.strerror(errno.EISDIR) if path.is_dir() else "it is no file"
            raise DataError(Diagnostic("error", "unreadable-file", f"the options file {path} cannot be read: {reason}"))
        options = json.loads(path.read_text(encoding="utf-8"))
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
