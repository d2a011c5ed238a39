"""What each step after a fit costs, in milliseconds and as a multiple of the fit itself; median of several.

python benchmarks/steps.py [part of a row's name] [estimator ...]
"""

import os
import sys
import time

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from models import BENCHMARKS, Benchmark

from sem_toolkit.fit import Fit, fit

STEPS = (
    "parameters",
    "fit_measures",
    "r2",
    "standardized",
    "modification_indices",
    "residuals",
    "effects",
    "reliability",
)


def time_steps(benchmark: Benchmark, estimator: str, repeats: int = 5) -> dict[str, float]:
    """Median milliseconds of the fit (text to certified estimates) and of each step; the first round is left out."""
    frame = benchmark.read()
    options = {"call": benchmark.call, "engine": "native", "estimator": estimator}
    options |= {"group": benchmark.group} if benchmark.group else {}
    laps: list[list[float]] = []
    for _ in range(repeats + 1):
        clock = [time.process_time()]
        result: Fit = fit(benchmark.text + "\n", frame, **options)
        clock.append(time.process_time())
        for step in STEPS:
            getattr(result, step)
            clock.append(time.process_time())
        laps.append(np.diff(clock).tolist())
    medians = 1000.0 * np.median(np.array(laps[1:]), axis=0)
    return dict(zip(("fit", *STEPS), medians.tolist(), strict=True))


if __name__ == "__main__":
    wanted = sys.argv[1] if len(sys.argv) > 1 else ""
    for entry in BENCHMARKS:
        if wanted in entry.name and not entry.complete:
            for estimator in sys.argv[2:] or ("ML", "MLR", "MLM"):
                found = time_steps(entry, estimator)
                steps = ", ".join(f"{name} {found[name]:.1f} ({found[name] / found['fit']:.1f}×)" for name in STEPS)
                print(f"{entry.name}, {estimator}: fit {found['fit']:.1f}; {steps}", flush=True)
