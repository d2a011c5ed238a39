"""Spec and data into a `Fit`, by one call."""

from pathlib import Path

from sem_toolkit.diagnostics import Diagnostic, OptionError
from sem_toolkit.fit.pipeline import estimate, prepare
from sem_toolkit.fit.result import Fit
from sem_toolkit.spec import Spec, parse_spec, read_spec


def fit(spec: Spec | str | Path, data: object = None, **options: object) -> Fit:
    """Fit a model written in lavaan syntax.

    spec     a path, the text of a model, or a parsed `Spec`; one line without an operator is taken for a path
    data     n × p rows: a table of pandas, polars or Arrow, a dict of columns, an array, or a path (CSV, Parquet,
             Excel, SPSS, Stata); None takes the `data` of the spec's header, or the moments of the options sample_cov,
             sample_nobs and sample_mean
    options  by lavaan's names, as on the command line: estimator, missing, ordered, group, group_equal, std_lv,
             meanstructure, se, test, bootstrap, cluster, sampling_weights, sam, level, call ("sem", "cfa", "growth"),
             and of the data missing_codes, reverse, answers, sheet; docs/cli.md has all. Others are refused

    Raises SpecError, DataError, OptionError or ModelError for input that cannot be fitted. A fit that finds no
    optimum is returned, not raised: its certificate says so. `prepare` and `estimate` are the same in two steps, with
    start values and a watcher.
    """
    return estimate(prepare(parse(spec), data, **options))


def parse(spec: Spec | str | Path) -> Spec:
    """A spec from what a user gives for one: see `fit`."""
    if isinstance(spec, Spec):
        return spec
    given: object = spec
    if not isinstance(given, (str, Path)):
        message = f"a spec is a path, the text of a model or a parsed Spec, and this is of type {type(given).__name__}"
        raise OptionError(Diagnostic("error", "no-spec", message))
    if isinstance(spec, Path) or not any(sign in spec for sign in ("~", "\n", "=", ";")):
        return read_spec(Path(spec))
    return parse_spec(spec)
