"""A fit as plain mappings, lists, numbers and texts, ready for JSON; NaN and infinity become None."""

import math
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np

from sem_toolkit.diagnostics import UnavailableError
from sem_toolkit.diagnostics.records import build_diagnostic_record
from sem_toolkit.estimation import Certificate
from sem_toolkit.fit.moments import Moments
from sem_toolkit.fit.result import Fit
from sem_toolkit.libraries import pd
from sem_toolkit.sample.parcels import Parcel
from sem_toolkit.sample.reversing import Reversed
from sem_toolkit.spec.levels import BETWEEN, WITHIN
from sem_toolkit.spec.slopes import list_hidden, list_slopes
from sem_toolkit.spec.table import INSTRUMENTS

if TYPE_CHECKING:
    from sem_toolkit.inference import GroupResiduals, Reliability, TestStatistic

Record = dict[str, Any]


def describe_certificate(certificate: Certificate) -> Record:
    """What it says in numbers."""
    return {
        "verdict": certificate.verdict,
        "converged": certificate.converged,
        "admissible": certificate.admissible,
        "gradient_max": clean(certificate.gradient_max),
        "hessian_min_eig": clean(certificate.hessian_min_eig),
    }


def build_fit_record(fit: Fit, *, everything: bool = False) -> Record:
    """The document that `sem-toolkit fit --json` prints; `everything` adds the blocks of `--all`."""
    certificate = fit.certificate
    measures = {name: clean(value) for name, value in fit.fit_measures.items()}
    record: Record = {
        "spec": fit.spec.source.text,
        "data": fit.sample.source or None,
        "options": clean(fit.options.given),
        "engine": certificate.engine,
        "certificate": {
            **describe_certificate(certificate),
            "iterations": certificate.iterations,
            "starts": certificate.starts,
            "standing": certificate.standing,
            "messages": [build_diagnostic_record(message) for message in certificate.messages],
        },
        "messages": [build_diagnostic_record(message) for message in fit.messages],
        "n": int(size) if (size := fit.sample.size).is_integer() else size,
        "npar": fit.table.npar,
        "parameters": build_frame_records(fit.parameters) + _list_instrument_records(fit, list(fit.parameters.columns)),
        "fit_measures": measures,
        "r2": _flatten_groups(fit.r2),
        "logl": measures.get("logl"),
    }
    if fit.sample.has_levels:
        record |= _build_level_record(fit)
    elif len(fit.sample.groups) > 1:
        record["n_per_group"] = [group.n for group in fit.sample.groups]
        record["group_labels"] = [group.label for group in fit.sample.groups]
    if fit.rotation is not None:
        from sem_toolkit.fit.loadings import build_rotation_record

        record["rotation"] = build_rotation_record(fit.rotation)
    record |= build_all_blocks(fit) if everything else {}
    return record | {"receipt": fit.receipt}


def build_all_blocks(fit: Fit) -> Record:
    """The blocks that are only printed when asked for; without an optimum only the moments mean anything."""
    variables = list(fit.sample.variables)
    moments = fit.implied_moments
    means = [None] * len(fit.sample.groups) if moments.mean is None else list(moments.mean)
    if fit.solution.model.responses is not None:
        from sem_toolkit.inference import build_response_records

        implied, sample = build_response_records(fit.solution)
        blocks = {"implied_cov": clean(implied), "sample_cov": clean(sample)}
        return blocks | build_blocks(fit, _BLOCKS) if fit.converged else blocks
    shown = _list_shown(fit)
    blocks = {
        "implied_cov": [
            _build_moment_record(group.label, variables, covariance, mean, own)
            for group, covariance, mean, own in zip(fit.sample.groups, moments.covariance, means, shown, strict=True)
        ],
        "sample_cov": [
            _build_moment_record(group.label, variables, group.covariance, group.mean, own)
            for group, own in zip(fit.sample.groups, shown, strict=True)
        ],
    }
    if not fit.converged:
        return blocks
    return blocks | build_blocks(fit, _BLOCKS)


def build_blocks(fit: Fit, names: Collection[str]) -> Record:
    """The blocks of a certified optimum by the names of their tables, those that there are for the estimator; residuals
    come as correlations.
    """
    found = {}
    for name, build in _BLOCKS.items():
        if name in names:
            with suppress(UnavailableError):
                found[_KEYS.get(name, name)] = build(fit)
    return found


def _build_residual_record(group: "GroupResiduals") -> Record:
    names = list(group.variables)
    record: Record = {
        **_name_place(group.label),
        "cov": {"names": names, "matrix": clean(group.cov)},
        "cov.z": {"names": names, "matrix": clean(group.cov_z)},
    }
    if group.mean is not None:
        record["mean"] = {"names": names, "values": clean(group.mean)}
        record["mean.z"] = {"names": names, "values": clean(group.mean_z)}
    thresholds = [entry for entry in group.others if entry.op == "|"]
    if thresholds:
        labels = [f"{entry.lhs}|{entry.rhs}" for entry in thresholds]
        record["th"] = {"names": labels, "values": clean([entry.value for entry in thresholds])}
        record["th.z"] = {"names": labels, "values": clean([entry.z for entry in thresholds])}
    slopes = [entry for entry in group.others if entry.op == "~"]
    if not slopes:
        return record
    columns = list(dict.fromkeys(entry.rhs for entry in slopes))
    place = {(entry.lhs, entry.rhs): entry for entry in slopes}
    record["slopes"] = {
        "rows": names,
        "cols": columns,
        "matrix": clean([[place[row, column].value for column in columns] for row in names]),
    }
    return {key if key == "group" else f"res.{key}": value for key, value in record.items()}


def _build_test_record(test: "TestStatistic") -> Record:
    numbers = {
        "scaling_factor": test.scaling_factor,
        "shift_parameter": test.shift_parameter,
        "trace_UGamma": test.trace_ugamma,
        "trace_UGamma2": test.trace_ugamma2,
    }
    record = {"test": test.test, "stat": test.stat, "df": test.df, "pvalue": test.pvalue}
    return clean(record | {name: value for name, value in numbers.items() if math.isfinite(value)})  # type: ignore[no-any-return]


def _build_reliability_record(group: "Reliability") -> Record:
    """Values by factor, and the matrices of validity with the names of their rows."""
    names = [name for name in (*_BY_FACTOR, "alpha_response", "omega_response") if getattr(group, name) is not None]
    values = {name: clean(getattr(group, name)) for name in names}
    by_factor = {name: dict(zip(group.factors, column, strict=True)) for name, column in values.items()}
    matrices = {name: {"names": list(group.factors), "matrix": clean(getattr(group, name))} for name in _BY_PAIR}
    return by_factor | matrices


_BY_FACTOR = ("alpha", "omega", "omega_model", "composite", "ave", "ave_model")
_BY_PAIR = ("correlations", "fornell_larcker", "htmt", "htmt2")


def _list_instrument_records(fit: Fit, columns: list[str]) -> list[Record]:
    """Rows of instruments given by `|~` among the parameters: lavaan has them there, with the value 0."""
    found = []
    for row in fit.table.rows:
        if row.op == INSTRUMENTS:
            values = {name: getattr(row, name, None if name in {"z", "pvalue"} else 0) for name in columns}
            found.append({name.replace(".", "_"): value for name, value in values.items()})
    return found


def build_frame_records(frame: "pd.DataFrame") -> list[Record]:
    """One record a row; column names with underscores for dots, as in the reference cases."""
    names = [str(name).replace(".", "_") for name in frame.columns]
    return [
        {name: clean(value) for name, value in zip(names, row, strict=True)}
        for row in frame.itertuples(index=False, name=None)
    ]


def clean(value: Any) -> Any:
    """A value that JSON can hold: numpy scalars become Python's, NaN and infinity None, options plain lists.

    Items to reverse and parcels are written as they are typed.
    """
    if isinstance(value, (Reversed, Parcel)):
        return str(value)
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, np.ndarray):
        return clean(value.tolist())
    if isinstance(value, Moments):
        key = "matrix" if value.values.ndim == 2 else "values"
        return {"names": list(value.names), key: value.values.tolist()}
    if isinstance(value, Mapping):
        return {str(key): clean(item) for key, item in value.items()}
    if isinstance(value, Iterable) and not isinstance(value, str):
        return [clean(item) for item in value]
    return value


def _build_level_record(fit: Fit) -> Record:
    """What a fit of two levels has beside the rest: clusters, their mean size, intraclass correlations."""
    groups = fit.sample.groups
    counts = [group.n for group in groups if group.is_between]
    record: Record = {
        "n_clusters": counts[0] if len(counts) == 1 else counts,
        "cluster_size_mean": fit.sample.n / sum(counts),
        "icc": _flatten_groups(fit.icc),
    }
    if len(counts) > 1:
        record["n_per_group"] = [group.n for group in groups if not group.is_between]
        record["group_labels"] = list(fit.icc)
    return record


def _list_shown(fit: Fit) -> list[list[int]]:
    """Places of the variables that occur in each group: all of them, but for levels."""
    presence, everything = fit.solution.model.presence, list(range(len(fit.sample.variables)))
    if presence is None:
        return [everything for _ in fit.sample.groups]
    hidden = list_hidden(list_slopes(fit.solution.model.table))
    shown = ~np.isin(fit.sample.variables, hidden)
    return [np.flatnonzero(own & shown).tolist() for own in presence]


def _name_place(label: str) -> Record:
    """group and level of a group's label, where groups are levels; otherwise group."""
    group, _, level = label.rpartition(", ")
    return {"group": group or None, "level": level} if level in (WITHIN, BETWEEN) else {"group": label or None}


def _build_moment_record(
    label: str, variables: list[str], covariance: np.ndarray, mean: np.ndarray | None, shown: list[int]
) -> Record:
    names = [variables[i] for i in shown]
    record: Record = {**_name_place(label), "cov": {"names": names, "matrix": clean(covariance[np.ix_(shown, shown)])}}
    return record if mean is None else record | {"mean": {"names": names, "values": clean(mean[shown])}}


def _flatten_groups(by_group: Mapping[str, Mapping[str, Any]]) -> Record:
    """The values of the one group there is, or of all groups by label."""
    return clean(next(iter(by_group.values()))) if len(by_group) == 1 else clean(by_group)  # type: ignore[no-any-return]


_BLOCKS: Mapping[str, Callable[[Fit], Any]] = {
    "standardized": lambda fit: (
        build_frame_records(fit.standardized) + _list_instrument_records(fit, list(fit.standardized.columns))
    ),
    "modification_indices": lambda fit: [{"level": 1} | row for row in build_frame_records(fit.modification_indices)],
    "residuals": lambda fit: [_build_residual_record(group) for group in fit.residuals],
    "tests": lambda fit: [_build_test_record(test) for test in fit.tests],
    "instruments": lambda fit: build_frame_records(fit.instruments),
    "sargan": lambda fit: build_frame_records(fit.sargan),
    "sam": lambda fit: clean(fit.steps),
    "effects": lambda fit: build_frame_records(fit.effects),
    "reliability": lambda fit: _flatten_groups(
        {group.label: _build_reliability_record(group) for group in fit.reliability}
    ),
}
_KEYS = {"residuals": "residuals_cor"}
