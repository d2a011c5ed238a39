"""Coverage of bootstrap limits of an indirect effect under a true model; writes docs/monte-carlo-bootstrap.md.

    python docs/monte_carlo_bootstrap.py [replications] [draws]

x → m → y with no direct effect: a and b are the effects, residuals have variance 1, x is normal, and residuals are
normal or standardised χ²(3). All kinds of limits are of the same draws.
"""

import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd

from sem_toolkit import fit
from sem_toolkit.files import write_text
from sem_toolkit.process import keep_scratch_memory
from sem_toolkit.resampling.bootstrap import INTERVALS, bootstrap, build_limits, compute_acceleration

SPEC = "m ~ a*x\ny ~ b*m + x\nindirect := a*b"
EFFECTS = {"a = b = 0": (0.0, 0.0), "a = 0.39, b = 0": (0.39, 0.0), "a = b = 0.39": (0.39, 0.39)}
SIZES = (50, 100, 200)
RESIDUALS = ("normal", "skewed")
KINDS = ("perc", "basic", "norm", "bca")
HEAD = """# Coverage of bootstrap limits of an indirect effect

Made by `python docs/monte_carlo_bootstrap.py {replications} {draws}`: {replications} samples a column, {draws}
bootstrap draws of each. x → m → y without a direct effect, residual variances of 1, residuals normal or standardised
χ²(3); limits at 95 %. With {replications} samples the standard error of a coverage of 95 % is {error:.1f} %. "delta"
is the normal interval of the fit. "missed" is the share of samples whose limits lie above and below the true value,
which is more than the coverage says: limits that are too low on one side and too high on the other can cover 95 % in
sum.

"""


def draw_rows(rng: np.random.Generator, n: int, effects: tuple[float, float], residuals: str) -> pd.DataFrame:
    """A sample of the population."""

    def draw() -> np.ndarray:
        return rng.normal(size=n) if residuals == "normal" else (rng.chisquare(3, size=n) - 3.0) / np.sqrt(6.0)

    x = rng.normal(size=n)
    m = effects[0] * x + draw()
    return pd.DataFrame({"x": x, "m": m, "y": effects[1] * m + draw()})


def count(n: int, name: str, residuals: str, replications: int, draws: int) -> dict[str, Counter[str]]:
    """How often limits of each kind lie above and below the true effect."""
    effects = EFFECTS[name]
    seed = [n, list(EFFECTS).index(name), RESIDUALS.index(residuals)]
    rng, true = np.random.default_rng(seed), effects[0] * effects[1]
    found: dict[str, Counter[str]] = {kind: Counter() for kind in ("delta", *KINDS)}
    for replication in range(replications):
        rows = draw_rows(rng, n, effects, residuals)
        own = bootstrap(SPEC, rows, draws=draws, interval="bca", seed=replication, engine="native")
        at = [q.label for q in own.quantities].index("indirect")
        a = compute_acceleration(np.asarray(own.without))
        limits = {k: build_limits(own.kept, own.estimate, own.level, k, a, own.centre)[:, at] for k in KINDS}
        table = fit(SPEC, rows, engine="native").parameters.set_index("label")
        limits["delta"] = table.loc["indirect", ["ci.lower", "ci.upper"]].to_numpy()
        for kind, (lower, upper) in limits.items():
            found[kind]["above"] += lower > true
            found[kind]["below"] += upper < true
    return found


def main() -> None:
    replications, draws = (int(value) for value in (*sys.argv[1:], "1000", "1000")[:2]) if len(sys.argv) != 2 else (
        int(sys.argv[1]), 1000,
    )  # fmt: skip
    keep_scratch_memory()
    parts = [HEAD.format(replications=replications, draws=draws, error=100 * np.sqrt(0.95 * 0.05 / replications))]
    for residuals in RESIDUALS:
        for name in EFFECTS:
            columns = {f"n = {n}": count(n, name, residuals, replications, draws) for n in SIZES}
            parts.append(f"| {name}, {residuals} | {' | '.join(f'{c}: covered, missed' for c in columns)} |\n")
            parts.append("|---|" + "---:|" * len(columns) + "\n")
            for kind in ("delta", *KINDS):
                cells = []
                for found in columns.values():
                    above, below = (found[kind][side] / replications for side in ("above", "below"))
                    cells.append(f"{1.0 - above - below:.3f}, {above:.3f} + {below:.3f}")
                parts.append(f"| {kind} ({INTERVALS.get(kind, 'normal')}) | {' | '.join(cells)} |\n")
            parts.append("\n")
            sys.stderr.write(f"{name}, {residuals}\n")
    write_text(Path(__file__).with_name("monte-carlo-bootstrap.md"), "".join(parts).rstrip() + "\n")


if __name__ == "__main__":
    main()
