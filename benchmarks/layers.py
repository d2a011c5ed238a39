"""Where the time of a fit goes: processor milliseconds of each layer, median of several fits.

python benchmarks/layers.py [part of a row's name]
"""

import os
import sys
import time

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from models import BENCHMARKS, Benchmark

from sem_toolkit.estimation import EstimationOptions, estimate, fill_exogenous_moments
from sem_toolkit.inference import EvaluatedSolution, build_parameter_estimates, compute_fit_measures, compute_r2
from sem_toolkit.model import build_model, check_identification
from sem_toolkit.sample import build_sample, list_group_labels
from sem_toolkit.spec import TableOptions, build_parameter_table, parse_spec
from sem_toolkit.spec.names import observed_variables

LAYERS = ("spec", "sample", "model", "identification", "estimation", "parameters", "fit measures", "r2")


def time_layers(benchmark: Benchmark, repeats: int = 7) -> dict[str, float]:
    """Median milliseconds by layer; the first fit, which imports, is left out."""
    frame = benchmark.read()
    groups = list_group_labels(frame, benchmark.group) if benchmark.group else ("",)
    laps: list[list[float]] = []
    for _ in range(repeats + 1):
        clock = [time.process_time()]
        table = build_parameter_table(
            parse_spec(benchmark.text + "\n"),
            TableOptions(call=benchmark.call),
            groups,
        )
        clock.append(time.process_time())
        sample = build_sample(frame, observed_variables(table), group=benchmark.group)
        clock.append(time.process_time())
        model = build_model(fill_exogenous_moments(table, sample))
        clock.append(time.process_time())
        check_identification(model)
        clock.append(time.process_time())
        solution = estimate(model, sample, EstimationOptions(engine="native"))
        clock.append(time.process_time())
        evaluated = EvaluatedSolution(solution)  # as in a `Fit`: what the tables share is computed once
        for compute in (build_parameter_estimates, compute_fit_measures, compute_r2):
            compute(evaluated)
            clock.append(time.process_time())
        laps.append(np.diff(clock).tolist())
    medians = 1000.0 * np.median(np.array(laps[1:]), axis=0)
    return dict(zip(LAYERS, medians.tolist(), strict=True))


if __name__ == "__main__":
    wanted = sys.argv[1] if len(sys.argv) > 1 else ""
    print(f"{'model':28s}" + "".join(f"{layer:>16s}" for layer in LAYERS))
    for entry in BENCHMARKS:
        if wanted in entry.name:
            found = time_layers(entry)
            print(f"{entry.name:28s}" + "".join(f"{found[layer]:16.1f}" for layer in LAYERS), flush=True)
