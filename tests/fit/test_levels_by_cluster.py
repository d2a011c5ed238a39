"""Two levels against the density of each cluster's stacked rows: a likelihood written down without any of ours.

The rows of a cluster, one after the other, are normal with mean μ + Λ_W γ x_i and covariance I ⊗ Σ_W + 11ᵀ ⊗ Σ_B, of
which empty cells are left out. Everything is differenced from that.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from sem_toolkit.fit import fit
from sem_toolkit.libraries import optimize

SPEC = "level: 1\nfw =~ y1 + y2 + y3\nlevel: 2\nfb =~ y1 + y2 + y3"
WITH_COVARIATE = SPEC.replace("y3\nlevel", "y3\nfw ~ x\nlevel")
ITEMS = ["y1", "y2", "y3"]
Array = np.ndarray


def draw_rows(empty: float = 0.0) -> pd.DataFrame:
    """Seventy clusters of 2 to 5 rows."""
    rng = np.random.default_rng(20)
    cluster = np.repeat(np.arange(70), rng.integers(2, 6, size=70))
    n, load = len(cluster), np.array([1.0, 0.8, 1.2])
    x = rng.normal(size=n)
    between = np.outer(rng.normal(size=70), load) + 0.5 * rng.normal(size=(70, 3))
    y = (
        between[cluster]
        + np.outer(0.5 * x + rng.normal(size=n), load)
        + 0.8 * rng.normal(size=(n, 3))
        + [1.0, 2.0, 3.0]
    )
    y[rng.random(y.shape) < empty] = np.nan
    return pd.DataFrame(y, columns=ITEMS).assign(x=x, cluster=cluster)


@dataclass(frozen=True)
class Alike:
    """Clusters with as many rows and the same empty cells: y, c × 3n without those, x, c × n, and what is seen, 3n."""

    y: Array
    x: Array
    seen: Array


def split_rows(rows: pd.DataFrame) -> list[Alike]:
    """Clusters with the same cells in one stack, so that each costs no call of its own."""
    found: dict[bytes, list[tuple[Array, Array]]] = {}
    for _, own in rows.groupby("cluster"):
        y = own[ITEMS].to_numpy().ravel()
        found.setdefault(np.isfinite(y).tobytes(), []).append((y[np.isfinite(y)], own["x"].to_numpy()))
    return [
        Alike(*(np.stack(part) for part in zip(*members, strict=True)), np.frombuffer(key, dtype=bool))
        for key, members in found.items()
    ]


def compute_cluster_logls(rows: list[Alike], mean: Array, slopes: Array, within: Array, between: Array) -> Array:
    """log-likelihood of every cluster given x; mean, slopes on x (3) and covariance matrices (3 × 3)."""
    found = []
    for own in rows:
        n = own.x.shape[1]
        covariance = np.kron(np.eye(n), within) + np.kron(np.ones((n, n)), between)
        covariance = covariance[np.ix_(own.seen, own.seen)]
        middle = (mean + own.x[:, :, None] * slopes).reshape(len(own.x), -1)
        apart = own.y - middle[:, own.seen]
        sign, size = np.linalg.slogdet(covariance)
        if sign <= 0:
            return np.full(1, -np.inf)
        distance = np.sum(apart.T * np.linalg.solve(covariance, apart.T), axis=0)
        found.append(-0.5 * (apart.shape[1] * np.log(2 * np.pi) + size + distance))
    return np.concatenate(found)


def build_model_logls(rows: pd.DataFrame, table: pd.DataFrame) -> tuple[Callable[[Array], Array], Array]:
    """Log-likelihoods of clusters as a function of the free parameters, by the rows of the table; the estimates."""
    clusters = split_rows(rows)
    level = table["level"] if "level" in table else table["block"]
    keys = list(zip(table["lhs"], table["op"], table["rhs"], level, strict=True))
    free = [k for k, error in enumerate(table["se"]) if error > 0]

    def logls(values: Array) -> Array:
        at = dict(zip(keys, table["est"].to_numpy(float), strict=True))
        at |= {keys[k]: value for k, value in zip(free, values, strict=True)}
        parts = []
        for number, factor in ((1, "fw"), (2, "fb")):
            load = np.array([at[factor, "=~", item, number] for item in ITEMS])
            errors = np.diag([at[item, "~~", item, number] for item in ITEMS])
            parts.append((load, np.outer(load, load) * at[factor, "~~", factor, number] + errors))
        (load, within), (_, between) = parts
        mean = np.array([at[item, "~1", "", 2] for item in ITEMS])
        return compute_cluster_logls(clusters, mean, load * at.get(("fw", "~", "x", 1), 0.0), within, between)

    return logls, table["est"].to_numpy(float)[free]


def difference(function: Callable[[Array], Array], x: Array, step: float = 1e-4) -> Array:
    """Derivatives of a vector by each element of x (columns), by central differences of fourth order."""
    moves = step * np.eye(len(x))
    columns = [
        (8 * (function(x + d) - function(x - d)) - (function(x + 2 * d) - function(x - 2 * d))) / (12 * step)
        for d in moves
    ]
    return np.array(columns).T


def compute_hessian(function: Callable[[Array], float], x: Array, step: float = 2e-3) -> Array:
    """Second derivatives by central differences, extrapolated from two steps."""

    def plain(h: float) -> Array:
        moves = h * np.eye(len(x))
        return np.array(
            [
                [
                    (function(x + a + b) - function(x + a - b) - function(x - a + b) + function(x - a - b))
                    / (4 * h * h)
                    for b in moves
                ]
                for a in moves
            ]
        )

    return (4 * plain(step) - plain(2 * step)) / 3


def maximise(logls: Callable[[Array], Array], start: Array) -> float:
    found = optimize.minimize(lambda v: -float(logls(v).sum()), start, method="BFGS", options={"gtol": 1e-4})
    return -float(found.fun)


def build_saturated_logls(rows: pd.DataFrame, *, diagonal: bool) -> tuple[Callable[[Array], Array], Array]:
    """The same with covariance matrices of any kind, by their Cholesky factors, or diagonal ones; and start values."""
    places = (np.arange(3), np.arange(3)) if diagonal else np.tril_indices(3)
    k, clusters = len(places[0]), split_rows(rows)

    def logls(values: Array) -> Array:
        roots = np.zeros((2, 3, 3))
        roots[:, places[0], places[1]] = values[3:].reshape(2, k)
        within, between = roots @ roots.swapaxes(-1, -2)
        return compute_cluster_logls(clusters, values[:3], np.zeros(3), within, between)

    start = np.concatenate([[1.0, 2.0, 3.0], np.tile((places[0] == places[1]) * 0.8, 2)])
    return logls, start


@pytest.mark.parametrize(
    ("spec", "empty"),
    [
        pytest.param(SPEC, 0.0, marks=pytest.mark.slow),
        (WITH_COVARIATE, 0.0),
        pytest.param(SPEC, 0.15, marks=pytest.mark.slow),
    ],
    ids=["plain", "covariate", "incomplete"],
)
def test_value_gradient_information_and_errors(spec, empty):
    rows = draw_rows(empty)
    options = {"cluster": "cluster", "missing": "ml"} if empty else {"cluster": "cluster"}
    found = fit(spec, rows, **options)
    table = found.parameters
    logls, x = build_model_logls(rows, table)
    assert float(logls(x).sum()) == pytest.approx(found.fit_measures["logl"], rel=1e-10)

    errors = table["se"].to_numpy(float)
    errors = errors[errors > 0]

    def at(z: Array) -> Array:  # in units of standard errors, so that one step suits all
        return logls(x + errors * z)

    zero = np.zeros(len(x))
    scores = difference(at, zero, 1e-3)  # clusters × q
    assert np.abs(scores.sum(axis=0)).max() < 1e-6
    inverse = np.linalg.inv(-compute_hessian(lambda z: float(at(z).sum()), zero, 0.02))
    assert np.allclose(1.0, np.sqrt(np.diag(inverse)), rtol=1e-4)

    robust = fit(spec, rows, estimator="MLR", **options).parameters["se"].to_numpy(float)
    sandwich = inverse @ (scores.T @ scores) @ inverse
    assert np.allclose(robust[robust > 0] / errors, np.sqrt(np.diag(sandwich)), rtol=1e-4)


@pytest.mark.parametrize("empty", [0.0, pytest.param(0.15, marks=pytest.mark.slow)], ids=["complete", "incomplete"])
def test_likelihood_ratios_to_the_saturated_and_the_baseline_model(empty):
    rows = draw_rows(empty)
    options = {"cluster": "cluster", "missing": "ml"} if empty else {"cluster": "cluster"}
    # equal loadings at both levels leave degrees of freedom
    spec = SPEC.replace("y1 + y2 + y3", "y1 + a*y2 + b*y3")
    measures = fit(spec, rows, **options).fit_measures
    saturated = maximise(*build_saturated_logls(rows, diagonal=False))
    baseline = maximise(*build_saturated_logls(rows, diagonal=True))
    assert measures["unrestricted.logl"] == pytest.approx(saturated, abs=1e-5)
    assert measures["df"] == 2
    assert measures["chisq"] == pytest.approx(2 * (saturated - measures["logl"]), abs=1e-5)
    assert measures["baseline.chisq"] == pytest.approx(2 * (saturated - baseline), abs=1e-5)
