"""One sample of a population as a table, to be looked at, taught with, or fitted by any program."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from sem_toolkit.libraries import pd
from sem_toolkit.resampling.simulation.sources import build_source
from sem_toolkit.resampling.simulation.study import SampleRules
from sem_toolkit.spec import Spec

DECIMALS = 4


def draw_one_sample(
    spec: Spec,
    n: int,
    seed: int = 1,
    *,
    rules: SampleRules | None = None,
    data: Path | None = None,
    estimates: bool = False,
    shares: tuple[int, ...] = (),
    options: Mapping[str, object] | None = None,
) -> "pd.DataFrame":
    """Rows of a population, n × variables: four decimals, whole numbers for ordered variables, empty where missing.

    The arguments are those of `run_study`, and so is what is raised. Groups and clusters have a column each.
    """
    source = build_source(spec, data=data, estimates=estimates, shares=shares, options=options)
    sampling = (rules or SampleRules()).build(source.population, n, source.shares)
    rows = [part[0] for part in sampling.draw(np.random.default_rng(seed), 1)]
    frame = sampling.build_frame(rows).round(DECIMALS)
    ordered = {name for thresholds in source.population.thresholds for name in thresholds}
    return frame.astype(dict.fromkeys(ordered, "Int64"))
