"""The models and data of the benchmark: texts and seeds, so that every engine fits the same thing."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

ORACLE_DATA = Path(__file__).parent.parent / "tests" / "oracles" / "data"


@dataclass(frozen=True)
class Benchmark:
    """One row of the table.

    text     the model in lavaan's language; call: lavaan's function for it; group: name of the grouping column
    semopy   whether raw semopy fits the same model from the same text
    repeats  timed fits of lavaan (ours: at least 5)
    complete whether to go on to complete inference: robust standard errors and test (MLR), all fit measures,
             standardised solution and modification indices
    ladder   instead of one fit the ladder of invariance across the groups: configural, metric, scalar, strict, with fit
             measures, difference tests, and score tests of the equalities of every step
    incomplete  full information maximum likelihood of rows with empty cells
    ordered  answers in five categories, by WLSMV
    cluster  name of the column with the clusters of rows that are modelled at two levels
    stages   "iv" for instruments (MIIV-2SLS), "sam" for structural after measurement (local)
    """

    name: str
    text: str
    read: Callable[[], pd.DataFrame]
    call: str = "cfa"
    group: str | None = None
    semopy: bool = True
    repeats: int = 5
    complete: bool = False
    ladder: bool = False
    incomplete: bool = False
    ordered: bool = False
    cluster: str | None = None
    stages: str | None = None


def build_factor_text(factors: int, indicators: int) -> str:
    return "\n".join(
        f"f{k + 1} =~ " + " + ".join(f"x{k * indicators + i + 1}" for i in range(indicators)) for k in range(factors)
    )


def build_factor_data(factors: int, indicators: int, n: int) -> Callable[[], pd.DataFrame]:
    def draw() -> pd.DataFrame:
        rng = np.random.default_rng([factors, indicators, n])
        correlation = 0.3 + 0.7 * np.eye(factors)
        scores = rng.multivariate_normal(np.zeros(factors), correlation, size=n)
        loadings = rng.uniform(0.6, 0.9, size=factors * indicators)
        unique = rng.normal(size=(n, factors * indicators)) * np.sqrt(1.0 - loadings**2)
        values = np.repeat(scores, indicators, axis=1) * loadings + unique
        return pd.DataFrame(values, columns=[f"x{i + 1}" for i in range(factors * indicators)])

    return draw


def _two_level_text(factors: int, indicators: int) -> str:
    """The same factors within clusters and between them."""
    inner = build_factor_text(factors, indicators)
    return f"level: 1\n{inner}\nlevel: 2\n{inner.replace('f', 'g')}"


def _two_level_data(factors: int, indicators: int, clusters: int) -> Callable[[], pd.DataFrame]:
    """Clusters of 5 to 20 rows; a quarter of the variance lies between them."""

    def draw() -> pd.DataFrame:
        rng = np.random.default_rng([factors, indicators, clusters])
        cluster = np.repeat(np.arange(clusters), rng.integers(5, 21, clusters))
        inner, outer = (build_factor_data(factors, indicators, n)() for n in (len(cluster), clusters))
        frame = inner + outer.iloc[cluster].reset_index(drop=True) / np.sqrt(3.0)
        return frame.assign(cluster=cluster)

    return draw


def _exploratory_text(factors: int, items: int) -> str:
    left = " + ".join(f'efa("block")*f{k + 1}' for k in range(factors))
    return f"{left} =~ " + " + ".join(f"x{i + 1}" for i in range(items))


def _with_cross_loadings(read: Callable[[], pd.DataFrame]) -> Callable[[], pd.DataFrame]:
    """Every item with a little of an item of the next factor, so that there is something to explore."""

    def draw() -> pd.DataFrame:
        frame = read()
        return frame + 0.25 * np.roll(frame.to_numpy(), 5, axis=1)

    return draw


def _in_categories(read: Callable[[], pd.DataFrame]) -> Callable[[], pd.DataFrame]:
    """The same variables as answers from 1 to 5."""

    def draw() -> pd.DataFrame:
        frame = read()
        return pd.DataFrame(np.digitize(frame.to_numpy(), [-1.2, -0.4, 0.4, 1.2]) + 1, columns=frame.columns)

    return draw


def _with_holes(
    read: Callable[[], pd.DataFrame], rows: int, share: float, patterns: int | None = None
) -> Callable[[], pd.DataFrame]:
    """The first rows with a share of the cells emptied at random; `patterns`: by so many patterns of empty cells."""

    def draw() -> pd.DataFrame:
        frame = read()[:rows].copy()
        rng = np.random.default_rng([rows, frame.shape[1]])
        names = [name for name in frame.columns if name.startswith("x")]
        holes = rng.random((patterns or len(frame), len(names))) < share
        if patterns:
            holes[0] = False
            holes = holes[np.concatenate([np.arange(patterns), rng.integers(patterns, size=len(frame) - patterns)])]
        frame[names] = frame[names].mask(holes)
        return frame

    return draw


def _path_model(size: int, exogenous: int, n: int) -> tuple[str, Callable[[], pd.DataFrame]]:
    rng = np.random.default_rng(60)
    sources = {i: np.sort(rng.choice(i, size=min(i, 4), replace=False)) for i in range(exogenous, size)}
    text = "\n".join(f"y{i + 1} ~ " + " + ".join(f"y{j + 1}" for j in chosen) for i, chosen in sources.items())
    slopes = {i: rng.uniform(0.1, 0.4, size=len(chosen)) for i, chosen in sources.items()}

    def draw() -> pd.DataFrame:
        noise = np.random.default_rng(61).normal(size=(n, size))
        for i, chosen in sources.items():
            noise[:, i] += noise[:, chosen] @ slopes[i]
        return pd.DataFrame(noise, columns=[f"y{i + 1}" for i in range(size)])

    return text, draw


def _read(name: str) -> Callable[[], pd.DataFrame]:
    return lambda: pd.read_csv(ORACLE_DATA / name)


HOLZINGER = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9"
DEMOCRACY = """ind60 =~ x1 + x2 + x3
dem60 =~ y1 + y2 + y3 + y4
dem65 =~ y5 + y6 + y7 + y8
dem60 ~ ind60
dem65 ~ ind60 + dem60
y1 ~~ y5
y2 ~~ y4 + y6
y3 ~~ y7
y4 ~~ y8
y6 ~~ y8"""
_CHAIN = build_factor_text(6, 4) + "".join(f"\nf{k + 1} ~ f{k}" for k in range(1, 6))
_PATH_TEXT, _PATH_DATA = _path_model(60, 6, 1000)

BENCHMARKS: tuple[Benchmark, ...] = (
    Benchmark("Holzinger-Swineford 3×3", HOLZINGER, _read("hs.csv")),
    Benchmark("Political Democracy", DEMOCRACY, _read("poldem.csv"), call="sem"),
    Benchmark("two-group CFA 3×3", HOLZINGER, _read("hs.csv"), group="school", semopy=False),
    Benchmark(
        "EFA 25×5, n = 1000",
        _exploratory_text(5, 25),
        _with_cross_loadings(build_factor_data(5, 5, 1000)),
        call="sem",
        semopy=False,
        repeats=3,
    ),
    Benchmark("invariance ladder 3×3", HOLZINGER, _read("hs.csv"), group="school", semopy=False, ladder=True),
    Benchmark("CFA 5×6, n = 500", build_factor_text(5, 6), build_factor_data(5, 6, 500)),
    Benchmark("CFA 10×6, n = 1000", build_factor_text(10, 6), build_factor_data(10, 6, 1000)),
    Benchmark("path model, 60 variables", _PATH_TEXT, _PATH_DATA, call="sem", semopy=False),
    Benchmark("CFA 20×6, n = 2000", build_factor_text(20, 6), build_factor_data(20, 6, 2000)),
    Benchmark("CFA 40×6, n = 3000", build_factor_text(40, 6), build_factor_data(40, 6, 3000)),
    Benchmark("FIML 3×3, n = 300", HOLZINGER, _with_holes(_read("hs.csv"), 300, 0.15), semopy=False, incomplete=True),
    Benchmark(
        "FIML 5×6, n = 500",
        build_factor_text(5, 6),
        _with_holes(build_factor_data(5, 6, 500), 500, 0.10),
        semopy=False,
        repeats=1,
        incomplete=True,
    ),
    Benchmark(
        "FIML 5×6, n = 2800",
        build_factor_text(5, 6),
        _with_holes(build_factor_data(5, 6, 2800), 2800, 0.10, 200),
        semopy=False,
        repeats=1,
        incomplete=True,
    ),
    Benchmark(
        "WLSMV 5×6, n = 500",
        build_factor_text(5, 6),
        _in_categories(build_factor_data(5, 6, 500)),
        semopy=False,
        repeats=3,
        ordered=True,
    ),
    Benchmark(
        "WLSMV 5×5, n = 2800",
        build_factor_text(5, 5),
        _in_categories(build_factor_data(5, 5, 2800)),
        semopy=False,
        repeats=3,
        ordered=True,
    ),
    Benchmark(
        "two levels 2×6, 200 clusters",
        _two_level_text(2, 6),
        _two_level_data(2, 6, 200),
        semopy=False,
        repeats=3,
        cluster="cluster",
    ),
    Benchmark(
        "two levels FIML 2×6, 200",
        _two_level_text(2, 6),
        _with_holes(_two_level_data(2, 6, 200), 10_000, 0.05),
        semopy=False,
        repeats=1,
        incomplete=True,
        cluster="cluster",
    ),
    Benchmark("IV: Political Democracy", DEMOCRACY, _read("poldem.csv"), "sem", semopy=False, stages="iv"),
    Benchmark("IV: chain 6×4, n = 1000", _CHAIN, build_factor_data(6, 4, 1000), "sem", semopy=False, stages="iv"),
    Benchmark("SAM: Political Democracy", DEMOCRACY, _read("poldem.csv"), "sem", semopy=False, stages="sam"),
    Benchmark("SAM: chain 6×4, n = 1000", _CHAIN, build_factor_data(6, 4, 1000), "sem", semopy=False, stages="sam"),
    Benchmark("complete: 3×3", HOLZINGER, _read("hs.csv"), semopy=False, complete=True),
    Benchmark(
        "complete: CFA 10×6", build_factor_text(10, 6), build_factor_data(10, 6, 1000), "cfa", None, False, 1, True
    ),
    Benchmark(
        "complete: CFA 20×6", build_factor_text(20, 6), build_factor_data(20, 6, 2000), "cfa", None, False, 1, True
    ),
)
