"""Exploratory factor analysis for several numbers of factors, with what speaks for each number."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.caching import cached_property
from sem_toolkit.comparison.exploration.items import choose_items, write_exploratory_spec
from sem_toolkit.comparison.exploration.numbers import (
    ParallelAnalysis,
    PartialCorrelations,
    analyse_in_parallel,
    average_partial_correlations,
)
from sem_toolkit.diagnostics import Diagnostic, OptionError, SemError
from sem_toolkit.diagnostics.records import build_diagnostic_record
from sem_toolkit.files import make_folder, write_text
from sem_toolkit.fit import Fit, estimate, prepare
from sem_toolkit.fit.loadings import Loadings, build_rotation_record
from sem_toolkit.fit.options import parse_fit_options
from sem_toolkit.fit.pipeline import rotate
from sem_toolkit.fit.records import clean
from sem_toolkit.presented import Presented
from sem_toolkit.sample import open_table
from sem_toolkit.spec import parse_spec

if TYPE_CHECKING:
    import pandas as pd

FloatArray = NDArray[np.float64]

MEASURES = (
    "npar", "chisq", "df", "pvalue", "cfi", "tli", "rmsea", "rmsea.ci.lower", "rmsea.ci.upper", "srmr", "aic", "bic",
)  # fmt: skip
_ROTATION = ("rotation", "rotation_args", "rotation_se")
MOST_FACTORS = 50


class RotatedFits(Mapping[int, Fit]):
    """Fits by number of factors, which are rotated when they are first asked for: the search takes longer than the fit.

    unrotated  the same as they were found, with the same fit measures
    """

    def __init__(self, unrotated: Mapping[int, Fit]) -> None:
        self.unrotated = unrotated
        self._rotated: dict[int, Fit] = {}

    def __getitem__(self, k: int) -> Fit:
        """The rotated fit; raises EstimationError where oblique factors fall into one."""
        if k not in self._rotated:
            self._rotated[k] = rotate(self.unrotated[k])
        return self._rotated[k]

    def __iter__(self) -> Iterator[int]:
        return iter(self.unrotated)

    def __len__(self) -> int:
        return len(self.unrotated)

    def __contains__(self, k: object) -> bool:
        return k in self.unrotated


@dataclass(frozen=True, eq=False, repr=False)
class Exploration(Presented):
    """What is known of the number of factors, and a fit for each number that was asked for.

    fits      by number of factors, each rotated when it is first asked for; one that could not be fitted is missing,
              and `faults` says why
    parallel, partial  of the correlations that were fitted, pooled over the groups
    notes     what was left out of the items, and why
    """

    items: tuple[str, ...]
    fits: "RotatedFits"
    faults: Mapping[int, tuple[Diagnostic, ...]]
    parallel: ParallelAnalysis
    partial: PartialCorrelations
    notes: tuple[Diagnostic, ...] = ()

    @property
    def certified(self) -> bool:
        """Whether every number of factors that was asked for has a certified solution."""
        return not self.faults and all(fit.certified for fit in self.fits.unrotated.values())

    @cached_property
    def lowest_bic(self) -> int | None:
        """The number of factors with the lowest BIC among the certified solutions, where they have one."""
        measures = {k: fit.fit_measures for k, fit in self.fits.unrotated.items()}  # empty without an optimum
        known = {k: own["bic"] for k, own in measures.items() if "bic" in own}
        return min(known, key=lambda k: known[k]) if known else None

    @property
    def suggested(self) -> int:
        """The number to look at first: that of parallel analysis, or the nearest one with a certified solution."""
        known = self.fits.unrotated
        usable = [k for k in known if known[k].certified] or [k for k in known if known[k].converged]
        return min(usable or self.fits, key=lambda k: abs(k - max(self.parallel.factors, 1)))

    @cached_property
    def table(self) -> "pd.DataFrame":
        """One row a number of factors: verdict and fit measures; NaN where there is no certified optimum."""
        import pandas as pd

        rows: list[dict[str, Any]] = []
        for k in sorted({*self.fits, *self.faults}):
            fit = self.fits.unrotated.get(k)
            measures = fit.fit_measures if fit is not None else {}
            scaled = "chisq.scaled" in measures
            names = {name: f"{name}.scaled" if scaled and f"{name}.scaled" in measures else name for name in MEASURES}
            row: dict[str, Any] = {"factors": k, "verdict": "not fitted" if fit is None else fit.certificate.verdict}
            rows.append(row | {name: measures.get(own, float("nan")) for name, own in names.items()})
        frame = pd.DataFrame(rows)
        return frame.drop(columns=[name for name in ("aic", "bic") if frame[name].isna().all()])

    def to_dict(self) -> dict[str, Any]:
        """The document that `sem-toolkit efa --json` prints."""
        solutions, faults = [], dict(self.faults)
        for k in sorted(self.fits):
            try:
                solutions.append(_build_solution(k, self.fits[k]))
            except SemError as fault:
                faults[k] = fault.diagnostics
        return {
            "items": list(self.items),
            "n": next(iter(self.fits.unrotated.values())).sample.n if self.fits else None,
            "eigenvalues_of_correlations": clean(self.parallel.eigenvalues),
            "parallel_analysis": {
                "factors": self.parallel.factors,
                "mean": clean(self.parallel.mean),
                "limit": clean(self.parallel.limit),
                "quantile": self.parallel.quantile,
                "draws": self.parallel.draws,
            },
            "minimum_average_partial": {
                "factors": self.partial.factors,
                "factors_by_fourths": self.partial.factors_by_fourths,
                "squares": clean(self.partial.squares),
                "fourths": clean(self.partial.fourths),
            },
            "lowest_bic": self.lowest_bic,
            "solutions": solutions,
            "faults": {str(k): [build_diagnostic_record(entry) for entry in found] for k, found in faults.items()},
            "diagnostics": [build_diagnostic_record(entry) for entry in self.notes],
        }


def explore_factors(
    data: object,
    factors: Iterable[int],
    items: Sequence[str] = (),
    *,
    draws: int = 500,
    **options: object,
) -> Exploration:
    """Fit exploratory factor models with these numbers of factors to the same rows.

    data     rows, or a path, as `fit` takes them
    items    names of columns; by default all that hold numbers
    draws    random matrices of parallel analysis
    options  of a fit: rotation, estimator, ordered, missing, group, ...

    Residual variances are held at 0 or more, as lavaan's efa() has them. Raises what `fit` raises where no number of
    factors can be fitted at all.
    """
    numbers = tuple(dict.fromkeys(factors))
    settings = parse_fit_options(options)
    rows = open_table(data, settings.door)
    chosen, notes = choose_items(rows, items, [settings.group, settings.cluster, settings.sampling_weights])
    fits: dict[int, Fit] = {}
    faults: dict[int, tuple[Diagnostic, ...]] = {}
    first: SemError | None = None
    for k in numbers:
        if k >= len(chosen) > 1:
            faults[k] = (_describe_excess(k, len(chosen)),)
            first = first or OptionError(faults[k])
            continue
        bounded = [] if settings.all_ordered else [name for name in chosen if name not in settings.table.ordered]
        spec = parse_spec(write_exploratory_spec(chosen, k, bounded))
        own = {name: value for name, value in options.items() if k > 1 or name not in _ROTATION}
        try:
            fits[k] = estimate(prepare(spec, rows, **own), rotates=False)
        except SemError as fault:
            first = first or fault
            faults[k] = fault.diagnostics
    if not fits and first is not None:
        raise first
    correlations, n = _pool_correlations(next(iter(fits.values())))
    return Exploration(
        tuple(chosen),
        RotatedFits(fits),
        faults,
        analyse_in_parallel(correlations, n, draws),
        average_partial_correlations(correlations),
        notes,
    )


def _describe_excess(k: int, items: int) -> Diagnostic:
    """More factors than items can have: as many degrees of freedom as leave none are the limit of the hint."""
    most = int((2 * items + 1 - math.sqrt(8 * items + 1)) / 2)
    message = f"{k} factors are too many for {items} items"
    return Diagnostic("error", "too-many-factors", message, hint=f"with {max(most, 1)} or fewer the fit can be tested")


def parse_numbers(text: str) -> tuple[int, ...]:
    """Numbers of factors: "1:5", "3" or "1,3,4". Raises OptionError for anything else."""
    found: list[int] = []
    for part in text.replace("-", ":").split(","):
        low, _, high = part.strip().partition(":")
        ends = [low, high or low]
        if not all(end.strip().isdecimal() and len(end) < 6 for end in ends) or not 1 <= int(low) <= int(ends[1]):
            message = f'--factors cannot be "{text}"'
            raise OptionError(Diagnostic("error", "option-value", message, hint="such as 1:5, 3 or 1,3,4"))
        if int(ends[1]) > MOST_FACTORS:
            message = f"--factors goes to {MOST_FACTORS} at most, and {ends[1]} is asked for"
            raise OptionError(Diagnostic("error", "option-value", message))
        found += range(int(low), int(ends[1]) + 1)
    return tuple(dict.fromkeys(found))


def write_solutions(found: Exploration, folder: Path) -> tuple[Path, ...]:
    """Each number of factors as a spec efa-K.lav in the folder; raises DataError where it cannot be written to."""
    make_folder(folder)
    paths = []
    for k, fit in sorted(found.fits.unrotated.items()):
        paths.append(folder / f"efa-{k}.lav")
        write_text(paths[-1], fit.spec.source.text)
    return tuple(paths)


def _pool_correlations(fit: Fit) -> tuple[FloatArray, int]:
    """Correlations (p × p) of what was fitted, within groups, and the number of rows."""
    evaluation = fit.evaluated.evaluation
    covariance = np.einsum("g,gij->ij", evaluation.shares, evaluation.sample_cov)
    spread = np.sqrt(np.diagonal(covariance))
    return covariance / np.outer(spread, spread), int(fit.sample.n)


def _build_solution(k: int, fit: Fit) -> dict[str, Any]:
    record: dict[str, Any] = {
        "nfactors": k,
        "certificate": {"verdict": fit.certificate.verdict, "converged": fit.certificate.converged},
        "fit_measures": {name: clean(value) for name, value in fit.fit_measures.items()},
        "messages": [build_diagnostic_record(message) for message in fit.messages],
    }
    if fit.converged:
        groups = [_build_loadings(entry) for entry in fit.loadings]
        record |= groups[0] if len(groups) == 1 else {"groups": groups}
    if fit.rotation is not None:
        record["rotation"] = build_rotation_record(fit.rotation)
    return record


def _build_loadings(loadings: Loadings) -> dict[str, Any]:
    items, factors = list(loadings.items), list(loadings.factors)
    record: dict[str, Any] = {
        "standardized_loadings": {"rows": items, "cols": factors, "matrix": clean(loadings.values)},
        "standard_errors": {"rows": items, "cols": factors, "matrix": clean(loadings.errors)},
        "factor_correlations": {"names": factors, "matrix": clean(loadings.correlations)},
        "uniquenesses": clean(loadings.uniquenesses),
    }
    return ({"group": loadings.group} if loadings.group else {}) | record
