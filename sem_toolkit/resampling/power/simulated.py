"""The power of tests by simulation, beside what the noncentral distribution says."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from sem_toolkit.resampling.power.analysis import PowerAnalysis
from sem_toolkit.resampling.power.satorra_saris import Setting
from sem_toolkit.resampling.simulation.analyses import build_analysis, find_quantity
from sem_toolkit.resampling.simulation.run import Hands, run_simulation
from sem_toolkit.resampling.simulation.sampling import build_sampling

if TYPE_CHECKING:
    import pandas as pd


def build_simulated_table(
    setting: Setting,
    found: PowerAnalysis,
    replications: int,
    seed: int = 1,
    workers: int | None = 1,
    watch: Callable[[int, int], object] | None = None,
) -> "pd.DataFrame":
    """test, n, power, simulated and its Monte Carlo error: z tests of parameters in normal samples of every size.

    Tests of models are left out: their statistics are those that the noncentral distribution is of.
    """
    import pandas as pd

    tests = [entry for entry in found.tests if entry.path is not None]
    rows = []
    for position, n in enumerate(found.sizes):
        sampling = build_sampling(setting.population, n, setting.shares)
        analysis = build_analysis(setting.spec, sampling, setting.shares, options=setting.options)
        before = position * replications
        summary = run_simulation(
            sampling,
            [analysis],
            replications,
            seed,
            setting.shares,
            alpha=setting.alpha,
            hands=Hands(workers),
            watch=None if watch is None else _count_from(watch, before, replications * len(found.sizes)),
        )[0]
        for entry in tests:
            assert entry.path is not None  # noqa: S101 (chosen so)
            rejected, samples = summary.find_power(find_quantity(analysis, entry.path))
            rate = rejected / samples if samples else np.nan
            error = float(np.sqrt(rate * (1.0 - rate) / samples)) if samples else np.nan
            rows.append((entry.name, n, entry.test.compute_power(n), rate, error))
    return pd.DataFrame(rows, columns=["test", "n", "power", "simulated", "error"])


def _count_from(watch: Callable[[int, int], object], before: int, total: int) -> Callable[[int, int], object]:
    return lambda done, _: watch(before + done, total)
