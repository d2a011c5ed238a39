"""A simulated sample beside lavaan: drawn, fitted, with standard errors, χ² test, RMSEA, CFI, TLI and SRMR.

    python benchmarks/simulations.py [samples] [samples of lavaan]

Processor time with one BLAS thread. lavaan (`cfa` or `sem` of rows drawn by a Cholesky factor, `parameterEstimates`,
`fitMeasures` of the same indices) takes rows from the same population; the mean χ² of both is printed for comparison.
"""

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pandas as pd
from engines import find_lavaan

from sem_toolkit.resampling.simulation.population import build_population
from sem_toolkit.resampling.simulation.study import run_study
from sem_toolkit.spec import parse_spec

_FACTORS = (
    "visual =~ .77*x1 + .42*x2 + .58*x3\ntextual =~ .85*x4 + .86*x5 + .84*x6\nspeed =~ .57*x7 + .72*x8 + .67*x9\n"
    "visual ~~ .46*textual + .47*speed\ntextual ~~ .28*speed"
)
_MEDIATION = "m ~ .4*x\ny ~ .35*m + .15*x"
_LARGE = "\n".join(
    [
        *(f"f{k} =~ " + " + ".join(f"{0.5 + 0.05 * i:.2f}*y{k}{i}" for i in range(6)) for k in range(5)),
        *(f"f{k} ~~ .3*f{j}" for k in range(5) for j in range(k)),
    ]
)
_SCRIPT = """
arguments <- commandArgs(TRUE)
suppressMessages(library(lavaan))
S <- as.matrix(read.csv(arguments[1], check.names = FALSE)); model <- paste(readLines(arguments[2]), collapse = "\\n")
n <- as.integer(arguments[3]); samples <- as.integer(arguments[4]); root <- chol(S); chisq <- numeric(samples)
set.seed(1)
once <- function() {
  rows <- as.data.frame(matrix(rnorm(n * ncol(S)), n) %*% root); names(rows) <- colnames(S)
  fit <- sem(model, rows, fixed.x = FALSE); parameterEstimates(fit)
  unname(fitMeasures(fit, c("chisq", "pvalue", "rmsea", "cfi", "tli", "srmr"))[1])
}
invisible(once()); invisible(once())
start <- proc.time()
for (i in seq_len(samples)) chisq[i] <- once()
spent <- proc.time() - start
cat(sum(spent[1:2]) / samples, mean(chisq), "\\n")
"""


@dataclass(frozen=True)
class Row:
    """A population and the rows of a sample."""

    name: str
    text: str
    n: int


ROWS = (
    Row("3×3, n = 301", _FACTORS, 301),
    Row("mediation, n = 77", _MEDIATION, 77),
    Row("5×6, n = 500", _LARGE, 500),
)


def time_ours(row: Row, samples: int) -> tuple[float, float]:
    """Processor seconds a sample, and the mean χ²."""
    spec = parse_spec(row.text)
    run_study(spec, [], (row.n,), 10)  # imports
    start = time.process_time()
    summary = run_study(spec, [], (row.n,), samples).summaries[0]
    spent = (time.process_time() - start) / samples
    return spent, float(np.mean(summary.sums.measures["chisq"]))


def time_lavaan(row: Row, samples: int) -> tuple[float, float]:
    """The same of lavaan."""
    from sem_toolkit.spec.release import release_values

    spec = parse_spec(row.text)
    population = build_population(spec)
    with tempfile.TemporaryDirectory() as folder:
        moments, text, script = (Path(folder, name) for name in ("moments.csv", "model.lav", "run.R"))
        pd.DataFrame(population.covariance[0], columns=list(population.variables)).to_csv(moments, index=False)
        text.write_text(release_values(spec).text + "\n", encoding="utf-8")
        script.write_text(_SCRIPT, encoding="utf-8")
        command = ["Rscript", str(script), str(moments), str(text), str(row.n), str(samples)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    seconds, chisq = map(float, done.stdout.split())
    return seconds, chisq


def main(samples: int = 5000, reference: int = 100) -> None:
    version = find_lavaan()
    print(f"lavaan {version}" if version else "lavaan was not found: its column stays empty")
    print(f"{'population':20s}{'ours ms':>10s}{'lavaan ms':>11s}{'×':>7s}   mean χ²")
    for row in ROWS:
        ours, chisq = time_ours(row, samples)
        line = f"{row.name:20s}{1000.0 * ours:10.3f}"
        if version:
            theirs, other = time_lavaan(row, reference)
            line += f"{1000.0 * theirs:11.1f}{theirs / ours:7.0f}   {chisq:.2f} {other:.2f}"
        print(line, flush=True)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:3]))
