"""Cut-offs for a model that has been fitted: its standardised estimates are the population."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from sem_toolkit.diagnostics import Diagnostic, ModelError, OptionError
from sem_toolkit.fit import Fit
from sem_toolkit.resampling.cutoffs.dynamic import (
    DISCREPANCIES,
    compute_direct_cutoffs,
    compute_dynamic_cutoffs,
    get_own_indices,
)
from sem_toolkit.resampling.cutoffs.equivalence import TSize, compute_t_sizes
from sem_toolkit.resampling.cutoffs.misspecified import build_levels
from sem_toolkit.resampling.cutoffs.result import Cutoffs, Kind
from sem_toolkit.resampling.simulation.population import build_population_from_fit
from sem_toolkit.resampling.simulation.sources import OF_ROWS
from sem_toolkit.spec import Spec, parse_spec

if TYPE_CHECKING:
    import pandas as pd

KINDS: tuple[Kind, ...] = ("dynamic", "direct")
_NOT_DRAWN = ("missing", "aux", "reverse", "parcel")
"""Options about rows as they were read; samples are drawn complete, and as the model takes them."""


def compute_cutoffs_of_fit(
    fit: Fit,
    replications: int = 500,
    seed: int = 1,
    kind: str | None = None,
    discrepancies: Sequence[float] = tuple(DISCREPANCIES),
    *,
    workers: int | None = 1,
    watch: Callable[[int, int], object] | None = None,
) -> Cutoffs:
    """Cut-offs for a fit of one group.

    kind  "dynamic" for factor models, "direct" for any; None: the first that the model allows

    Raises ModelError for fits of several groups or without an optimum, and what `compute_dynamic_cutoffs` raises.
    """
    require_one_group(fit)
    chosen = choose_kind(build_standardized_spec(fit), kind)
    options = _choose_options(fit)
    n, own = fit.sample.n, get_own_indices(fit)
    if chosen == "direct":
        return compute_direct_cutoffs(
            build_population_from_fit(fit), fit.spec, n, replications, seed, discrepancies,
            own=own, workers=workers, watch=watch, options=options,
        )  # fmt: skip
    return compute_dynamic_cutoffs(
        build_standardized_spec(fit), fit.spec, n, replications, seed,
        own=own, workers=workers, watch=watch, options=options,
    )  # fmt: skip


def _choose_options(fit: Fit) -> dict[str, object]:
    """Those of the fit that its indices in other samples hang on.

    Nobody asks for standard errors there, nor for tests beside the main one, and either could have samples fitted one
    by one. Indices need a test, and get that of the estimator where the fit has none.
    """
    given = {name: value for name, value in fit.options.given.items() if name not in (*OF_ROWS, *_NOT_DRAWN)}
    if "se" in given:
        given["se"] = "default"
    if "test" in given:
        test = fit.options.inference.test
        given["test"] = "default" if test == "none" else test
    return given


def choose_kind(spec: Spec, kind: str | None) -> Kind:
    """The kind of cut-offs that is asked for, or the first that a spec with standardised values allows."""
    for name in KINDS:
        if kind == name:
            return name
    if kind is not None:
        message = f'there are no "{kind}" cut-offs'
        raise OptionError(Diagnostic("error", "option-value", message, hint=f"one of: {', '.join(KINDS)}"))
    try:
        build_levels(spec)
    except ModelError:
        return "direct"
    return "dynamic"


def build_standardized_spec(fit: Fit) -> Spec:
    """The model of a fit with its std.all values before every parameter; variances follow from them."""
    require_one_group(fit)
    lines = [
        f"{row['lhs']} {row['op']} {row['std.all']:.10g}*{row['rhs']}"
        for row in fit.parameters.to_dict("records")
        if row["op"] in ("=~", "~", "|") or (row["op"] == "~~" and row["lhs"] != row["rhs"])
    ]
    return parse_spec("\n".join(lines) + "\n", fit.spec.source.name)


def compute_t_sizes_of_fit(fit: Fit) -> tuple[TSize, TSize]:
    """T-size RMSEA and CFI of a fit of one group by maximum likelihood, whose χ² the bins are made for.

    Raises ModelError for others, and without degrees of freedom.
    """
    require_one_group(fit)
    if not fit.options.estimation.kind.is_likelihood:
        message = "tests of equivalence are those of maximum likelihood, and the fit is by another estimator"
        raise ModelError(Diagnostic("error", "no-test", message))
    measures = fit.fit_measures
    if "chisq" not in measures:
        raise ModelError(Diagnostic("error", "no-test", "the fit has no χ² to test equivalence by"))
    p = fit.solution.model.n_observed
    return compute_t_sizes(measures["chisq"], measures["df"], measures["baseline.chisq"], p, fit.sample.n)


def build_equivalence_table(sizes: Sequence[TSize]) -> "pd.DataFrame":
    """One row a measure: its T-size, what that is called, and the bounds of the bins."""
    import pandas as pd

    rows = []
    for size in sizes:
        row = {"measure": size.measure, "T-size": size.value, "fit": size.label}
        names = ("excellent", "close", "fair", "mediocre")
        rows.append(row | {f"{name} to": bound for name, bound in zip(names, size.bins, strict=True)})
    return pd.DataFrame(rows)


def require_one_group(fit: Fit) -> None:
    """Raise ModelError for fits that cut-offs cannot be made for."""
    if not fit.converged:
        message = f"there is no certified optimum to take values from: {fit.certificate.verdict}"
        raise ModelError(Diagnostic("error", "no-optimum", message))
    if len(fit.sample.groups) > 1:
        message = f"cut-offs are those of one group, and the fit has {len(fit.sample.groups)}"
        raise ModelError(Diagnostic("error", "several-groups", message, hint="fit one group alone"))
