"""Recovery from ordered items under a true model; writes the section "Ordered items" of docs/monte-carlo.md.

    python docs/monte_carlo_ordinal.py [replications]

Three factors with three five-point items each; the responses behind them are normal. Symmetric items have most answers
in the middle, skewed ones at the low end.
"""

import sys
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd
from monte_carlo_missing import replace_section, summarise
from scipy.special import ndtri

from sem_toolkit.fit.pipeline import estimate, prepare
from sem_toolkit.inference import EvaluatedSolution, compute_test_statistics, resolve_inference_options
from sem_toolkit.inference.errors.covariance import compute_parameter_covariance_matrix
from sem_toolkit.spec import parse_spec

SPEC = parse_spec("f1 =~ x1 + x2 + x3\nf2 =~ x4 + x5 + x6\nf3 =~ x7 + x8 + x9")
LOADINGS = np.array([0.6, 0.7, 0.8] * 3)
CORRELATIONS = np.array([[1.0, 0.3, 0.4], [0.3, 1.0, 0.5], [0.4, 0.5, 1.0]])
SIZES = (200, 500)
SHARES = {"symmetric": (0.1, 0.2, 0.4, 0.2, 0.1), "skewed": (0.4, 0.3, 0.15, 0.1, 0.05)}
TESTS = {"WLSMV": "scaled and shifted", "WLSM": "mean-adjusted", "WLSMVS": "mean- and variance-adjusted"}
HEADING = "## Ordered items"
HEAD = """## Ordered items

Made by `python docs/monte_carlo_ordinal.py {replications}`: {replications} samples a column, three correlated
factors (0.3 to 0.5) with three five-point items each (loadings 0.6 to 0.8), fitted by WLSMV with the delta
parameterization and std_lv. Symmetric items have 10, 20, 40, 20 and 10 % of the answers, skewed ones 40, 30, 15, 10
and 5 %. Bias is that of the mean estimate relative to the true value (of thresholds at 0 as it is): its size
averaged over all parameters of a kind, and the largest. Coverage is of 95 % intervals by robust standard errors:
its mean over all parameters of a kind, and the range. The standard error of a rate of 5 % is {se:.1%}, that of one
coverage likewise. Intervals of loadings and of correlations of factors cover up to two or three points too little
at n = 200, and up to one or two at n = 500: the asymptotic covariance matrix of the polychoric correlations is
itself estimated from few rows. lavaan's intervals are the same: on 247 of these samples (n = 200, skewed) its estimates
differ by at most 1.2e-6, its standard errors by 2.1e-6 of themselves, and both cover 0.916 of the correlations of
factors. 4000 further samples of that column (38 of them without a certified optimum) put the coverage of these
correlations at 0.924, with a standard error of 0.002, so that it is below 93 % and no accident of 500 samples; that of
loadings at 0.939, of thresholds at 0.948; and WLSMV's rate of rejection at 6.3 % (0.4 %). Tests adjusted for mean and
variance keep their level up to simulation error; the test that is adjusted for the mean alone does not."""


def build_truth(model, cuts):
    """True values (q) of the model's parameters."""
    values = {}
    for place, loading in enumerate(LOADINGS):
        values[f"f{place // 3 + 1}", "=~", f"x{place + 1}"] = loading
        values |= {(f"x{place + 1}", "|", f"t{k}"): cut for k, cut in enumerate(cuts, start=1)}
    for i in range(3):
        values |= {(f"f{i + 1}", "~~", f"f{j + 1}"): CORRELATIONS[i, j] for j in range(i + 1, 3)}
    return np.array([values[row.lhs, row.op, row.rhs] for row in model.parameters])


def run_cell(n, shape, replications):
    """Bias and coverage by kind of parameter, and rejections by test, in samples of n rows."""
    cuts = ndtri(np.cumsum(SHARES[shape])[:-1])
    pattern = np.kron(np.eye(3), np.ones((3, 1))) * LOADINGS[:, None]
    root = np.linalg.cholesky(pattern @ CORRELATIONS @ pattern.T + np.diag(1.0 - LOADINGS**2))
    rng = np.random.default_rng([n, list(SHARES).index(shape), 1984])
    draws, rejected, failed = [], defaultdict(list), 0
    names = [f"x{k}" for k in range(1, 10)]
    for _ in range(replications):
        answers = 1 + np.searchsorted(cuts, rng.standard_normal((n, 9)) @ root.T)
        rows = pd.DataFrame(answers, columns=names)
        fit = estimate(prepare(SPEC, rows, ordered=True, std_lv=True, estimator="WLSMV"))
        if not fit.certified:
            failed += 1
            continue
        evaluated = EvaluatedSolution(fit.solution)
        model = fit.solution.model
        truth = build_truth(model, cuts)
        options = resolve_inference_options("WLSMV", categorical=True)
        spread = np.sqrt(np.diag(compute_parameter_covariance_matrix(evaluated.evaluation, options)))
        draws.append((evaluated.x, np.abs(evaluated.x - truth) < 1.959963984540054 * spread, 1.0))
        for estimator in TESTS:
            own = resolve_inference_options(estimator, categorical=True)
            rejected[estimator].append(compute_test_statistics(evaluated, own)[1].pvalue < 0.05)
    operators = np.array([row.op for row in model.parameters])
    found = {}
    for kind, operator in {"loadings": "=~", "correlations of factors": "~~", "thresholds": "|"}.items():
        mine = operators == operator
        found[kind] = summarise([(x[mine], inside[mine], p) for x, inside, p in draws], truth[mine])
    return found, {name: float(np.mean(values)) for name, values in rejected.items()}, failed


def run(replications):
    """The same by size and shape."""
    cells = [(n, shape) for n in SIZES for shape in SHARES]
    with ProcessPoolExecutor(2) as pool:
        tasks = [pool.submit(run_cell, *cell, replications) for cell in cells]
        return {cell: task.result() for cell, task in zip(cells, tasks, strict=True)}


def format_section(result, replications):
    """The section with a table a measure."""
    head = HEAD.format(replications=replications, se=(0.05 * 0.95 / replications) ** 0.5)
    columns = " | ".join(f"n = {n}, {shape}" for n, shape in result)
    kinds = list(next(iter(result.values()))[0])
    tables = []
    for title, show in (
        ("bias: mean (largest)", lambda v: f"{v['bias']:.3f} ({v['worst']:.3f})"),
        ("coverage: mean (range)", lambda v: f"{v['coverage']:.3f} ({v['least']:.3f}–{v['most']:.3f})"),
    ):
        lines = [f"| {title} | {columns} |", "|---|" + "---:|" * len(result)]
        lines += [f"| {kind} | " + " | ".join(show(cell[0][kind]) for cell in result.values()) + " |" for kind in kinds]
        tables.append("\n".join(lines))
    lines = [f"| exact fit rejected at 5 % | {columns} |", "|---|" + "---:|" * len(result)]
    for name, title in TESTS.items():
        lines.append(f"| {name}, {title} | " + " | ".join(f"{cell[1][name]:.3f}" for cell in result.values()) + " |")
    tables.append("\n".join(lines))
    failed = sum(cell[2] for cell in result.values())
    return "\n\n".join([head, *tables, f"Fits without a certified optimum, left out: {failed}."]) + "\n"


if __name__ == "__main__":
    replications = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    path = Path(__file__).with_name("monte-carlo.md")
    section = format_section(run(replications), replications)
    path.write_text(replace_section(path.read_text(encoding="utf-8"), section, HEADING), encoding="utf-8")
