"""Recovery by structural after measurement from ordered items; writes a section of docs/monte-carlo.md.

    python docs/monte_carlo_stages_ordered.py [replications]

Three factors in a chain with four items of four answers each; the responses behind them are normal. In the second kind
of population a covariate has effects on two of the factors. The third has two groups with equal thresholds, loadings
and regressions, and a test of the structural part that is true.
"""

import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd
from monte_carlo_missing import replace_section
from scipy.special import ndtri

from sem_toolkit.diagnostics import SemError
from sem_toolkit.fit import fit

MEASUREMENT = "\n".join(
    f"{name} =~ {' + '.join(f'{name}{number}' for number in range(1, 5))}" for name in ("f", "g", "h")
)
SPECS = {
    "chain": f"{MEASUREMENT}\ng ~ f\nh ~ g",
    "covariate": f"{MEASUREMENT}\nf ~ x\ng ~ f + x\nh ~ g",
    "groups": f"{MEASUREMENT}\ng ~ f\nh ~ g",
}
TRUE = {("g", "f"): 0.5, ("h", "g"): 0.4, ("f", "x"): 0.3, ("g", "x"): 0.2}
LOADINGS = np.array([0.7, 0.6, 0.8, 0.7])
CUTS = ndtri(np.cumsum((0.3, 0.3, 0.25)))
CELLS = ((300, "chain"), (800, "chain"), (800, "covariate"), (800, "groups"))
EQUAL = {"group": "group", "group_equal": "thresholds,loadings,regressions", "se": "local"}
HEADING = "## Structural after measurement of ordered items"
HEAD = """## Structural after measurement of ordered items

Made by `python docs/monte_carlo_stages_ordered.py {replications}`: {replications} samples a column. Three factors in a
chain (g ~ .5 f, h ~ .4 g) with four items of four answers each (30, 30, 25 and 15 %, loadings .6 to .8); with a
covariate x that f and g depend on (.3, .2), moments given x; or two groups of half the rows with equal thresholds,
loadings and regressions (`se = "local"`). Regressions are on the scale of the markers, whose loadings are equal. Bias
is that of the mean estimate relative to the true value, the largest of the regressions; coverage is of 95 % intervals:
mean and range; the test is that of the structural part (local, Satorra-Bentler) or of the whole model (global,
Yuan-Chan). The standard error of a rate of 5 % is {se:.1%}."""


def draw(rng, n, shape):
    """Rows of answers; responses have variance 1, given x where there is one."""
    x = rng.standard_normal(n)
    slopes = (0.3, 0.2) if shape == "covariate" else (0.0, 0.0)
    f = slopes[0] * x + rng.standard_normal(n)
    g = 0.5 * f + slopes[1] * x + np.sqrt(0.75) * rng.standard_normal(n)
    h = 0.4 * g + np.sqrt(0.84) * rng.standard_normal(n)
    columns = {}
    for name, factor in (("f", f), ("g", g), ("h", h)):
        for number, loading in enumerate(LOADINGS, start=1):
            response = loading * factor + np.sqrt(1.0 - loading**2) * rng.standard_normal(n)
            columns[f"{name}{number}"] = np.searchsorted(CUTS, response)
    return pd.DataFrame(columns | {"x": x, "group": np.arange(n) % 2})


def run_cell(n, shape, replications):
    """Bias, coverage and rejections by each method in samples of n rows."""
    rng = np.random.default_rng([n, len(shape), 2024])
    methods = ("local",) if shape == "groups" else ("local", "global")
    found = {method: {"draws": {}, "tests": [], "failed": 0} for method in methods}
    for _ in range(replications):
        frame = draw(rng, n, shape)
        ordered = [name for name in frame.columns if name not in ("x", "group")]
        for method in methods:
            try:
                own = fit(SPECS[shape], frame, call="sam", sam_method=method, ordered=ordered,
                          **(EQUAL if shape == "groups" else {}))  # fmt: skip
            except SemError:
                found[method]["failed"] += 1
                continue
            found[method]["tests"].append(own.fit_measures["pvalue.scaled"] < 0.05)
            table = own.parameters
            for row in table[(table["op"] == "~") & (table["group"] == 1)].to_dict("records"):
                true = TRUE[row["lhs"], row["rhs"]]
                covered = row["ci.lower"] < true * scale(row) < row["ci.upper"]
                draws = found[method]["draws"].setdefault((row["lhs"], row["rhs"]), [])
                draws.append((row["est"] / (true * scale(row)) - 1.0, covered))
    return {method: summarise(entry) for method, entry in found.items()}


def scale(row):
    """What a regression on a covariate is multiplied by on the scale of the markers."""
    return LOADINGS[0] if row["rhs"] == "x" else 1.0


def summarise(entry):
    """The largest bias, coverage and rejections."""
    bias = [abs(float(np.mean([draw[0] for draw in draws]))) for draws in entry["draws"].values()]
    coverage = [float(np.mean([draw[1] for draw in draws])) for draws in entry["draws"].values()]
    return {
        "bias": f"{max(bias):.3f}",
        "coverage": f"{np.mean(coverage):.3f} ({min(coverage):.3f}–{max(coverage):.3f})",
        "rejected": f"{np.mean(entry['tests']):.3f}",
        "failed": entry["failed"],
    }


def run(replications, workers=2):
    """The same by size and population."""
    with ProcessPoolExecutor(workers) as pool:
        tasks = [pool.submit(run_cell, *cell, replications) for cell in CELLS]
        return {cell: task.result() for cell, task in zip(CELLS, tasks, strict=True)}


def format_section(result, replications):
    """The section with its table."""
    parts = [HEAD.format(replications=replications, se=(0.05 * 0.95 / replications) ** 0.5)]
    lines = ["| method | " + " | ".join(f"n = {n}, {shape}" for n, shape in CELLS) + " |"]
    lines.append("|---|" + "---:|" * len(CELLS))
    for method in ("local", "global"):
        for measure, title in (("bias", "largest bias"), ("coverage", "coverage"), ("rejected", "test at 5 %")):
            cells = [result[cell].get(method, {}).get(measure, "–") for cell in CELLS]
            lines.append(f"| {method}: {title} | " + " | ".join(cells) + " |")
    failed = sum(entry["failed"] for cell in result.values() for entry in cell.values())
    return "\n\n".join([*parts, "\n".join(lines), f"Fits that were not solved, left out: {failed}."]) + "\n"


if __name__ == "__main__":
    replications = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    path = Path(__file__).with_name("monte-carlo.md")
    section = format_section(run(replications), replications)
    path.write_text(replace_section(path.read_text(encoding="utf-8"), section, HEADING), encoding="utf-8")
