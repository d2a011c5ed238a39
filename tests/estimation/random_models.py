"""Random identified models with data from populations of their own, for property tests."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from sem_toolkit.model import Model, build_model, check_identification, compute_moments
from sem_toolkit.model.cells import SYMMETRIC
from sem_toolkit.sample import Sample, SampleGroup
from sem_toolkit.spec import TableOptions, build_parameter_table, parse_spec


@dataclass(frozen=True)
class RandomCase:
    """A model, its text, the population it holds in, and a sample of n rows from there.

    whole       the model with nothing taken from the sample (fixed_x = False); population: its x
    """

    kind: str
    text: str
    model: Model
    whole: Model
    population: np.ndarray
    sample: Sample


def draw_case(seed: int, n: int | None = None, kind: str | None = None) -> RandomCase:
    """The random case of this seed: every seed gives an identified model."""
    rng = np.random.default_rng([2718, seed])
    kind = kind or str(rng.choice(sorted(KINDS)))
    for _ in range(50):
        text, options = KINDS[kind](rng)
        spec = parse_spec(text)
        whole = build_model(build_parameter_table(spec, replace(options, fixed_x=False)))
        population = _draw_population(whole, rng)
        if population is not None and check_identification(whole, seed=1).identified:
            model = build_model(build_parameter_table(spec, options))
            return RandomCase(kind, text, model, whole, population, draw_sample(whole, population, rng, n))
    raise RuntimeError(f"no identified model of kind {kind}")


def draw_sample(model: Model, x: np.ndarray, rng: np.random.Generator, n: int | None = None) -> Sample:
    rows = int(rng.choice([200, 300, 500, 1000, 2000])) if n is None else n
    root = np.linalg.cholesky(compute_moments(model, x).covariance[0])
    data = rng.normal(size=(rows, model.n_observed)) @ root.T
    group = SampleGroup("", rows, np.cov(data.T, bias=True).reshape(model.n_observed, -1), data.mean(axis=0), data)
    return Sample(model.observed, (group,), rows)


def _draw_population(model: Model, rng: np.random.Generator) -> np.ndarray | None:
    """Loadings and effects of usual size, residual variances for reliabilities between 0.35 and 0.85."""
    x = np.zeros(model.n_parameters)
    where = model.locations
    for number, row in enumerate(model.parameters):
        if row.op == "=~":
            x[number] = rng.uniform(0.6, 1.4)
        elif row.op == "~":
            x[number] = rng.uniform(0.15, 0.6) * rng.choice([-1.0, 1.0])
        elif row.op == "~~" and row.lhs == row.rhs:
            x[number] = rng.uniform(0.5, 1.2)
    x[[row.op == "=~" for row in model.parameters]] *= rng.choice([0.8, 1.0, 1.2])
    try:
        variance = np.diagonal(compute_moments(model, x).covariance[0])
    except np.linalg.LinAlgError:
        return None
    for number in np.flatnonzero((where.kind == SYMMETRIC) & (where.row != where.column)):
        i, j = where.row[number], where.column[number]
        own = {(r.lhs): x[k] for k, r in enumerate(model.parameters) if r.op == "~~" and r.lhs == r.rhs}
        size = np.sqrt(own.get(model.variables[i], 1.0) * own.get(model.variables[j], 1.0))
        x[number] = rng.uniform(-0.35, 0.35) * size / np.sqrt(1.0 + 0.1 * model.n_variables)
    if not np.isfinite(variance).all() or variance.max() > 50.0:
        return None
    try:
        moments = compute_moments(model, x)
        np.linalg.cholesky(moments.covariance)
        np.linalg.cholesky(moments.all_covariance[0] + 1e-9 * np.eye(model.n_variables))
    except np.linalg.LinAlgError:
        return None
    return x if np.linalg.cond(moments.covariance[0]) < 1e4 else None


def _measure(rng: np.random.Generator, factors: int, low: int = 3, high: int = 6, most: int = 40) -> list[str]:
    sizes = [int(rng.integers(low, high + 1)) for _ in range(factors)]
    while sum(sizes) > most:
        sizes = [max(low, size - 1) for size in sizes]
    lines, first = [], 1
    for number, size in enumerate(sizes, start=1):
        lines.append(f"f{number} =~ " + " + ".join(f"x{first + i}" for i in range(size)))
        first += size
    return lines


def _cfa(rng: np.random.Generator) -> tuple[str, TableOptions]:
    return "\n".join(_measure(rng, int(rng.integers(1, 8)))), TableOptions(call="cfa", std_lv=bool(rng.random() < 0.4))


def _residuals(rng: np.random.Generator) -> tuple[str, TableOptions]:
    lines = _measure(rng, int(rng.integers(2, 6)), 4, 6)
    count = sum(line.count("x") for line in lines)
    pairs = {tuple(sorted(rng.choice(count, 2, replace=False) + 1)) for _ in range(int(rng.integers(1, 4)))}
    lines += [f"x{i} ~~ x{j}" for i, j in sorted(pairs)]
    return "\n".join(lines), TableOptions(call="cfa")


def _structural(rng: np.random.Generator) -> tuple[str, TableOptions]:
    factors = int(rng.integers(3, 7))
    lines = _measure(rng, factors)
    for outcome in range(2, factors + 1):
        sources = rng.choice(outcome - 1, size=int(rng.integers(1, outcome)), replace=False) + 1
        lines.append(f"f{outcome} ~ " + " + ".join(f"f{source}" for source in sorted(sources)))
    return "\n".join(lines), TableOptions(call="sem")


def _second_order(rng: np.random.Generator) -> tuple[str, TableOptions]:
    factors = int(rng.integers(3, 7))
    lines = _measure(rng, factors)
    lines.append("g =~ " + " + ".join(f"f{i}" for i in range(1, factors + 1)))
    return "\n".join(lines), TableOptions(call="cfa", std_lv=bool(rng.random() < 0.3))


def _bifactor(rng: np.random.Generator) -> tuple[str, TableOptions]:
    lines = _measure(rng, int(rng.integers(3, 6)), 4, 6)
    count = sum(line.count("x") for line in lines)
    lines.insert(0, "g =~ " + " + ".join(f"x{i}" for i in range(1, count + 1)))
    return "\n".join(lines), TableOptions(call="cfa", std_lv=True, orthogonal=True)


def _path(rng: np.random.Generator) -> tuple[str, TableOptions]:
    size, exogenous = int(rng.integers(3, 21)), int(rng.integers(1, 4))
    size = max(size, exogenous + 2)
    lines = []
    for outcome in range(exogenous + 1, size + 1):
        most = min(outcome - 1, 5)
        sources = rng.choice(outcome - 1, size=int(rng.integers(1, most + 1)), replace=False) + 1
        lines.append(f"y{outcome} ~ " + " + ".join(f"y{source}" for source in sorted(sources)))
    return "\n".join(lines), TableOptions(call="sem", fixed_x=bool(rng.random() < 0.5))


def _feedback(rng: np.random.Generator) -> tuple[str, TableOptions]:
    lines = ["y1 ~ y2 + z1 + z2", "y2 ~ y1 + z3 + z4", "y1 ~~ y2"]
    if rng.random() < 0.5:
        lines.append("y3 ~ y1 + y2")
    return "\n".join(lines), TableOptions(call="sem", fixed_x=bool(rng.random() < 0.5))


def _multiple_causes(rng: np.random.Generator) -> tuple[str, TableOptions]:
    factors = int(rng.integers(1, 4))
    lines = _measure(rng, factors)
    lines += [f"f{i} ~ z1 + z2 + z3" for i in range(1, factors + 1)]
    return "\n".join(lines), TableOptions(call="sem")


KINDS: dict[str, Callable[[np.random.Generator], tuple[str, TableOptions]]] = {
    "bifactor": _bifactor,
    "cfa": _cfa,
    "correlated residuals": _residuals,
    "feedback": _feedback,
    "multiple causes": _multiple_causes,
    "path": _path,
    "second order": _second_order,
    "structural": _structural,
}


SMALL_KINDS = {
    "weak marker": "f =~ x1 + x2 + x3 + x4",
    "two weak factors": "f =~ x1 + x2 + x3\ng =~ x4 + x5 + x6",
    "correlated residuals": "f =~ x1 + x2 + x3\ng =~ x4 + x5 + x6\nx1 ~~ x4\nx2 ~~ x5\nx3 ~~ x6",
    "multiple causes": "f =~ x1 + x2 + x3 + x4\nf ~ x5 + x6",
    "bifactor": "g =~ x1 + x2 + x3 + x4 + x5 + x6\nf =~ x1 + x2 + x3\ng ~~ 0*f",
    "feedback": "x1 ~ x2 + x3\nx2 ~ x1 + x4\nx5 ~ x1 + x2\nx1 ~~ x2",
    "structural": "f =~ x1 + x2 + x3\ng =~ x4 + x5 + x6\ng ~ f",
}


def draw_small_case(seed: int) -> tuple[str, Model, Sample]:
    """A small model and a sample of 30 to 300 rows that it need not fit: weak loadings of any sign, other effects."""
    rng = np.random.default_rng([1618, seed])
    kind = sorted(SMALL_KINDS)[seed % len(SMALL_KINDS)]
    n = int(rng.integers(30, 301))
    loadings = rng.uniform(-0.4, 0.9, size=(6, 2)) * (rng.random((6, 2)) < 0.8)
    data = rng.normal(size=(n, 2)) @ loadings.T + rng.normal(size=(n, 6)) * rng.uniform(0.5, 1.2, size=6)
    model = build_model(build_parameter_table(parse_spec(SMALL_KINDS[kind]), TableOptions(call="sem")))
    names = tuple(f"x{i + 1}" for i in range(6))
    order = [names.index(name) for name in model.observed]
    data = data[:, order]
    group = SampleGroup("", n, np.cov(data.T, bias=True), data.mean(axis=0), data)
    return kind, model, Sample(model.observed, (group,), n)
