"""The way from a spec and data to a fit, stage by stage: each stage is there when it is first asked for, and once."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sem_toolkit.diagnostics import DataError, Diagnostic, OptionError
from sem_toolkit.estimation import Progress, Solution, fill_exogenous_moments
from sem_toolkit.estimation import estimate as find_solution
from sem_toolkit.fit.auxiliary import add_saturated_correlates, find_outside_instruments
from sem_toolkit.fit.idle import require_effect, require_instruments_used, require_products_estimable, require_rotation
from sem_toolkit.fit.levels import adapt_to_levels, require_cluster
from sem_toolkit.fit.moments import order_moments, require_mean
from sem_toolkit.fit.options import FitOptions, heed_products, parse_fit_options
from sem_toolkit.fit.origins import Origin, read_origin
from sem_toolkit.fit.result import Fit
from sem_toolkit.fit.rotated import require_one_step
from sem_toolkit.fit.streamed import find_stream
from sem_toolkit.model import IdentificationReport, Model, build_model, check_identification, require_moments
from sem_toolkit.rotation import anchor_blocks, list_anchors, require_rotatable, rotate_blocks
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
from sem_toolkit.sample.categorical.answers import (
    Answers,
    attach_statistics,
    code_answers,
    find_answers,
    require_varied_answers,
)
from sem_toolkit.sample.categorical.pairwise import build_pairwise_answers
from sem_toolkit.sample.categorical.statistics import EmptyCells
from sem_toolkit.sample.clusters import attach_clusters
from sem_toolkit.sample.dropping import EACH_PAIR
from sem_toolkit.sample.group_choice import choose_groups
from sem_toolkit.sample.levels.carried import carry_sample
from sem_toolkit.sample.levels.splitting import split_levels
from sem_toolkit.sample.parcels import add_parcels
from sem_toolkit.sample.reversing import reverse_items
from sem_toolkit.sample.sample import FULL_INFORMATION, PAIRWISE, TWO_STAGE
from sem_toolkit.sample.streaming import build_streamed_sample
from sem_toolkit.sample.tabular import TabularFile
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
from sem_toolkit.spec.checks.support import LATENT_PRODUCT
from sem_toolkit.spec.levels import separate_levels
from sem_toolkit.spec.names import observed_variables
from sem_toolkit.spec.slopes import carry_slopes, list_hidden, list_slopes, require_random_slopes
from sem_toolkit.spec.tree import Formula

FloatArray = NDArray[np.float64]
Watch = Callable[[Progress], object]
Start = FloatArray | Fit | Solution


@dataclass(frozen=True, eq=False)
class Prepared:
    """A spec, its options and its data, if it has any, as far as they can be brought without estimating.

    Every stage raises the SemError of what cannot be done there: SpecError, DataError, OptionError or ModelError.

    frame   rows of data; None for moments (options.sample_cov) and for no data at all
    source  what captions call the rows
    stream  a file that is too long for memory, where moments are all that is needed of it
    origin  the file that they were read from, if any
    """

    spec: Spec
    options: FitOptions
    frame: pd.DataFrame | None = None
    source: str = ""
    origin: Origin | None = None
    stream: TabularFile | None = None

    @property
    def has_data(self) -> bool:
        """Whether there are rows or moments."""
        return self.has_rows or self.options.sample_cov is not None

    @property
    def has_rows(self) -> bool:
        """Whether there are rows, in memory or in a long file."""
        return self.frame is not None or self.stream is not None

    @cached_property
    def groups(self) -> tuple[str, ...]:
        """Labels of the groups in the order of the data; ("",) for one group without a name."""
        if self.stream is not None and self.options.group is not None:
            return self.stream.list_labels(self.options.group)
        if self.frame is not None and self.options.group is not None:
            return list_group_labels(rename_columns(self.frame, [self.options.group]), self.options.group)
        return tuple(self.options.sample_cov or ("",))

    @cached_property
    def ordered(self) -> tuple[str, ...]:
        """Names of the ordered variables of the model: endogenous observed ones that the options name, or all."""
        if not self.options.estimation.categorical:
            return ()
        bare = build_parameter_table(self.spec, replace(self.options.table, ordered=()), self.groups)
        roles = bare.roles[0]
        possible = [name for name in roles.observed if name not in roles.exogenous_observed]
        named = {*self.options.table.ordered, *roles.ordered}
        found = tuple(name for name in possible if self.options.all_ordered or name in named)
        if not found:
            raise OptionError(_build_no_ordered(sorted(named), possible))
        return found

    @cached_property
    def answers(self) -> Mapping[str, Answers]:
        """The answers of each ordered variable, in their order; none without rows."""
        if self.frame is None or not self.ordered:
            return {}
        return find_answers(rename_columns(self.frame, [*self.ordered]), self.ordered, self.source or "the data")

    @cached_property
    def table_options(self) -> TableOptions:
        """The options of the table as a fit completes them."""
        settings = self.options.table
        if self.ordered:
            counts = {name: len(own.values) - 1 for name, own in self.answers.items()}
            settings = replace(settings, ordered=self.ordered, thresholds={**settings.thresholds, **counts})
        if self.options.sample_cov is not None and settings.meanstructure is None:
            means = self.options.sample_mean is not None
            needed = settings.call == "growth" or not {"intercepts", "means"}.isdisjoint(settings.group_equal)
            if means or not needed:
                settings = replace(settings, meanstructure=means)  # several groups alone bring no means here
        if settings.meanstructure is None and self.options.estimation.steps.sam_method and self._has_products:
            settings = replace(settings, meanstructure=True)  # a product has a mean, whatever its parts have
        return settings.for_fit(len(self.groups))

    @property
    def _has_products(self) -> bool:
        """Whether the spec has products of latent variables."""
        return any(entry.code == LATENT_PRODUCT for entry in self.spec.diagnostics)

    @cached_property
    def table(self) -> ParameterTable:
        """The parameter table that the spec means."""
        table = build_parameter_table(self.spec, self.table_options, self.groups)
        require_effect(self.spec, self.table_options, self.groups, table)
        require_instruments_used(table, self.options.estimation)
        require_products_estimable(table, self.options.estimation)
        require_rotation(self.options.given, table)
        require_rotatable(table, self.options.rotation)
        require_random_slopes(table)
        require_one_step(table, self.options.rotation, self.options.estimation.steps)
        return table

    @cached_property
    def _correlates(self) -> tuple[str, ...]:
        """Variables that help and are no part of what the model says: auxiliary ones, and instruments from outside."""
        outside = () if self.ordered else find_outside_instruments(self.table, self._names)
        return (self.options.aux if self.options.missing in FULL_INFORMATION else ()) + outside

    @property
    def _names(self) -> Collection[str]:
        """What the data have columns or moments of."""
        if self.options.sample_cov is not None:
            return next(iter(self.options.sample_cov.values())).names
        if self.stream is not None:
            return list(self.stream.columns)
        return [] if self.frame is None else list(map(str, self.frame.columns))

    @cached_property
    def estimated_table(self) -> ParameterTable:
        """The same with every level as a group of its own, and with auxiliary variables, where there are any."""
        table = carry_slopes(separate_levels(self.table))
        return add_saturated_correlates(table, self._correlates) if self._correlates else table

    @cached_property
    def rows(self) -> pd.DataFrame | None:
        """The rows of data, the columns under the names that the spec and the options have for them."""
        if self.frame is None:
            return None
        wanted = list(dict.fromkeys([*observed_variables(self.table), *self.options.aux, *self._correlates]))
        wanted += [name for name in (self.options.group, self.options.cluster, self.options.sampling_weights) if name]
        turned, parcels = self.options.reverse, self.options.parcel
        items = [item for parcel in parcels for item in parcel.items]
        made = {parcel.name for parcel in parcels}
        found = rename_columns(
            self.frame, [*(name for name in wanted if name not in made), *(item.name for item in turned), *items]
        )
        if turned:
            found = reverse_items(found, turned, [*wanted, *items])
        return add_parcels(found, parcels, wanted) if parcels else found

    @cached_property
    def findings(self) -> tuple[Diagnostic, ...]:
        """All that can be said of the spec, of what it expands to and of its variables among the columns."""
        return self.check()

    @property
    def check(self) -> Callable[[], tuple[Diagnostic, ...]]:
        """What makes the findings: without the rows, so that a fit can keep it until somebody asks."""
        return partial(check_expanded, self.spec, self.table, self.table_options, self.columns)

    @property
    def columns(self) -> list[str] | None:
        """Names of the columns of the data, None where there are no rows."""
        if self.stream is not None:
            return list(self.stream.columns)
        return None if self.rows is None else list(map(str, self.rows.columns))

    @cached_property
    def _column_findings(self) -> tuple[Diagnostic, ...]:
        return () if self.columns is None else check_columns(self.spec, self.table, self.columns)

    @cached_property
    def sample(self) -> Sample:
        """The statistics of the data, its variables in the table's order. Raises DataError without data."""
        variables = observed_variables(self.estimated_table)
        hidden = list_hidden(list_slopes(self.estimated_table))
        everything, variables = variables, tuple(name for name in variables if name not in hidden)
        if self.options.sample_cov is not None:
            return self._build_moments(variables)
        if self.stream is not None:
            return build_streamed_sample(self.stream, variables, self.options.group, self.options.missing)
        if self.rows is None:
            raise DataError(_build_no_data())
        require_any_column(self.rows, variables, self.source)
        unknown = [entry for entry in self._column_findings if entry.severity == "error"]
        if unknown:
            raise DataError(unknown, self.spec.source)
        if self.ordered:
            return self._build_categorical(variables)
        frame = add_products(self.rows, variables)
        exogenous = _list_exogenous(self.table)
        group, missing = self.options.group, self.options.missing
        auxiliary = self.options.aux if missing in TWO_STAGE else ()
        sample = build_sample(frame, variables, group, self.source, missing, exogenous, auxiliary)
        sample = self._attach_design(sample, frame)
        if self.table.levels:
            sample = split_levels(sample, self.estimated_table, frame[require_cluster(self.options)])
            return carry_sample(sample, self.estimated_table, everything) if hidden else sample
        if sample.has_design and self.options.ignores_design:
            sample = replace(sample, messages=(*sample.messages, _describe_draws()))
        return replace(sample, auxiliary=self._correlates)

    def _build_categorical(self, variables: tuple[str, ...]) -> Sample:
        """The statistics of ordered variables and of those that go with them."""
        assert self.rows is not None  # noqa: S101
        options = self.options
        if options.group is not None:
            require_varied_answers(self.rows, self.answers, options.group)
        coded = code_answers(self.rows, self.answers)
        frame = add_products(coded, variables)
        covariates = self.table.roles[0].exogenous_observed if self.table.conditional_x else ()
        group, source = options.group, self.source
        if options.missing in PAIRWISE:
            sample = build_pairwise_answers(frame, variables, group, source, exogenous=covariates)
        else:
            sample = build_sample(frame, variables, group, source, options.missing, covariates, keeping=EACH_PAIR)
        sample = self._attach_design(sample, frame)
        cells = EmptyCells(options.zero_add, options.zero_keep_margins)
        return attach_statistics(sample, self.answers, covariates, cells)

    def _attach_design(self, sample: Sample, frame: pd.DataFrame) -> Sample:
        """The sample with the sampling weights and clusters of its rows, where the options name them."""
        if self.options.weighting:
            sample = attach_weights(sample, frame, self.options.weighting)
        return attach_clusters(sample, frame, self.options.cluster) if self.options.cluster else sample

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

    def with_equalities(self, options: FitOptions, spec: Spec | None = None) -> "Prepared":
        """The same rows with other equalities among parameters: what is known of the rows is not asked again.

        options  those of this one, but for group_equal and group_partial
        spec     a text of the same variables that says the equalities itself; None: the same spec
        """
        found = replace(self, options=options, spec=self.spec if spec is None else spec)
        known: dict[str, object] = {"groups": self.groups, "rows": self.rows}
        variables = observed_variables(found.estimated_table)
        if _list_exogenous(found.table) == _list_exogenous(self.table) and variables == self.sample.variables:
            known["sample"] = self.sample
        found.__dict__.update(known)  # where cached_property keeps its values
        return found

    @cached_property
    def model(self) -> Model:
        """The model, with the moments that it takes from the data where there are any."""
        if not self.has_data:
            return build_model(self.estimated_table)
        model = build_model(fill_exogenous_moments(self.estimated_table, self.sample, self.options.estimation))
        return anchor_blocks(model, self.sample, self.options.rotation)

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
    read: dict[object, tuple[pd.DataFrame, str, Origin | None]] = {}
    found = []
    for spec in specs:
        chosen = adapt_to_levels(spec, parse_fit_options(get_header_options(spec), options))
        if chosen.sample_cov is not None:
            if data is not None:
                message = "there are data and moments (sample_cov): the data would be left unread"
                raise OptionError(Diagnostic("error", "option-without-effect", message, hint="give one of them"))
            found.append(Prepared(spec, chosen))
            continue
        source = find_data(spec, data)
        if (stream := find_stream(spec, source, chosen)) is not None:
            origin = read_origin(stream.path)
            found.append(Prepared(spec, chosen, source=stream.path.name, origin=origin, stream=stream))
            continue
        door = chosen.door
        key = (source if isinstance(source, Path) else id(source), door)
        if key not in read:
            called = source.name if isinstance(source, Path) else type(source).__name__
            origin = read_origin(source) if isinstance(source, Path) else None
            read[key] = open_table(source, door), called, origin
        frame, called, origin = read[key]
        if chosen.group_label and chosen.group is not None:
            frame = choose_groups(frame, chosen.group, chosen.group_label)
        found.append(Prepared(spec, chosen, frame, called, origin))
    return found


def prepare_schematic(spec: Spec, **options: object) -> Prepared:
    """The same without any data, for what a spec means by itself; the header's are left alone."""
    return Prepared(spec, adapt_to_levels(spec, parse_fit_options(get_header_options(spec), options)))


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
    if options.estimation.steps.sam_method is not None:
        options = heed_products(options, model.table)  # identified is each part by itself
    elif options.estimation.engine != "native":
        prepared.identification.require_identified()
    elif model.depth is None:
        require_moments(model)
    values = None if start is None else _match_start(start, model)
    solution = find_solution(model, prepared.sample, options.estimation, start=values, watch=watch)
    if not solution.certificate.converged:
        prepared.identification.require_identified()
    solution, rotation = rotate_blocks(solution, options.rotation)
    return Fit(prepared.spec, options, solution.sample, solution, prepared.check, prepared.origin, values, rotation)


def _list_exogenous(table: ParameterTable) -> tuple[str, ...]:
    """Variables whose means are taken from the data."""
    return tuple(dict.fromkeys(row.lhs for row in table.parameters if row.op == "~1" and row.exo))


def _match_start(start: Start, model: Model) -> FloatArray:
    """Start values (q) of this model; NaN for a parameter that the other fit does not estimate."""
    if isinstance(start, (Fit, Solution)):
        found = (start.solution if isinstance(start, Fit) else start).searched
        if list_anchors(found.model.table) != list_anchors(model.table):
            return np.full(model.n_parameters, np.nan)  # other coordinates of the factors
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
    parcel = {"parcel": list(spec.header.parcel)} if spec.header.parcel else {}
    typed = [
        term.variable
        for formula in spec.statements
        if isinstance(formula, Formula) and formula.operator == "|"
        for term in formula.left
    ]
    ordered = {"ordered": list(dict.fromkeys(typed))} if typed else {}  # thresholds say that there are answers
    return {**ordered, **estimator, **reverse, **parcel, **spec.header.options}


def find_data(spec: Spec, data: object) -> object:
    """The rows to fit, or the Path of the file with them: as given, or named in the header; DataError for neither."""
    if data is not None and not isinstance(data, (str, Path)):
        return data
    if data is None:
        if not spec.header.data:
            raise DataError(_build_no_data())
        data = Path(spec.source.name).parent / spec.header.data
    return Path(data)


def _build_no_ordered(named: list[str], possible: list[str]) -> Diagnostic:
    shown = ", ".join(named[:6])
    message = f"none of the ordered variables is an endogenous variable of the model: {shown}"
    hint = f"its endogenous observed variables are {', '.join(possible[:12])}"
    return Diagnostic("error", "option-without-effect", message, hint=hint)


def _find_place(entry: Diagnostic) -> tuple[int, int]:
    """Where in the text; what has no place comes last."""
    return (entry.span.start, entry.span.end) if entry.span else (1 << 60, 0)


def _describe_draws() -> Diagnostic:
    message = "standard errors are those of rows that are independent draws, which these are not"
    return Diagnostic("warning", "rows-taken-for-draws", message, hint='leave out se = "standard"')


def _build_no_data() -> Diagnostic:
    message = "the spec needs data, and neither it nor the call names any"
    return Diagnostic("error", "no-data", message, hint='add --data FILE, or "#\' data: FILE" to the spec')
