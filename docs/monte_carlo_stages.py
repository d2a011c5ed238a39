"""Recovery by instruments and by structural after measurement; writes a section of docs/monte-carlo.md.

    python docs/monte_carlo_stages.py [replications]

The populations are that of monte_carlo.py, with normal rows or skewed ones, and one with a product of two factors.
"""

import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd
from monte_carlo import SPEC, build_population
from monte_carlo_missing import replace_section

from sem_toolkit.diagnostics import SemError
from sem_toolkit.fit import fit

CELLS = ((200, "normal"), (500, "normal"), (500, "skewed"))
CHOICES = {
    "IV, standard": {"estimator": "IV"},
    "IV, robust.sem": {"estimator": "IV", "se": "robust.sem"},
    "SAM local, twostep": {"sam_method": "local", "se": "twostep"},
    "SAM local, twostep.robust": {"sam_method": "local", "se": "twostep.robust"},
    "SAM global, twostep": {"sam_method": "global", "se": "twostep"},
}
PRODUCT = "f =~ x1 + x2 + x3\ng =~ x4 + x5 + x6\ny =~ x7 + x8 + x9\ny ~ f + g + f:g\n"
PRODUCT_CHOICES = {"SAM local": {"sam_method": "local"}}
SLOPES = {("y", "~", "f"): 0.4, ("y", "~", "g"): 0.3, ("y", "~", "f:g"): 0.3}
LOADINGS, UNIQUE = np.array([1.0, 0.9, 1.1]), np.array([0.8, 1.0, 1.2])
PRODUCT_SIZES = (300, 1000)
HEADING = "## Instruments and structural after measurement"
HEAD = """## Instruments and structural after measurement

Made by `python docs/monte_carlo_stages.py {replications}`: {replications} samples a column from the population above,
the same samples for each estimator (rows are normal, or skewed: y = Σ^½ w with standardised χ²(3)). Regressions are the
three structural coefficients; "all" are the loadings, regressions and variances. Bias is that of the mean estimate
relative to the true value: its size averaged, and the largest. Coverage is of 95 % intervals: its mean and the range.
The standard error of a rate of 5 % is {se:.1%}. With skewed rows intervals of variances are too short with normal
theory's errors, and with `twostep.robust` too, which is robust in its structural step alone, as in lavaan."""


def draw_rows(rng, n, shape, root, names):
    """Rows with the population's covariance matrix."""
    noise = rng.standard_normal((n, len(root)))
    if shape == "skewed":
        noise = (rng.chisquare(3.0, (n, len(root))) - 3.0) / np.sqrt(6.0)
    return pd.DataFrame(noise @ root, columns=names)


def draw_product_rows(rng, n):
    """Rows of three factors, one of which the product of the other two has an effect on."""
    f = rng.standard_normal(n)
    g = 0.4 * f + np.sqrt(1.0 - 0.16) * rng.standard_normal(n)
    y = 0.4 * f + 0.3 * g + 0.3 * f * g + np.sqrt(0.6) * rng.standard_normal(n)
    columns = [
        loading * factor + np.sqrt(unique) * rng.standard_normal(n)
        for factor in (f, g, y)
        for loading, unique in zip(LOADINGS, UNIQUE, strict=True)
    ]
    return pd.DataFrame(np.column_stack(columns), columns=[f"x{i + 1}" for i in range(9)])


def run_cell(n, shape, replications):
    """Estimates and coverage by each way of estimating samples of n rows; shape "product" is the other population."""
    rng = np.random.default_rng([n, len(shape), 1996])
    population, x, covariance = build_population()
    truth = {(row.lhs, row.op, row.rhs): value for row, value in zip(population.parameters, x, strict=True)}
    values, vectors = np.linalg.eigh(covariance)
    root = (vectors * np.sqrt(values)) @ vectors.T
    text, choices = (PRODUCT, PRODUCT_CHOICES) if shape == "product" else (SPEC, CHOICES)
    truth = SLOPES if shape == "product" else truth
    found = {name: {} for name in choices}
    failed = dict.fromkeys(choices, 0)
    for _ in range(replications):
        product = shape == "product"
        frame = draw_product_rows(rng, n) if product else draw_rows(rng, n, shape, root, population.observed)
        for name, options in choices.items():
            try:
                own = fit(text, frame, call="sam" if "sam_method" in options else "sem", **options)
            except SemError:
                failed[name] += 1
                continue
            table = own.parameters
            rows = zip(*(table[key] for key in ("lhs", "op", "rhs", "est", "ci.lower", "ci.upper", "se")), strict=True)
            for lhs, op, rhs, estimate, lower, upper, se in rows:
                if (true := truth.get((lhs, op, rhs))) is not None and se > 0.0:
                    covered = lower < true < upper
                    found[name].setdefault((lhs, op, rhs), []).append((estimate / true - 1.0, covered))
    return {name: summarise(draws) | {"failed": failed[name]} for name, draws in found.items()}


def summarise(draws):
    """Relative bias and coverage of regressions and of all parameters."""
    bias = {key: float(np.mean([entry[0] for entry in entries])) for key, entries in draws.items()}
    coverage = {key: float(np.mean([entry[1] for entry in entries])) for key, entries in draws.items()}
    kinds = {"regressions": [key for key in draws if key[1] == "~"], "all": list(draws)}
    return {
        kind: {
            "bias": float(np.mean([abs(bias[key]) for key in keys])),
            "worst": float(np.max([abs(bias[key]) for key in keys])),
            "coverage": float(np.mean([coverage[key] for key in keys])),
            "least": min(coverage[key] for key in keys),
            "most": max(coverage[key] for key in keys),
        }
        for kind, keys in kinds.items()
    }


def run(replications):
    """The same by size and shape."""
    cells = [*CELLS, *((n, "product") for n in PRODUCT_SIZES)]
    with ProcessPoolExecutor(3) as pool:
        tasks = [pool.submit(run_cell, *cell, replications) for cell in cells]
        return {cell: task.result() for cell, task in zip(cells, tasks, strict=True)}


def format_section(result, replications):
    """The section with a table a measure, and one of the product."""
    head = HEAD.format(replications=replications, se=(0.05 * 0.95 / replications) ** 0.5)
    shows = (
        ("bias", "mean (largest)", lambda v: f"{v['bias']:.3f} ({v['worst']:.3f})"),
        ("coverage", "mean (range)", lambda v: f"{v['coverage']:.3f} ({v['least']:.3f}–{v['most']:.3f})"),
    )
    parts = [head]
    columns = " | ".join(f"n = {n}, {shape}" for n, shape in CELLS)
    for title, how, show in shows:
        for kind in ("regressions", "all"):
            lines = [f"| {title} of {kind}: {how} | {columns} |", "|---|" + "---:|" * len(CELLS)]
            lines += [
                f"| {name} | " + " | ".join(show(result[c][name][kind]) for c in CELLS) + " |" for name in CHOICES
            ]
            parts.append("\n".join(lines))
    parts.append(
        "Products: `y ~ f + g + f:g` by local SAM, slopes 0.4, 0.3 and 0.3, normal factors that correlate 0.4 and "
        "normal\nunique parts; the three slopes."
    )
    lines = ["| y ~ f + g + f:g | " + " | ".join(f"n = {n}" for n in PRODUCT_SIZES) + " |"]
    lines.append("|---|" + "---:|" * len(PRODUCT_SIZES))
    for title, how, show in shows:
        cells = [show(result[n, "product"]["SAM local"]["regressions"]) for n in PRODUCT_SIZES]
        lines.append(f"| {title}: {how} | " + " | ".join(cells) + " |")
    parts.append("\n".join(lines))
    failed = sum(values["failed"] for cell in result.values() for values in cell.values())
    parts.append(f"Fits that were not solved, left out: {failed}.")
    return "\n\n".join(parts) + "\n"


if __name__ == "__main__":
    replications = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    path = Path(__file__).with_name("monte-carlo.md")
    section = format_section(run(replications), replications)
    path.write_text(replace_section(path.read_text(encoding="utf-8"), section, HEADING), encoding="utf-8")
