"""One timed fit by each engine, from the model's text to standard errors and fit measures.

Processor time is measured: with one thread it is the wall time of a quiet machine, and it is fair on a busy one.
"""

import resource
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from models import Benchmark

_STAGES: dict[str | None, dict[str, str]] = {
    None: {},
    "iv": {"estimator": "IV"},
    "sam": {"call": "sam", "sam_method": "local"},
}


@dataclass(frozen=True)
class Timing:
    """Processor seconds of every repeat, the chi-square for comparison, peak memory in MB (None: not measured)."""

    seconds: tuple[float, ...]
    chisq: float
    peak: float | None = None

    @property
    def median(self) -> float:
        return sorted(self.seconds)[len(self.seconds) // 2]


def time_ours(benchmark: Benchmark, frame: pd.DataFrame, repeats: int, engine: str = "native") -> Timing:
    """sem_toolkit: text to parameter table with standard errors and standardised values, fit measures, R²; with
    `complete` rows also the standardised solution and modification indices.
    """
    from sem_toolkit.fit import fit

    if benchmark.ladder:
        return _time_ladder(benchmark, frame, repeats, engine)
    options: dict[str, object] = {"call": benchmark.call, "engine": engine} | (
        {"estimator": "MLR"} if benchmark.complete else {}
    )
    options |= {"group": benchmark.group} if benchmark.group else {}
    options |= {"missing": "ml"} if benchmark.incomplete else {}
    options |= {"ordered": "all"} if benchmark.ordered else {}
    options |= {"cluster": benchmark.cluster} if benchmark.cluster else {}
    options |= _STAGES[benchmark.stages]
    seconds, chisq = [], float("nan")
    for _ in range(repeats + 1):
        start = time.process_time()
        result = fit(benchmark.text + "\n", frame, **options)
        rows, shares = result.parameters, result.r2
        measures = {} if benchmark.stages else result.fit_measures
        more = (result.standardized, result.modification_indices) if benchmark.complete else ()
        seconds.append(time.process_time() - start)
        chisq = measures["chisq"] if measures else float(rows.loc[rows["op"] == "~", "est"].abs().sum())
        del rows, shares, more
    return Timing(tuple(seconds[1:]), chisq, _peak())  # the first fit imports


def _time_ladder(benchmark: Benchmark, frame: pd.DataFrame, repeats: int, engine: str) -> Timing:
    """sem_toolkit: text to the table of the steps with their difference tests, and score tests of all equalities."""
    from sem_toolkit.comparison.invariance import compute_invariance
    from sem_toolkit.spec import parse_spec

    seconds, chisq = [], float("nan")
    for _ in range(repeats + 1):
        start = time.process_time()
        spec = parse_spec(benchmark.text + "\n")
        found = compute_invariance(spec, frame, call=benchmark.call, group=benchmark.group, engine=engine)
        table, releases = found.table, [step.releases for step in found.steps.values()]
        seconds.append(time.process_time() - start)
        chisq = float(table["chisq"].iloc[-1])
        del releases
    return Timing(tuple(seconds[1:]), chisq, _peak())


def time_estimation(benchmark: Benchmark, frame: pd.DataFrame, repeats: int) -> Timing:
    """Only the estimation and its certificate, from a finished table and sample."""
    from sem_toolkit.estimation import estimate
    from sem_toolkit.fit import fit
    from sem_toolkit.model import build_model

    options: dict[str, object] = {"call": benchmark.call, "engine": "native"}
    options |= {"group": benchmark.group} if benchmark.group else {}
    options |= {"missing": "ml"} if benchmark.incomplete else {}
    options |= {"ordered": "all"} if benchmark.ordered else {}
    options |= {"cluster": benchmark.cluster} if benchmark.cluster else {}
    options |= _STAGES[benchmark.stages]
    done = fit(benchmark.text + "\n", frame, **options)
    seconds, value = [], float("nan")
    for _ in range(repeats):
        start = time.process_time()
        solution = estimate(build_model(done.solution.searched.model.table), done.sample, done.options.estimation)
        seconds.append(time.process_time() - start)
        value = 2.0 * done.sample.n * solution.discrepancy
    return Timing(tuple(seconds), value)


def time_semopy(benchmark: Benchmark, frame: pd.DataFrame, repeats: int) -> Timing:
    """semopy as its users call it: Model, fit, inspect, calc_stats, with its default tolerance."""
    import logging
    import warnings

    import semopy

    logging.disable(logging.CRITICAL)
    names = [name for name in frame.columns if frame[name].dtype.kind in "if"]
    data = frame[names]
    seconds, chisq = [], float("nan")
    for _ in range(repeats):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            start = time.process_time()
            model = semopy.Model(benchmark.text)
            model.fit(data)
            model.inspect(std_est=True)
            stats = semopy.calc_stats(model)
            seconds.append(time.process_time() - start)
        chisq = float(stats["chi2"].iloc[0])
    return Timing(tuple(seconds), chisq)


_LADDER = """
suppressMessages(library(lavaan))
arguments <- commandArgs(TRUE)
data <- read.csv(arguments[1]); text <- paste(readLines(arguments[2]), collapse = "\\n")
invisible(cfa("f =~ x1 + x2 + x3", data = HolzingerSwineford1939))
words <- c("loadings", "intercepts", "residuals")
for (k in seq_len(as.integer(arguments[4]))) {
  seconds <- sum(system.time({
    fits <- lapply(0:3, function(n) cfa(text, data = data, group = arguments[5], group.equal = words[seq_len(n)]))
    measures <- lapply(fits, fitMeasures)
    tests <- do.call(lavTestLRT, fits)
    scores <- lapply(fits[2:4], lavTestScore)
  })[c("user.self", "sys.self")])
  cat(seconds, measures[[4]][["chisq"]], "\\n")
}
"""
_SCRIPT = """
suppressMessages(library(lavaan))
arguments <- commandArgs(TRUE)
data <- read.csv(arguments[1]); text <- paste(readLines(arguments[2]), collapse = "\\n")
group <- if (arguments[5] == "-") NULL else arguments[5]
cluster <- if (arguments[9] == "-") NULL else arguments[9]
stages <- arguments[10]
complete <- arguments[6] == "TRUE"; ordered <- arguments[8] == "TRUE"
estimator <- if (stages == "iv") "IV" else if (ordered) "WLSMV" else if (complete) "MLR" else "ML"
invisible(cfa("f =~ x1 + x2 + x3", data = HolzingerSwineford1939))
for (k in seq_len(as.integer(arguments[4]))) {
  seconds <- sum(system.time({
    call <- if (arguments[3] == "cfa") cfa else sem
    fit <- if (stages == "sam") sam(text, data = data, sam.method = "local") else
      call(text, data = data, group = group, estimator = estimator, missing = arguments[7], cluster = cluster,
           ordered = if (ordered) names(data) else NULL)
    rows <- parameterEstimates(fit, standardized = TRUE, rsquare = TRUE)
    measures <- if (stages == "-") fitMeasures(fit) else c(chisq = sum(abs(rows$est[rows$op == "~"])))
    if (complete) { standardized <- standardizedSolution(fit); indices <- modindices(fit) }
  })[c("user.self", "sys.self")])
  cat(seconds, measures[["chisq"]], "\\n")
}
"""


def find_lavaan() -> str | None:
    """Version of lavaan, None where Rscript or lavaan is missing."""
    if shutil.which("Rscript") is None:
        return None
    asked = ["Rscript", "-e", 'cat(as.character(packageVersion("lavaan")))']
    done = subprocess.run(asked, capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else None


def time_lavaan(benchmark: Benchmark, frame: pd.DataFrame, repeats: int, limit: float) -> Timing | None:
    """lavaan in one R process: fit, parameterEstimates, fitMeasures; None where not one fit ends within `limit`."""
    with tempfile.TemporaryDirectory() as folder:
        data, text, script = (Path(folder, name) for name in ("data.csv", "model.lav", "run.R"))
        frame.to_csv(data, index=False)
        text.write_text(benchmark.text + "\n", encoding="utf-8")
        script.write_text(_LADDER if benchmark.ladder else _SCRIPT, encoding="utf-8")
        command = ["Rscript", str(script), str(data), str(text), benchmark.call, str(repeats)]
        command += [
            benchmark.group or "-",
            str(benchmark.complete).upper(),
            "ml" if benchmark.incomplete else "listwise",
            str(benchmark.ordered).upper(),
            benchmark.cluster or "-",
            benchmark.stages or "-",
        ]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=limit, check=False)
        except subprocess.TimeoutExpired as late:
            output = late.stdout.decode() if isinstance(late.stdout, bytes) else late.stdout or ""
        else:
            output = done.stdout
            if done.returncode:
                print(f"lavaan, {benchmark.name}: {done.stderr.strip()[-300:]}", file=sys.stderr)
    lines = [line.split() for line in output.splitlines() if line.strip()]
    return Timing(tuple(float(line[0]) for line in lines), float(lines[-1][1])) if lines else None


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0
