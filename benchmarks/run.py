"""Fits side by side: sem_toolkit's native engine, raw semopy and, where Rscript finds it, lavaan, in one run.

python benchmarks/run.py                 every row, median of at least 5 fits
python benchmarks/run.py --rows 20×6     only rows whose name contains this
python benchmarks/run.py --limit 3600    let an engine take an hour for a row (10 minutes by default)
python benchmarks/run.py --growth        how estimation time grows with the number of parameters, with an exponent

Every engine runs with one BLAS thread; times are processor time, from the model's text to standard errors,
standardised estimates and fit measures (`complete:` rows: MLR, with standardised solution and modification indices);
ratios above 1 mean that sem_toolkit is faster.
"""

import argparse
import json
import os
import subprocess
import sys
from importlib import import_module

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from engines import (
    Timing,
    find_lavaan,
    time_estimation,
    time_lavaan,
    time_ours,
    time_semopy,
)
from models import BENCHMARKS, Benchmark, build_factor_data, build_factor_text

from sem_toolkit.process import import_without_collecting, keep_scratch_memory


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", default="", help="part of the name of the rows to run")
    parser.add_argument("--growth", action="store_true", help="growth of time with the number of parameters")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--limit", type=float, default=600.0, help="seconds an engine may take for a row")
    parser.add_argument("--alone", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.alone:
        print(json.dumps(_run_alone(arguments.alone, arguments.repeats)))
        return
    if arguments.growth:
        _show_growth(arguments.repeats)
        return
    version = find_lavaan()
    print(f"lavaan {version}" if version else "lavaan was not found: its column stays empty")
    heads = ["ours ms", "estimate", "MB", "semopy ms", "×", "lavaan ms", "×"]
    widths = [10, 10, 6, 11, 7, 11, 7]
    print(f"{'model':28s}" + "".join(f"{head:>{width}s}" for head, width in zip(heads, widths, strict=True)))
    for benchmark in BENCHMARKS:
        if arguments.rows in benchmark.name:
            _show_row(benchmark, arguments.repeats, arguments.limit, lavaan=version is not None)


def _show_row(benchmark: Benchmark, repeats: int, limit: float, *, lavaan: bool) -> None:
    frame = benchmark.read()
    ours = _in_process(f"ours:{benchmark.name}", repeats, limit)
    estimation = _in_process(f"estimate:{benchmark.name}", repeats, limit)
    semopy = _in_process(f"semopy:{benchmark.name}", repeats, limit) if benchmark.semopy else None
    reference = time_lavaan(benchmark, frame, min(repeats, benchmark.repeats), limit) if lavaan else None
    chisq = " ".join(f"{timing.chisq:.4f}" for timing in (ours, semopy, reference) if timing is not None)
    peak = ours.peak if ours and ours.peak else 0.0
    times = f"{_ms(ours):>10s}{_ms(estimation):>10s}{peak:6.0f}"
    others = f"{_ms(semopy):>11s}{_ratio(semopy, ours):>7s}{_ms(reference):>11s}{_ratio(reference, ours):>7s}"
    print(f"{benchmark.name:28s}{times}{others}  chisq {chisq}", flush=True)


def _in_process(task: str, repeats: int, limit: float) -> Timing | None:
    """Each engine in a process of its own, so that imports, caches and peak memory are its own; None where too slow."""
    command = [sys.executable, __file__, "--alone", task, "--repeats", str(repeats)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=limit, check=True)
    except subprocess.TimeoutExpired:
        return None
    except subprocess.CalledProcessError as failed:
        print(f"{task}: {failed.stderr.strip().splitlines()[-1]}", file=sys.stderr)
        return None
    found = json.loads(done.stdout.splitlines()[-1])
    return Timing(tuple(found["seconds"]), found["chisq"], found["peak"])


def _run_alone(task: str, repeats: int) -> dict[str, object]:
    with import_without_collecting():  # as the command does
        import_module("sem_toolkit.cli.invariance")
    keep_scratch_memory()
    engine, name = task.split(":", 1)
    benchmark = next(benchmark for benchmark in BENCHMARKS if benchmark.name == name)
    run = {"ours": time_ours, "estimate": time_estimation, "semopy": time_semopy}[engine]
    timing = run(benchmark, benchmark.read(), repeats)
    return {"seconds": timing.seconds, "chisq": timing.chisq, "peak": timing.peak}


def _show_growth(repeats: int) -> None:
    """Estimation of k factors × 6 indicators, and the slope of log time on log parameters."""
    sizes, times = [], []
    for factors in (2, 4, 8, 16, 32):
        text = build_factor_text(factors, 6)
        benchmark = Benchmark(f"{factors}×6", text, build_factor_data(factors, 6, 2000))
        timing = time_estimation(benchmark, benchmark.read(), repeats)
        parameters = 11 * factors + factors * (factors - 1) // 2 + factors
        sizes.append(parameters)
        times.append(timing.median)
        print(f"{factors:3d} factors {parameters:5d} parameters {1000.0 * timing.median:9.1f} ms", flush=True)
    slope = np.polyfit(np.log(sizes[-3:]), np.log(times[-3:]), 1)[0]
    print(f"time grows as parameters^{slope:.2f} over the last three")


def _ms(timing: Timing | None) -> str:
    return "-" if timing is None else f"{1000.0 * timing.median:.1f}"


def _ratio(other: Timing | None, ours: Timing | None) -> str:
    return "-" if other is None or ours is None else f"{other.median / ours.median:.1f}"


if __name__ == "__main__":
    main()
