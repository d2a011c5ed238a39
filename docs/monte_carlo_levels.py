"""Recovery at two levels under a true model; writes the section "Two levels" of docs/monte-carlo.md.

    python docs/monte_carlo_levels.py [replications]

Three indicators of a factor within clusters, which a covariate of rows has an effect on, and of one between them, which
one of clusters has an effect on. Rows are normal, or disturbances of either level are standardised χ²(3); clusters have
5 to 15 rows. A sixth of the cells of two indicators is emptied at random for full information.
"""

import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd
from monte_carlo_missing import replace_section

from sem_toolkit.fit import fit
from sem_toolkit.inference import build_parameter_estimates, compute_test_statistics, resolve_inference_options

SPEC = "level: 1\nfw =~ y1 + y2 + y3\nfw ~ x\nlevel: 2\nfb =~ y1 + y2 + y3\nfb ~ w\n"
LOADINGS = np.array([1.0, 0.8, 0.7])
TRUTH = {
    ("fw", "=~", "y2", 1): 0.8, ("fw", "=~", "y3", 1): 0.7, ("fw", "~", "x", 1): 0.5, ("fw", "~~", "fw", 1): 0.75,
    ("y1", "~~", "y1", 1): 0.8, ("y2", "~~", "y2", 1): 0.9, ("y3", "~~", "y3", 1): 1.0,
    ("fb", "=~", "y2", 2): 0.8, ("fb", "=~", "y3", 2): 0.7, ("fb", "~", "w", 2): 0.4, ("fb", "~~", "fb", 2): 0.34,
    ("y1", "~~", "y1", 2): 0.15, ("y2", "~~", "y2", 2): 0.12, ("y3", "~~", "y3", 2): 0.10,
    ("y1", "~1", "", 2): 1.0, ("y2", "~1", "", 2): -1.0, ("y3", "~1", "", 2): 2.0,
}  # fmt: skip
CELLS = ((100, "normal"), (200, "normal"), (200, "skewed"))
CHOICES = {
    "complete, ML": ("ML", None),
    "complete, MLR": ("MLR", None),
    "FIML, ML": ("ML", "ml"),
    "FIML, MLR": ("MLR", "ml"),
}
HEADING = "## Two levels"
HEAD = """## Two levels

Made by `python docs/monte_carlo_levels.py {replications}`: {replications} samples a column, clusters of 5 to 15 rows,
three indicators of a factor within clusters and of one between them, each with a covariate (17 parameters, 4 degrees of
freedom; intraclass correlations of the indicators are a fifth to a quarter). FIML: a sixth of the cells of the second
and third indicator is empty, completely at random. Disturbances and unique parts of both levels are normal, or
standardised χ²(3) (skewed). Bias is that of the mean estimate relative to the true value: its size averaged over all
parameters, and the largest. Coverage is of 95 % intervals: its mean over all parameters, and the range. The standard
error of a rate of 5 % is {se:.1%}. ML takes normality for given, and is shown beside skewed disturbances to tell that
the design can see it; robust errors of variances need many clusters, the more so where these are skewed."""


def draw_rows(rng, clusters, shape):
    """Rows of the population, with their clusters."""

    def draw(*size):
        if shape == "normal":
            return rng.standard_normal(size)
        return (rng.chisquare(3.0, size) - 3.0) / np.sqrt(6.0)

    cluster = np.repeat(np.arange(clusters), rng.integers(5, 16, clusters))
    x, w = rng.standard_normal(len(cluster)), rng.standard_normal(clusters)
    inner = 0.5 * x + np.sqrt(0.75) * draw(len(cluster))
    outer = 0.4 * w + np.sqrt(0.34) * draw(clusters)
    between = np.array([1.0, -1.0, 2.0]) + outer[:, None] * LOADINGS + draw(clusters, 3) * np.sqrt([0.15, 0.12, 0.10])
    rows = between[cluster] + inner[:, None] * LOADINGS + draw(len(cluster), 3) * np.sqrt([0.8, 0.9, 1.0])
    return pd.DataFrame(rows, columns=["y1", "y2", "y3"]).assign(x=x, w=w[cluster], cluster=cluster)


def run_cell(clusters, shape, replications):
    """Bias, coverage and rejections by each way of taking samples of so many clusters."""
    rng = np.random.default_rng([clusters, len(shape), 2008])
    found = {name: [] for name in CHOICES}
    failed = dict.fromkeys(CHOICES, 0)
    for _ in range(replications):
        frame = draw_rows(rng, clusters, shape)
        holes = frame.copy()
        for name in ("y2", "y3"):
            holes.loc[rng.random(len(frame)) < 1.0 / 6.0, name] = np.nan
        solved = {
            missing: fit(SPEC, rows, cluster="cluster", missing=missing, engine="native")
            for missing, rows in ((None, frame), ("ml", holes))
        }
        for name, (estimator, missing) in CHOICES.items():
            own = solved[missing]
            if not own.converged:
                failed[name] += 1
                continue
            options = resolve_inference_options(estimator, information="observed")
            table = build_parameter_estimates(own.evaluated, options=options)
            table = table[table["free"] > 0]
            keys = list(zip(table["lhs"], table["op"], table["rhs"], table["level"], strict=True))
            truth = np.array([TRUTH[key] for key in keys])
            covered = (table["ci.lower"].to_numpy() < truth) & (truth < table["ci.upper"].to_numpy())
            pvalue = compute_test_statistics(own.evaluated, options)[0 if estimator == "ML" else 1].pvalue
            found[name].append((table["est"].to_numpy(), covered, pvalue, truth))
    return {name: summarise(draws) | {"failed": failed[name]} for name, draws in found.items()}


def summarise(draws):
    """Relative bias, coverage, and the rate of rejection."""
    truth = draws[0][3]
    bias = (np.mean([draw[0] for draw in draws], axis=0) - truth) / np.abs(truth)
    coverage = np.mean([draw[1] for draw in draws], axis=0)
    return {
        "bias": float(np.abs(bias).mean()),
        "worst": float(np.abs(bias).max()),
        "coverage": float(coverage.mean()),
        "least": float(coverage.min()),
        "most": float(coverage.max()),
        "rejected": float(np.mean([draw[2] < 0.05 for draw in draws])),
    }


def run(replications):
    """The same by number of clusters and shape."""
    with ProcessPoolExecutor(2) as pool:
        tasks = [pool.submit(run_cell, *cell, replications) for cell in CELLS]
        return {cell: task.result() for cell, task in zip(CELLS, tasks, strict=True)}


def format_section(result, replications):
    """The section with a table a measure."""
    head = HEAD.format(replications=replications, se=(0.05 * 0.95 / replications) ** 0.5)
    columns = " | ".join(f"{clusters} clusters, {shape}" for clusters, shape in result)
    tables = []
    for title, show in (
        ("bias: mean (largest)", lambda v: f"{v['bias']:.3f} ({v['worst']:.3f})"),
        ("coverage: mean (range)", lambda v: f"{v['coverage']:.3f} ({v['least']:.3f}–{v['most']:.3f})"),
        ("exact fit rejected at 5 %", lambda v: f"{v['rejected']:.3f}"),
    ):
        lines = [f"| {title} | {columns} |", "|---|" + "---:|" * len(result)]
        rows = {name: " | ".join(show(values[name]) for values in result.values()) for name in CHOICES}
        lines += [f"| {name} | {row} |" for name, row in rows.items()]
        tables.append("\n".join(lines))
    failed = sum(values["failed"] for cell in result.values() for values in cell.values())
    return "\n\n".join([head, *tables, f"Fits without a certified optimum, left out: {failed}."]) + "\n"


if __name__ == "__main__":
    replications = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    path = Path(__file__).with_name("monte-carlo.md")
    section = format_section(run(replications), replications)
    path.write_text(replace_section(path.read_text(encoding="utf-8"), section, HEADING), encoding="utf-8")
