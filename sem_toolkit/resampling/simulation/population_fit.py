"""A model fitted to the moments of a population instead of a sample's: what it would find in endless data.

Its estimates are the true values where the model holds, and what it takes for them where not; its discrepancy is the
misfit F0 that noncentralities are made of (Satorra & Saris, 1985, Psychometrika 50, 83-90).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sem_toolkit.diagnostics import Diagnostic, ModelError
from sem_toolkit.fit import Fit
from sem_toolkit.fit.moments import Moments
from sem_toolkit.fit.options import parse_fit_options
from sem_toolkit.fit.pipeline import estimate, prepare
from sem_toolkit.fit.prepared import get_header_options
from sem_toolkit.resampling.simulation.population import Population
from sem_toolkit.spec import Spec

_ROWS = 1_000_000
"""Rows of the least group of the stand-in for a sample; nothing that is read of the fit depends on it."""
_NONE = 1e-10
_OF_ROWS = ("se", "test", "information", "observed_information", "missing", "aux", "group", "cluster")
"""Options about rows, which a population has none of; its estimates do not depend on them."""


@dataclass(frozen=True, eq=False)
class PopulationFit:
    """A model in a population.

    fit     to the population's moments: estimates are what the model takes for the true values
    misfit  F0, the χ² of one row
    df      degrees of freedom of the model
    """

    fit: Fit
    misfit: float
    df: int

    @property
    def holds(self) -> bool:
        """Whether the model is true in the population."""
        return self.misfit < _NONE

    @property
    def rmsea(self) -> float:
        """√(G F0/df), NaN where there are no degrees of freedom."""
        groups = len(self.fit.sample.groups)
        return math.sqrt(self.misfit * groups / self.df) if self.df else math.nan


def fit_population(spec: Spec, population: Population, shares: Sequence[int] = (), **options: object) -> PopulationFit:
    """Fit a model to a population.

    shares   how many of the rows are in each group, in whole numbers: 1, 2; equal ones where none are given
    options  of the fit

    Raises ModelError where there is no optimum, and what `fit` raises.
    """
    labels = population.groups
    counts = [share * _ROWS for share in shares or [1] * len(labels)]
    if len(counts) != len(labels):
        message = f"there are {len(counts)} shares for {len(labels)} groups"
        raise ModelError(Diagnostic("error", "group-mismatch", message))
    names = population.variables
    # `prepare` takes matrices with divisor n - 1, as printed ones have, and turns them back.
    given: dict[str, object] = {
        "sample_cov": {
            label: Moments(names, matrix * (n / (n - 1.0)))
            for label, matrix, n in zip(labels, population.covariance, counts, strict=True)
        },
        "sample_nobs": counts,
    }
    chosen = parse_fit_options(get_header_options(spec), options)
    settings = chosen.table
    if population.has_means or len(labels) > 1 or settings.meanstructure or settings.call == "growth":
        given["sample_mean"] = {
            label: Moments(names, mean) for label, mean in zip(labels, population.mean, strict=True)
        }
    kept = {name: value for name, value in options.items() if name not in _OF_ROWS}
    if chosen.estimation.kind.is_likelihood:
        kept["estimator"] = "ML"  # whose estimates its robust kin share
    fit = estimate(prepare(spec, None, **{"engine": "native", **kept, **given}))
    if not fit.converged:
        message = f"{fit.title} has no certified optimum in the population: {fit.certificate.verdict}"
        hint = "a model that cannot be fitted to the population's own moments cannot be studied in it"
        raise ModelError(Diagnostic("error", "no-optimum", message, hint=hint))
    test = fit.tests[0]
    misfit = max(float(np.nan_to_num(test.stat)), 0.0) / fit.sample.size
    return PopulationFit(fit, misfit, int(fit.evaluated.evaluation.df))
