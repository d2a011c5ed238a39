"""A bootstrap draw beside lavaan: a sample drawn and fitted, with its verdict.

    python benchmarks/bootstraps.py [--draws 2000] [--reference 50] [--rows FIML] [--agree 0]

Processor time with one BLAS thread, the fit of the data and the jackknife left out on both sides. lavaan's is
`bootstrapLavaan`. --agree N also compares N draws of the first three rows with single fits of the same rows.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pandas as pd
from engines import find_lavaan
from models import DEMOCRACY, HOLZINGER, build_factor_data, build_factor_text

from sem_toolkit.diagnostics import SemError
from sem_toolkit.fit import estimate, fit, prepare
from sem_toolkit.process import keep_scratch_memory
from sem_toolkit.resampling.bootstrap import bootstrap
from sem_toolkit.resampling.bootstrap.fitting import MomentFitter
from sem_toolkit.resampling.bootstrap.samples import GroupRows
from sem_toolkit.spec import parse_spec

_DATA = Path(__file__).parents[1] / "tests" / "oracles" / "data"
_SAME = 1e-9
"""Of discrepancies: more is another optimum."""
_SCRIPT = """
arguments <- commandArgs(TRUE)
suppressMessages(library(lavaan))
rows <- read.csv(arguments[1]); model <- paste(readLines(arguments[2]), collapse = "\\n")
draws <- as.integer(arguments[3]); missing <- arguments[5]; ordered <- arguments[6] == "yes"
fit <- sem(model, rows, missing = if (missing == "") "listwise" else missing, ordered = ordered)
set.seed(1)
once <- function(R) suppressWarnings(bootstrapLavaan(fit, R = R, type = arguments[4]))
invisible(once(2)); start <- proc.time(); invisible(once(draws)); spent <- proc.time() - start
cat(sum(spent[1:2]) / draws, "\\n")
"""


@dataclass(frozen=True)
class Row:
    """A model, its rows and how they are resampled; share: of the draws asked for, less of slow ones."""

    name: str
    text: str
    data: str | pd.DataFrame
    resample: str = "ordinary"
    missing: str = ""
    ordered: bool = False
    share: float = 1.0

    def read(self) -> pd.DataFrame:
        return pd.read_csv(_DATA / self.data) if isinstance(self.data, str) else self.data

    @property
    def options(self) -> dict[str, Any]:
        found: dict[str, Any] = {"engine": "native"}
        if self.missing:
            found["missing"] = self.missing
        if self.ordered:
            found["ordered"] = "all"
        return found


def _cut_answers() -> pd.DataFrame:
    """The nine items in four categories each."""
    rows = pd.read_csv(_DATA / "hs.csv")[[f"x{i}" for i in range(1, 10)]]
    return rows.apply(lambda own: pd.qcut(own, 4, labels=False, duplicates="drop"))


ROWS = (
    Row("3×3", HOLZINGER, "hs.csv"),
    Row("Political Democracy", DEMOCRACY, "poldem.csv"),
    Row("5×6, n = 500", build_factor_text(5, 6), build_factor_data(5, 6, 500)()),
    Row("3×3, Bollen-Stine", HOLZINGER, "hs.csv", resample="bollen.stine"),
    Row("3×3, FIML", HOLZINGER, "hs_missing.csv", missing="ml", share=0.25),
    Row("3×3, WLSMV", HOLZINGER, _cut_answers(), ordered=True, share=0.25),
)


def time_ours(row: Row, draws: int) -> tuple[float, str]:
    """Processor seconds a draw, what a bootstrap of few draws takes taken off; how the draws ended."""
    rows, few = row.read(), 4
    settings = {"resample": row.resample, **row.options}
    bootstrap(row.text, rows, draws=few, **settings)  # imports
    start = time.process_time()
    bootstrap(row.text, rows, draws=few, **settings)
    fixed = time.process_time() - start
    start = time.process_time()
    found = bootstrap(row.text, rows, draws=draws + few, **settings)
    return (time.process_time() - start - fixed) / draws, str(dict(found.counts))


def time_lavaan(row: Row, draws: int) -> float:
    """The same of lavaan."""
    with tempfile.TemporaryDirectory() as folder:
        rows, text, script = (Path(folder, name) for name in ("rows.csv", "model.lav", "run.R"))
        row.read().to_csv(rows, index=False)
        text.write_text(row.text + "\n", encoding="utf-8")
        script.write_text(_SCRIPT, encoding="utf-8")
        command = ["Rscript", str(script), str(rows), str(text), str(draws), row.resample, row.missing]
        command.append("yes" if row.ordered else "no")
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    return float(done.stdout.split()[-1])


def compare_single(row: Row, draws: int) -> str:
    """The largest relative difference between draws fitted at once and single fits of the same rows, from one start."""
    rows = row.read()
    own = fit(row.text, rows, engine="native")
    spec, model = parse_spec(row.text), own.solution.model
    group = GroupRows(rows[list(model.observed)].to_numpy())
    counts = group.draw(np.random.default_rng(17), draws)
    covariance, mean, n = group.compute_moments(counts)
    fitter = MomentFitter(model, (group.n,), np.asarray(own.solution.x), own.options.estimation)
    found = fitter.fit(covariance[:, None], mean[:, None], n[:, None])
    gaps, lower, higher, alone_only, stack_only = [], 0, 0, 0, 0
    for draw in range(draws):
        sample = rows.loc[np.repeat(rows.index, counts[draw].astype(int))]
        try:
            again = estimate(prepare(spec, sample, engine="native", multistart=0), own)
            converged = again.converged
        except SemError:
            converged = False
        alone_only += converged and not found.found[draw]
        stack_only += bool(found.found[draw]) and not converged
        if converged and found.found[draw]:
            x = np.asarray(again.solution.x)
            gaps.append(float(np.max(np.abs(found.x[draw] - x) / (1.0 + np.abs(x)))))
            apart = found.discrepancy[draw] - again.solution.discrepancy
            lower, higher = lower + (apart < -_SAME), higher + (apart > _SAME)
    far = int(np.sum(np.array(gaps) > 1e-7))
    return (
        f"{row.name}: {len(gaps)} of {draws} compared, {far} beyond 1e-7, of which {lower} lower and {higher} higher; "
        f"the largest of the others {max(gap for gap in gaps if gap <= 1e-7):.1e}; "
        f"an optimum only at once {stack_only}, only alone {alone_only}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--draws", type=int, default=2000)
    parser.add_argument("--reference", type=int, default=50, help="draws of lavaan")
    parser.add_argument("--rows", default="", help="part of the name of the rows to run")
    parser.add_argument("--agree", type=int, default=0, help="draws to compare with single fits")
    arguments = parser.parse_args()
    keep_scratch_memory()  # as the command does
    version = find_lavaan()
    print(f"lavaan {version}" if version else "lavaan was not found: its column stays empty", file=sys.stdout)
    print(f"{'model':24s}{'ours ms':>10s}{'lavaan ms':>11s}{'×':>7s}   draws")
    chosen = [row for row in ROWS if arguments.rows in row.name]
    for row in chosen:
        ours, counts = time_ours(row, max(20, round(arguments.draws * row.share)))
        line = f"{row.name:24s}{1000.0 * ours:10.3f}"
        if version:
            theirs = time_lavaan(row, arguments.reference)
            line += f"{1000.0 * theirs:11.1f}{theirs / ours:7.0f}"
        print(f"{line}   {counts}", flush=True)
    if arguments.agree:
        for row in chosen[:3]:
            print(compare_single(row, arguments.agree), flush=True)


if __name__ == "__main__":
    main()
