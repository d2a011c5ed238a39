"""The way from a spec and data to a fit, stage by stage: each stage is there when it is first asked for, and once."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sem_toolkit.diagnostics import DataError, Diagnostic, OptionError
from sem_toolkit.estimation import Progress, Solution, fill_exogenous_moments
from sem_toolkit.estimation import estimate as find_solution
from sem_toolkit.fit.auxiliary import add_saturated_correlates
from sem_toolkit.fit.idle import require_effect
from sem_toolkit.fit.moments import order_moments, require_mean
from sem_toolkit.fit.options import FitOptions, parse_fit_options
from sem_toolkit.fit.result import Fit
from sem_toolkit.fit.reversed import reverse_items
from sem_toolkit.model import IdentificationReport, Model, build_model, check_identification, require_moments
from sem_toolkit.sample import (
    Sample,
    add_products,
    build_sample,
    build_sample_from_moments,
    list_group_labels,
    open_table,
    rename_columns,
    require_any_column,
)
from sem_toolkit.sample.clusters import attach_clusters
from sem_toolkit.sample.sample import FULL_INFORMATION, TWO_STAGE
from sem_toolkit.sample.weights import attach_weights
from sem_toolkit.spec import (
    ParameterTable,
    Spec,
    TableOptions,
    build_parameter_table,
    check_columns,
    check_expanded,
    require_estimable,
)
from sem_toolkit.spec.names import observed_variables

FloatArray = NDArray[np.float64]
Watch = Callable[[Progress], object]
Start = FloatArray | Fit | Solution


@dataclass(frozen=True, eq=False)
class Prepared:
    """A spec, its options and its data, if it has any, as far as they can be brought without estimating.

    Every stage raises the SemError of what cannot be done there: SpecError, DataError, OptionError or ModelError.

    frame   rows of data; None for moments (options.sample_cov) and for no data at all
    source  what captions call the rows
    """

    spec: Spec
    options: FitOptions
    frame: pd.DataFrame | None = None
    source: str = ""

    @property
    def has_data(self) -> bool:
        """Whether there are rows or moments."""
        return self.frame is not None or self.options.sample_cov is not None

    @cached_property
    def groups(self) -> tuple[str, ...]:
        """Labels of the groups in the order of the data; ("",) for one group without a name."""
        if self.frame is not None and self.options.group is not None:
            return list_group_labels(rename_columns(self.frame, [self.options.group]), self.options.group)
        return tuple(self.options.sample_cov or ("",))

    @cached_property
    def table_options(self) -> TableOptions:
        """The options of the table as a fit completes them."""
        settings = self.options.table
        if self.options.sample_cov is not None and settings.meanstructure is None:
            means = self.options.sample_mean is not None
            needed = settings.call == "growth" or not {"intercepts", "means"}.isdisjoint(settings.group_equal)
            if means or not needed:
                settings = replace(settings, meanstructure=means)  # several groups alone bring no means here
        return settings.for_fit(len(self.groups))

    @cached_property
    def table(self) -> ParameterTable:
        """The parameter table that the spec means."""
        table = build_parameter_table(self.spec, self.table_options, self.groups)
        require_effect(self.spec, self.table_options, self.groups, table)
        return table

    @property
    def _correlates(self) -> tuple[str, ...]:
        return self.options.aux if self.options.missing in FULL_INFORMATION else ()

    @cached_property
    def estimated_table(self) -> ParameterTable:
        """The same with auxiliary variables, where full information from incomplete rows has any."""
        return add_saturated_correlates(self.table, self._correlates) if self._correlates else self.table

    @cached_property
    def rows(self) -> pd.DataFrame | None:
        """The rows of data, the columns under the names that the spec and the options have for them."""
        if self.frame is None:
            return None
        wanted = [*observed_variables(self.table), *self.options.aux]
        wanted += [name for name in (self.options.group, self.options.cluster, self.options.sampling_weights) if name]
        renamed = rename_columns(self.frame, [*wanted, *self.options.reverse])
        return reverse_items(renamed, self.options.reverse, wanted) if self.options.reverse else renamed

    @cached_property
    def findings(self) -> tuple[Diagnostic, ...]:
        """All that can be said of the spec, of what it expands to and of its variables among the columns."""
        return self.check()

    @property
    def check(self) -> Callable[[], tuple[Diagnostic, ...]]:
        """What makes the findings: without the rows, so that a fit can keep it until somebody asks."""
        columns = None if self.rows is None else list(map(str, self.rows.columns))
        return partial(check_expanded, self.spec, self.table, self.table_options, columns)

    @cached_property
    def _column_findings(self) -> tuple[Diagnostic, ...]:
        return () if self.rows is None else check_columns(self.spec, self.table, list(map(str, self.rows.columns)))

    @cached_property
    def sample(self) -> Sample:
        """The statistics of the data, its variables in the table's order. Raises DataError without data."""
        variables = observed_variables(self.estimated_table)
        if self.options.sample_cov is not None:
            return self._build_moments(variables)
        if self.rows is None:
            raise DataError(_build_no_data())
        require_any_column(self.rows, variables, self.source)
        unknown = [entry for entry in self._column_findings if entry.severity == "error"]
        if unknown:
            raise DataError(unknown, self.spec.source)
        frame = add_products(self.rows, variables)
        exogenous = tuple(dict.fromkeys(row.lhs for row in self.table.parameters if row.op == "~1" and row.exo))
        group, missing = self.options.group, self.options.missing
        auxiliary = self.options.aux if missing in TWO_STAGE else ()
        sample = build_sample(frame, variables, group, self.source, missing, exogenous, auxiliary)
        if self.options.sampling_weights:
            sample = attach_weights(sample, frame, self.options.sampling_weights)
        if self.options.cluster:
            sample = attach_clusters(sample, frame, self.options.cluster)
        return replace(sample, auxiliary=self._correlates)

    def _build_moments(self, variables: tuple[str, ...]) -> Sample:
        covariances, means = self.options.sample_cov or {}, self.options.sample_mean
        names = next(iter(covariances.values())).names
        return build_sample_from_moments(
            names,
            [order_moments(moments, names, "sample_cov", label) for label, moments in covariances.items()],
            self.options.sample_nobs,
            variables,
            mean=None if means is None else [require_mean(means, label, names) for label in covariances],
            labels=tuple(covariances),
            said=list(dict.fromkeys(entry for moments in covariances.values() for entry in moments.messages)),
        )

    @cached_property
    def model(self) -> Model:
        """The model, with the moments that it takes from the data where there are any."""
        if not self.has_data:
            return build_model(self.estimated_table)
        return build_model(fill_exogenous_moments(self.estimated_table, self.sample, self.options.estimation))

    @cached_property
    def identification(self) -> IdentificationReport:
        """Whether the model is identified, by random points of its parameter space."""
        return check_identification(self.model)


def prepare(spec: Spec, data: object = None, **options: object) -> Prepared:
    """Options merged with those of the header, and the rows read; nothing is built yet.

    data  n × p rows (a table of pandas, polars or Arrow, a dict, an array), or a path; None takes the `data` of the
          header. Moments in the options go before either.

    Raises SpecError for a faulty spec, OptionError, and DataError where rows cannot be read or nothing is named.
    """
    return prepare_together([spec], data, **options)[0]


def prepare_together(specs: Iterable[Spec], data: object = None, **options: object) -> list[Prepared]:
    """Several specs with the same options; each file of rows is read once. Raises as `prepare` does."""
    specs = list(specs)
    for spec in specs:
        require_estimable(spec)
    read: dict[object, tuple[pd.DataFrame, str]] = {}
    found = []
    for spec in specs:
        chosen = parse_fit_options(get_header_options(spec), options)
        if chosen.sample_cov is not None:
            if data is not None:
                message = "there are data and moments (sample_cov): the data would be left unread"
                raise OptionError(Diagnostic("error", "option-without-effect", message, hint="give one of them"))
            found.append(Prepared(spec, chosen))
            continue
        source = find_data(spec, data)
        door = chosen.door
        key = (source if isinstance(source, Path) else id(source), door)
        if key not in read:
            called = source.name if isinstance(source, Path) else type(source).__name__
            read[key] = open_table(source, door), called
        found.append(Prepared(spec, chosen, *read[key]))
    return found


def prepare_schematic(spec: Spec, **options: object) -> Prepared:
    """The same without any data, for what a spec means by itself; the header's are left alone."""
    return Prepared(spec, parse_fit_options(get_header_options(spec), options))


def estimate(prepared: Prepared, start: Start | None = None, watch: Watch | None = None) -> Fit:
    """Estimate what was prepared.

    start  where to begin: q values in the order of the model's parameters (NaN: as without), or a fit of a model with
           some of the same parameters
    watch  hears of every evaluation of the discrepancy; when it returns False the search ends with an EstimationError
           ("cancelled"), and what it raises itself passes through. Nothing of the prepared stages is lost by it.

    An optimum with information in every direction proves that the model is identified. Where the native solver finds
    none, and before another engine is let loose, the model itself is looked at; raises ModelError where it is not.
    """
    model, options = prepared.model, prepared.options
    if options.estimation.engine != "native":
        prepared.identification.require_identified()
    elif model.depth is None:
        require_moments(model)
    values = None if start is None else _match_start(start, model)
    solution = find_solution(model, prepared.sample, options.estimation, start=values, watch=watch)
    if not solution.certificate.converged:
        prepared.identification.require_identified()
    return Fit(prepared.spec, options, prepared.sample, solution, prepared.check)


def _match_start(start: Start, model: Model) -> FloatArray:
    """Start values (q) of this model; NaN for a parameter that the other fit does not estimate."""
    if isinstance(start, (Fit, Solution)):
        found = start.solution if isinstance(start, Fit) else start
        values = {
            (row.lhs, row.op, row.rhs, row.group): value
            for row, value in zip(found.model.parameters, found.x, strict=True)
        }
        return np.array([values.get((row.lhs, row.op, row.rhs, row.group), np.nan) for row in model.parameters])
    values_given = np.asarray(start, dtype=np.float64)
    if values_given.shape != (model.n_parameters,):
        message = f"start has shape {values_given.shape}, and the model has {model.n_parameters} free parameters"
        raise DataError(Diagnostic("error", "wrong-shape", message, hint="give one value a parameter, NaN for any"))
    return values_given


def get_header_options(spec: Spec) -> Mapping[str, object]:
    """The options in the spec's header, its estimator among them."""
    estimator = {"estimator": spec.header.estimator} if spec.header.estimator else {}
    reverse = {"reverse": spec.header.reverse} if spec.header.reverse else {}
    return {**estimator, **reverse, **spec.header.options}


def find_data(spec: Spec, data: object) -> object:
    """The rows to fit, or the Path of the file with them: as given, or named in the header; DataError for neither."""
    if data is not None and not isinstance(data, (str, Path)):
        return data
    if data is None:
        if not spec.header.data:
            raise DataError(_build_no_data())
        data = Path(spec.source.name).parent / spec.header.data
    return Path(data)


def _find_place(entry: Diagnostic) -> tuple[int, int]:
    """Where in the text; what has no place comes last."""
    return (entry.span.start, entry.span.end) if entry.span else (1 << 60, 0)


def _build_no_data() -> Diagnostic:
    message = "the spec needs data, and neither it nor the call names any"
    return Diagnostic("error", "no-data", message, hint='add --data FILE, or "#\' data: FILE" to the spec')
