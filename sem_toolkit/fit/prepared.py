"""A spec with its options and data, as far as they go without estimating: each stage is there when it is asked for."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from sem_toolkit.caching import cached_property
from sem_toolkit.diagnostics import Diagnostic, OptionError
from sem_toolkit.fit.idle import (
    require_effect,
    require_exogenous,
    require_instruments_used,
    require_products_estimable,
    require_rotation,
)
from sem_toolkit.fit.levels import adapt_to_levels
from sem_toolkit.fit.options import FitOptions, parse_fit_options
from sem_toolkit.fit.origins import Origin
from sem_toolkit.fit.rotation import require_one_step
from sem_toolkit.libraries import pd
from sem_toolkit.model import IdentificationReport, Model, build_model, check_identification
from sem_toolkit.sample import Sample
from sem_toolkit.sample.names import list_columns
from sem_toolkit.sample.sample import FULL_INFORMATION
from sem_toolkit.spec import (
    ParameterTable,
    Spec,
    TableOptions,
    build_parameter_table,
    check_columns,
    check_expanded,
)
from sem_toolkit.spec.checks.support import LATENT_PRODUCT
from sem_toolkit.spec.levels import separate_levels
from sem_toolkit.spec.names import observed_variables
from sem_toolkit.spec.slopes import carry_slopes, require_random_slopes
from sem_toolkit.spec.table import INSTRUMENTS
from sem_toolkit.spec.tree import Formula

if TYPE_CHECKING:
    from sem_toolkit.sample.categorical.answers import Answers
    from sem_toolkit.sample.tabular import TabularFile


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
    frame: "pd.DataFrame | None" = None
    source: str = ""
    origin: Origin | None = None
    stream: "TabularFile | None" = None

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
            from sem_toolkit.sample import list_group_labels, rename_columns

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
    def answers(self) -> "Mapping[str, Answers]":
        """The answers of each ordered variable, in their order; none without rows."""
        if not self.has_rows or not self.ordered:
            return {}
        if self.stream is not None:
            from sem_toolkit.sample.streamed_answers import find_streamed_answers

            return find_streamed_answers(self.stream, self.ordered)
        assert self.frame is not None  # noqa: S101
        from sem_toolkit.sample import rename_columns
        from sem_toolkit.sample.categorical.answers import find_answers

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
        if self.options.estimation.steps.sam_method is not None:
            from sem_toolkit.estimation.steps.scales import free_outcomes

            table = free_outcomes(table)
        require_effect(self.spec, self.table_options, self.groups, table)
        require_instruments_used(table, self.options.estimation)
        require_exogenous(table, self.options.estimation)
        require_products_estimable(table, self.options.estimation)
        require_rotation(self.options.given, table)
        if table.exploratory:
            from sem_toolkit.rotation import require_rotatable

            require_rotatable(table, self.options.rotation)
        require_random_slopes(table)
        require_one_step(table, self.options.rotation, self.options.estimation.steps)
        return table

    @cached_property
    def correlates(self) -> tuple[str, ...]:
        """Variables that help and are no part of what the model says: auxiliary ones, and instruments from outside."""
        named = not self.ordered and INSTRUMENTS in self.table.operators
        helping = self.options.aux if self.options.missing in FULL_INFORMATION else ()
        if not named:
            return helping
        from sem_toolkit.fit.auxiliary import find_outside_instruments

        return helping + find_outside_instruments(self.table, self.given_names)

    @cached_property
    def given_names(self) -> Sequence[str]:
        """What the data have columns or moments of."""
        if self.options.sample_cov is not None:
            return next(iter(self.options.sample_cov.values())).names
        if self.stream is not None:
            return list(self.stream.columns)
        return [] if self.frame is None else list_columns(self.frame)

    @cached_property
    def estimated_table(self) -> ParameterTable:
        """The same with every level as a group of its own, and with auxiliary variables, where there are any."""
        table = carry_slopes(separate_levels(self.table))
        if not self.correlates:
            return table
        from sem_toolkit.fit.auxiliary import add_saturated_correlates

        return add_saturated_correlates(table, self.correlates)

    @cached_property
    def rows(self) -> "pd.DataFrame | None":
        """The rows of data, the columns under the names that the spec and the options have for them."""
        if self.frame is None:
            return None
        from sem_toolkit.fit.samples import build_rows_of

        return build_rows_of(self, self.frame)

    @cached_property
    def findings(self) -> tuple[Diagnostic, ...]:
        """All that can be said of the spec, of what it expands to and of its variables among the columns."""
        return self.check()

    @property
    def check(self) -> Callable[[], tuple[Diagnostic, ...]]:
        """What makes the findings: without the rows, so that a fit can keep it until somebody asks."""
        return partial(check_expanded, self.spec, self.table, self.table_options, self.columns)

    @cached_property
    def columns(self) -> Sequence[str] | None:
        """Names of the columns of the data, None where there are no rows."""
        if self.stream is not None or self.rows is self.frame:
            return self.given_names if self.has_rows else None
        return None if self.rows is None else list_columns(self.rows)

    @cached_property
    def column_findings(self) -> tuple[Diagnostic, ...]:
        return () if self.columns is None else check_columns(self.spec, self.table, self.columns)

    @cached_property
    def sample(self) -> "Sample":
        """The statistics of the data, its variables in the table's order. Raises DataError without data."""
        from sem_toolkit.fit.samples import build_sample_of

        return build_sample_of(self)

    def with_equalities(self, options: FitOptions, spec: Spec | None = None) -> "Prepared":
        """The same rows with other equalities among parameters: what is known of the rows is not asked again.

        options  those of this one, but for group_equal and group_partial
        spec     a text of the same variables that says the equalities itself; None: the same spec
        """
        found = replace(self, options=options, spec=self.spec if spec is None else spec)
        known = found.__dict__  # where cached_property keeps its values
        known.update(groups=self.groups, rows=self.rows)  # before the table asks for them
        if found.ordered == self.ordered:
            known["answers"] = self.answers
        variables = observed_variables(found.estimated_table)
        if list_exogenous(found.table) == list_exogenous(self.table) and variables == self.sample.variables:
            known["sample"] = self.sample
        return found

    @cached_property
    def model(self) -> Model:
        """The model, with the moments that it takes from the data where there are any."""
        if not self.has_data:
            return build_model(self.estimated_table)
        from sem_toolkit.fit.samples import build_model_of

        return build_model_of(self)

    @cached_property
    def identification(self) -> IdentificationReport:
        """Whether the model is identified, by random points of its parameter space."""
        return check_identification(self.model)


def prepare_schematic(spec: Spec, **options: object) -> Prepared:
    """The same without any data, for what a spec means by itself; the header's are left alone."""
    return Prepared(spec, adapt_to_levels(spec, parse_fit_options(get_header_options(spec), options)))


def get_header_options(spec: Spec) -> Mapping[str, object]:
    """The options in the spec's header, its estimator among them."""
    estimator = {"estimator": spec.header.estimator} if spec.header.estimator else {}
    reverse = {"reverse": spec.header.reverse} if spec.header.reverse else {}
    parcel = {"parcel": list(spec.header.parcel)} if spec.header.parcel else {}
    answers = {"answers": list(spec.header.answers)} if spec.header.answers else {}
    typed = [
        term.variable
        for formula in spec.statements
        if isinstance(formula, Formula) and formula.operator == "|"
        for term in formula.left
    ]
    ordered = {"ordered": list(dict.fromkeys(typed))} if typed else {}  # thresholds say that there are answers
    return {**ordered, **estimator, **reverse, **parcel, **answers, **spec.header.options}


def list_exogenous(table: ParameterTable) -> tuple[str, ...]:
    """Variables whose moments are taken from the data."""
    own = (row for row in table.parameters if row.exo and (row.op == "~1" or (row.op == "~~" and row.lhs == row.rhs)))
    return tuple(dict.fromkeys(row.lhs for row in own))


def _build_no_ordered(named: list[str], possible: list[str]) -> Diagnostic:
    shown = ", ".join(named[:6])
    message = f"none of the ordered variables is an endogenous variable of the model: {shown}"
    hint = f"its endogenous observed variables are {', '.join(possible[:12])}"
    return Diagnostic("error", "option-without-effect", message, hint=hint)


def build_no_data() -> Diagnostic:
    message = "the spec needs data, and neither it nor the call names any"
    return Diagnostic(
        "error",
        "no-data",
        message,
        hint='name a file by --data FILE or by "#\' data: FILE" in the spec; in Python: fit(spec, data)',
    )
