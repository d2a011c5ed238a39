"""Spec and data into a `Fit`: the layers in their order."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sem_toolkit.diagnostics import DataError, Diagnostic
from sem_toolkit.estimation import estimate, fill_exogenous_moments
from sem_toolkit.fit.options import FitOptions, Moments, parse_fit_options
from sem_toolkit.fit.result import Fit
from sem_toolkit.model import build_model, check_identification
from sem_toolkit.sample import (
    Sample,
    add_products,
    build_sample,
    build_sample_from_moments,
    list_group_labels,
    read_table,
)
from sem_toolkit.spec import (
    ParameterTable,
    Spec,
    build_parameter_table,
    check_columns,
    parse_spec,
    read_spec,
    require_estimable,
)
from sem_toolkit.spec.names import observed_variables


def fit(spec: Spec | str | Path, data: pd.DataFrame | str | Path | None = None, **options: object) -> Fit:
    """Fit a model written in lavaan syntax.

    spec     a path, the text of a model, or a parsed `Spec`; one line without an operator is taken for a path
    data     n × p rows of a DataFrame, or a path (CSV, Parquet, Excel, SPSS); None takes the `data` of the spec's
             header, or the moments of the options sample_cov, sample_nobs and sample_mean
    options  as in `FitOptions`; they win over those of the header

    Raises SpecError, DataError, OptionError or ModelError for input that cannot be fitted. A fit that finds no
    optimum is returned, not raised: its certificate says so.
    """
    parsed = _parse(spec)
    require_estimable(parsed)
    chosen = parse_fit_options(get_header_options(parsed), options)
    if chosen.sample_cov is not None:
        return fit_moments(parsed, chosen)
    frame, source = require_frame(parsed, data)
    return fit_frame(parsed, frame, chosen, source)


def fit_frame(spec: Spec, frame: pd.DataFrame, options: FitOptions, source: str = "") -> Fit:
    """Fit to the rows of a DataFrame; `source` names them in captions."""
    groups = ("",) if options.group is None else list_group_labels(frame, options.group)
    table = build_parameter_table(spec, options.table.for_fit(len(groups)), groups)
    unknown = [
        entry for entry in check_columns(spec, table, list(map(str, frame.columns))) if entry.severity == "error"
    ]
    if unknown:
        raise DataError(unknown, spec.source)
    variables = observed_variables(table)
    sample = build_sample(add_products(frame, variables), variables, group=options.group, source=source)
    return fit_sample(spec, table, sample, options)


def fit_moments(spec: Spec, options: FitOptions) -> Fit:
    """Fit to the moments in the options; the groups are those of sample_cov, in its order."""
    covariances = options.sample_cov or {}
    means = options.sample_mean
    settings = options.table
    needs_means = settings.call == "growth" or not {"intercepts", "means"}.isdisjoint(settings.group_equal)
    if settings.meanstructure is None and (means is not None or not needs_means):
        settings = replace(settings, meanstructure=means is not None)  # several groups alone bring no means here
    table = build_parameter_table(spec, settings.for_fit(len(covariances)), tuple(covariances))
    names = next(iter(covariances.values())).names
    sample = build_sample_from_moments(
        names,
        [_order_moments(moments, names, f"sample_cov{_where(label)}") for label, moments in covariances.items()],
        options.sample_nobs,
        observed_variables(table),
        mean=None if means is None else [_require_mean(means, label, names) for label in covariances],
        labels=tuple(covariances),
    )
    return fit_sample(spec, table, sample, options)


def fit_sample(spec: Spec, table: ParameterTable, sample: Sample, options: FitOptions) -> Fit:
    """Estimate the table's model from a sample whose variables are in the table's order.

    An optimum with information in every direction proves that the model is identified. Where the native solver finds
    none, and before another engine is let loose, the model itself is looked at; raises ModelError where it is not.
    """
    model = build_model(fill_exogenous_moments(table, sample))
    if options.estimation.engine != "native":
        check_identification(model).require_identified()
    solution = estimate(model, sample, options.estimation)
    if not solution.certificate.converged:
        check_identification(model).require_identified()
    return Fit(spec, options, sample, solution)


def _parse(spec: Spec | str | Path) -> Spec:
    if isinstance(spec, Spec):
        return spec
    if isinstance(spec, Path) or not any(sign in spec for sign in ("~", "\n", "=", ";")):
        return read_spec(Path(spec))
    return parse_spec(spec)


def get_header_options(spec: Spec) -> Mapping[str, object]:
    """The options in the spec's header, its estimator among them."""
    estimator = {"estimator": spec.header.estimator} if spec.header.estimator else {}
    return {**estimator, **spec.header.options}


def require_frame(spec: Spec, data: pd.DataFrame | str | Path | None) -> tuple[pd.DataFrame, str]:
    """The rows to fit, and their name: as given, or from the file that is given or named in the header."""
    if isinstance(data, pd.DataFrame):
        return data, "DataFrame"
    if data is None:
        if not spec.header.data:
            message = "the spec needs data, and neither it nor the call names any"
            raise DataError(
                Diagnostic("error", "no-data", message, hint='add --data FILE, or "#\' data: FILE" to the spec')
            )
        data = Path(spec.source.name).parent / spec.header.data
    path = Path(data)
    return read_table(path), path.name


def _require_mean(means: Mapping[str, Moments], label: str, names: tuple[str, ...]) -> NDArray[np.float64]:
    if label not in means:
        message = f"sample_mean has no entry for group {label!r}"
        raise DataError(Diagnostic("error", "no-mean", message, hint="give the means of every group of sample_cov"))
    return _order_moments(means[label], names, f"sample_mean{_where(label)}")


def _order_moments(moments: Moments, names: tuple[str, ...], what: str) -> NDArray[np.float64]:
    """Values (p or p × p) in the order of `names`; raises DataError where a name is missing or a size is wrong."""
    missing = [name for name in names if name not in moments.names]
    if missing:
        raise DataError(Diagnostic("error", "unknown-column", f"{what} has no values for {', '.join(missing)}"))
    if set(moments.values.shape) != {len(moments.names)}:
        message = f"{what} has {len(moments.names)} names for values of shape {moments.values.shape}"
        raise DataError(Diagnostic("error", "wrong-shape", message))
    picked = [moments.names.index(name) for name in names]
    return moments.values[np.ix_(*[picked] * moments.values.ndim)]


def _where(label: str) -> str:
    return f" of group {label!r}" if label else ""
