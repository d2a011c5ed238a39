"""No pair of models that is not equivalent is listed: random models, and χ² of both on data that neither fits."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from sem_toolkit import fit
from sem_toolkit.comparison import find_equivalents
from sem_toolkit.spec import parse_spec


def draw_paths(rng):
    """Observed variables in causal order, each with a random set of causes."""
    names = [f"v{number}" for number in range(1, int(rng.integers(4, 7)))]
    lines = [f"{names[1]} ~ {names[0]}"]
    for place, name in enumerate(names[2:], start=2):
        causes = [cause for cause in names[:place] if rng.random() < 0.5]
        lines += [f"{name} ~ {' + '.join(causes)}"] if causes else []
    text = "\n".join(lines)
    return text, [name for name in names if name in text.replace("\n", " ").split()]


def draw_factors(rng):
    """Two to four factors, some with paths among them, some with a factor behind them."""
    own = {f"f{k}": [f"y{k}_{i}" for i in range(int(rng.integers(2, 5)))] for k in range(int(rng.integers(2, 5)))}
    lines = [f"{name} =~ {' + '.join(items)}" for name, items in own.items()]
    names, kind = list(own), rng.random()
    if kind < 0.4:
        lines += [f"{later} ~ {earlier}" for earlier, later in pairwise(names)]
    elif kind < 0.6 and len(names) > 2:
        lines.append(f"g =~ {' + '.join(names)}")
    return "\n".join(lines), [item for items in own.values() for item in items]


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(10))
def test_what_is_listed_fits_alike(seed):
    rng = np.random.default_rng(seed)
    text, items = (draw_paths if seed % 2 else draw_factors)(rng)
    p = len(items)
    rows = rng.normal(size=(400, 3)) @ rng.uniform(-0.2, 1.0, (3, p)) + rng.normal(size=(400, p))
    data = pd.DataFrame(rows, columns=items)
    given = fit(text, data, fixed_x=False, engine="native")
    for entry in find_equivalents(parse_spec(text), 6, fixed_x=False):
        other = fit(entry.spec, data, fixed_x=False, engine="native")
        assert other.fit_measures.get("df", given.fit_measures["df"]) == given.fit_measures["df"], entry.changes
        if other.converged:
            assert other.fit_measures["chisq"] == pytest.approx(given.fit_measures["chisq"], rel=1e-5, abs=1e-5), (
                text,
                entry.changes,
            )
