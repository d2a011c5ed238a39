"""The statistics of what was prepared, and the model that takes some of its moments from them."""

from dataclasses import replace
from typing import TYPE_CHECKING

from sem_toolkit.diagnostics import DataError, Diagnostic
from sem_toolkit.estimation import fill_exogenous_moments
from sem_toolkit.fit.empty_cells import describe_two_stages
from sem_toolkit.fit.levels import require_cluster
from sem_toolkit.fit.moments import order_moments, require_mean
from sem_toolkit.fit.prepared import Prepared, build_no_data, list_exogenous
from sem_toolkit.libraries import pd
from sem_toolkit.model import Model, build_model, require_observed
from sem_toolkit.sample import (
    Sample,
    add_products,
    build_sample,
    rename_columns,
    require_any_column,
)
from sem_toolkit.sample.dropping import BY_MOMENTS, EACH_PAIR, FULL
from sem_toolkit.sample.sample import PAIRWISE, TWO_STAGE
from sem_toolkit.spec.names import observed_variables
from sem_toolkit.spec.slopes import list_hidden, list_slopes

if TYPE_CHECKING:
    from sem_toolkit.sample.tabular import TabularFile


def build_rows_of(prepared: Prepared, frame: "pd.DataFrame") -> "pd.DataFrame":
    """The rows of data, the columns under the names that the spec and the options have for them."""
    wanted = list(dict.fromkeys([*observed_variables(prepared.table), *prepared.options.aux, *prepared.correlates]))
    wanted += [
        name for name in (prepared.options.group, prepared.options.cluster, prepared.options.sampling_weights) if name
    ]
    turned, parcels = prepared.options.reverse, prepared.options.parcel
    items = [item for parcel in parcels for item in parcel.items]
    made = {parcel.name for parcel in parcels}
    read = [*(name for name in wanted if name not in made), *(item.name for item in turned), *items]
    found = rename_columns(frame, read, prepared.given_names)
    if turned:
        from sem_toolkit.sample.reversing import reverse_items

        found = reverse_items(found, turned, [*wanted, *items])
    if not parcels:
        return found
    from sem_toolkit.sample.parcels import add_parcels

    return add_parcels(found, parcels, wanted)


def build_sample_of(prepared: Prepared) -> Sample:
    """The statistics of the data, its variables in the table's order. Raises DataError without data."""
    everything = require_observed(prepared.estimated_table)
    hidden = list_hidden(list_slopes(prepared.estimated_table))
    variables = tuple(name for name in everything if name not in hidden)
    if prepared.options.sample_cov is not None:
        return _build_moments(prepared, variables)
    if prepared.stream is not None:
        return _build_streamed(prepared.stream, prepared, variables)
    if prepared.rows is None:
        raise DataError(build_no_data())
    require_any_column(prepared.rows, variables, prepared.source)
    unknown = [entry for entry in prepared.column_findings if entry.severity == "error"]
    if unknown:
        raise DataError(unknown, prepared.spec.source)
    if prepared.ordered:
        return _tell_means(prepared, _build_categorical(prepared, variables))
    frame = add_products(prepared.rows, variables)
    exogenous = list_exogenous(prepared.table)
    group, missing = prepared.options.group, prepared.options.missing
    auxiliary = prepared.options.aux if missing in TWO_STAGE else ()
    keeping = BY_MOMENTS if prepared.options.estimation.record.search == "instruments" else FULL
    columns = prepared.columns if frame is prepared.rows else None
    sample = build_sample(frame, variables, group, prepared.source, missing, exogenous, auxiliary, keeping, columns)
    sample = _attach_design(prepared, sample, frame)
    if prepared.table.levels:
        from sem_toolkit.sample.levels.carried import carry_sample
        from sem_toolkit.sample.levels.splitting import split_levels

        sample = split_levels(sample, prepared.estimated_table, frame[require_cluster(prepared.options)])
        return carry_sample(sample, prepared.estimated_table, everything) if hidden else sample
    if sample.has_design and prepared.options.ignores_design:
        sample = replace(sample, messages=(*sample.messages, _describe_draws()))
    if missing in TWO_STAGE and prepared.options.estimation.record.search == "instruments":
        sample = replace(sample, messages=(*sample.messages, describe_two_stages(sample, str(missing))))
    return replace(sample, auxiliary=prepared.correlates)


def _build_streamed(file: "TabularFile", prepared: Prepared, variables: tuple[str, ...]) -> Sample:
    """The statistics of rows that are not kept."""
    options = prepared.options
    if not prepared.ordered:
        from sem_toolkit.sample.streaming import build_streamed_sample

        return build_streamed_sample(file, variables, options.group, options.missing)
    from sem_toolkit.sample.categorical.two_steps import EmptyCells

    if prepared.answers.keys() >= set(variables):
        from sem_toolkit.sample.streamed_answers import build_streamed_answers as build
    else:
        from sem_toolkit.sample.streamed_mixtures import build_streamed_mixture as build

    cells = EmptyCells(options.zero_add, options.zero_keep_margins)
    found = build(file, variables, prepared.answers, options.group, options.missing, cells)
    return _tell_means(prepared, found)


def _tell_means(prepared: Prepared, sample: Sample) -> Sample:
    """The sample, with a warning where means are not wanted and ordered variables bring them, as in lavaan."""
    if prepared.options.given.get("meanstructure") is not False:
        return sample
    message = "meanstructure = false is set aside: ordered variables have thresholds"
    told = Diagnostic("warning", "option-set-aside", message, hint="leave meanstructure out")
    return replace(sample, messages=(*sample.messages, told))


def _build_categorical(prepared: Prepared, variables: tuple[str, ...]) -> Sample:
    """The statistics of ordered variables and of those that go with them."""
    from sem_toolkit.sample.categorical.answers import attach_statistics, code_answers, require_varied_answers
    from sem_toolkit.sample.categorical.two_steps import EmptyCells

    assert prepared.rows is not None  # noqa: S101
    options = prepared.options
    if options.group is not None:
        require_varied_answers(prepared.rows, prepared.answers, options.group)
    coded = code_answers(prepared.rows, prepared.answers)
    frame = add_products(coded, variables)
    covariates = prepared.table.roles[0].exogenous_observed if prepared.table.conditional_x else ()
    group, source = options.group, prepared.source
    if options.missing in PAIRWISE:
        from sem_toolkit.sample.categorical.pairwise import build_pairwise_answers

        sample = build_pairwise_answers(frame, variables, group, source, exogenous=covariates)
    else:
        sample = build_sample(frame, variables, group, source, options.missing, covariates, keeping=EACH_PAIR)
    sample = _attach_design(prepared, sample, frame)
    cells = EmptyCells(options.zero_add, options.zero_keep_margins)
    return attach_statistics(sample, prepared.answers, covariates, cells)


def _attach_design(prepared: Prepared, sample: Sample, frame: "pd.DataFrame") -> Sample:
    """The sample with the sampling weights and clusters of its rows, where the options name them."""
    if prepared.options.weighting:
        from sem_toolkit.sample.weights import attach_weights

        sample = attach_weights(sample, frame, prepared.options.weighting)
    if not prepared.options.cluster:
        return sample
    from sem_toolkit.sample.clusters import attach_clusters

    return attach_clusters(sample, frame, prepared.options.cluster)


def _build_moments(prepared: Prepared, variables: tuple[str, ...]) -> Sample:
    from sem_toolkit.sample import build_sample_from_moments

    covariances, means = prepared.options.sample_cov or {}, prepared.options.sample_mean
    names = next(iter(covariances.values())).names
    return build_sample_from_moments(
        names,
        [order_moments(moments, names, "sample_cov", label) for label, moments in covariances.items()],
        prepared.options.sample_nobs,
        variables,
        mean=None if means is None else [require_mean(means, label, names) for label in covariances],
        labels=tuple(covariances),
        said=list(dict.fromkeys(entry for moments in covariances.values() for entry in moments.messages)),
    )


def build_model_of(prepared: Prepared) -> Model:
    """The model of the table with the moments of exogenous variables, exploratory blocks held by anchors."""
    table = fill_exogenous_moments(prepared.estimated_table, prepared.sample, prepared.options.estimation)
    model = build_model(table)
    if not table.exploratory:
        return model
    from sem_toolkit.rotation import anchor_blocks

    return anchor_blocks(model, prepared.sample, prepared.options.rotation)


def _describe_draws() -> Diagnostic:
    message = "standard errors are those of rows that are independent draws, which these are not"
    return Diagnostic("warning", "rows-taken-for-draws", message, hint='leave out se = "standard"')
