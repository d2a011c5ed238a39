"""Random identified models by the native engine: verdicts, restarts, and certificates held against finite differences.

python benchmarks/certificates.py               10 000 models, some minutes a core
python benchmarks/certificates.py 1000 --first 500

Every model is fitted to a sample of 200 to 2000 rows from a population of its own. The finite differences are of values
of the discrepancy alone, in random directions, each parameter in units of the root of its information.
"""

import argparse
import os
import sys
from collections import Counter
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).parent.parent))

import numpy as np

from sem_toolkit.estimation import EstimationOptions, Objective, Point, Solution, estimate
from tests.estimation.random_models import draw_case

DIRECTIONS = 10
STEP = 1e-3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("count", nargs="?", type=int, default=10_000)
    parser.add_argument("--first", type=int, default=0, help="seed of the first model")
    arguments = parser.parse_args()
    verdicts: Counter[str] = Counter()
    kinds: Counter[str] = Counter()
    restarted, refuted = [], []
    for seed in range(arguments.first, arguments.first + arguments.count):
        case = draw_case(seed)
        solution = estimate(case.model, case.sample, EstimationOptions(engine="native"))
        verdict = solution.certificate.verdict
        verdicts[verdict] += 1
        kinds[case.kind] += 1
        if verdict != "converged":
            print(f"seed {seed}, {case.kind}, n = {case.sample.n}: {verdict}", flush=True)
        if len(solution.transcript) > 1 and solution.certificate.converged:
            restarted.append(seed)
        if solution.certificate.converged and not withstands_differences(solution, seed):
            refuted.append(seed)
            print(f"seed {seed}, {case.kind}: refuted by finite differences", flush=True)
    print(f"{arguments.count} models: {dict(kinds)}")
    print(f"verdicts: {dict(verdicts)}; needed more than one attempt: {len(restarted)}; refuted: {len(refuted)}")
    sys.exit(1 if refuted else 0)


def withstands_differences(solution: Solution, seed: int) -> bool:
    """Whether the discrepancy is flat and curved upwards in random directions around the estimate."""
    objective = Objective(solution.model, solution.criterion)
    theta = solution.model.constraints.linear.reduce(solution.x)
    point = objective.locate(theta)
    if point is None:
        return False
    scale = 1.0 / np.sqrt(np.diagonal(point.information))
    rng = np.random.default_rng(seed)
    for _ in range(DIRECTIONS):
        direction = rng.normal(size=len(theta))
        direction *= scale / np.linalg.norm(direction)
        wide, narrow = (_difference(objective, point, direction, step) for step in (STEP, 0.5 * STEP))
        if wide is None or narrow is None:
            return False
        slope, curvature = (4.0 * narrow - wide) / 3.0  # Richardson: without the third and fourth derivatives
        if abs(slope) > 1e-7 or curvature < 0.5 * solution.certificate.hessian_min_eig:
            return False
    return True


def _difference(objective: Objective, point: Point, direction: np.ndarray, step: float) -> np.ndarray | None:
    """Slope and curvature of the discrepancy along a direction; None where it has no value at one of the ends."""
    ends = [objective.locate(point.theta + sign * step * direction) for sign in (1.0, -1.0)]
    if ends[0] is None or ends[1] is None:
        return None
    slope = (ends[0].value - ends[1].value) / (2.0 * step)
    return np.array([slope, (ends[0].value - 2.0 * point.value + ends[1].value) / step**2])


if __name__ == "__main__":
    main()
