"""What an estimate of the simulated survey should have been: the same spec fitted to the population itself.

The population's covariance matrix is known exactly (`population_moments`), so that a spec has a true value for every
parameter: what its estimate tends to with ever more respondents, whether the spec is right or not. The standard errors
of that fit at the survey's n give the power of each test (Satorra & Saris, 1985).
"""

from __future__ import annotations

import numpy as np
from scipy.stats import ncx2

from sem_toolkit.fit import Fit, fit
from sem_toolkit.libraries import pd, special
from sem_toolkit.spec import Spec
from sem_toolkit.study.population import SURVEY_POPULATION, Population
from sem_toolkit.study.population_moments import compute_survey_moments

LEVEL = 0.05


def fit_population(spec: Spec, n: int, population: Population = SURVEY_POPULATION) -> Fit:
    """The spec fitted by maximum likelihood to the population's covariance matrix, as if n respondents had shown it."""
    _, covariance = compute_survey_moments(population)
    options = {"sample_cov": covariance * (n / (n - 1)), "sample_nobs": n, "engine": "native"}
    return fit(spec, **options)


def add_truth(estimates: pd.DataFrame, truth: Fit | None) -> pd.DataFrame:
    """The estimates with the columns `true`, `true.std.all` and `power`; empty where the population has no fit.

    estimates  rows of `Fit.parameters`
    power      of the two-sided test at LEVEL that the parameter is 0, with the n of `truth`
    """
    rows = estimates.reset_index(drop=True)
    if truth is None or not truth.converged:
        return rows.assign(**{"true": np.nan, "true.std.all": np.nan, "power": np.nan})
    keys = ["lhs", "op", "rhs"]
    known = truth.parameters[[*keys, "est", "se", "std.all"]]
    known = known.assign(power=[compute_power(row.est, row.se) for row in known.itertuples()]).drop(columns="se")
    known = known.rename(columns={"est": "true", "std.all": "true.std.all"})
    return rows.merge(known, on=keys, how="left", validate="one_to_one")


def compute_power(effect: float, se: float, level: float = LEVEL) -> float:
    """Power of the two-sided z test of an effect with this standard error; NaN without one."""
    if not se > 0:
        return float("nan")
    border, shift = float(special.ndtri(1 - level / 2)), effect / se
    return float(special.ndtr(shift - border) + special.ndtr(-shift - border))


def compute_joint_power(noncentrality: float, df: int, level: float = LEVEL) -> float:
    """Power of a χ² test with this noncentrality (the statistic at the population's own values)."""
    return float(ncx2.sf(special.chdtri(df, level), df, noncentrality))
