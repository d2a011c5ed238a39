"""Random models: nothing may be covered, and no path may run through a shape."""

import random

import numpy as np
import pandas as pd
import pytest

from sem_toolkit.diagram import DiagramStyle, draw_diagram
from sem_toolkit.spec import TableOptions, build_parameter_table, parse_spec


def build_random_spec(seed: int) -> str:
    """Path models, factor models and mixtures with up to 40 variables."""
    draw = random.Random(seed)
    return _build_paths(draw) if draw.random() < 0.25 else _build_factors(draw)


def _build_paths(draw: random.Random) -> str:
    names = [f"v{k}" for k in range(draw.randint(3, 14))]
    share = draw.uniform(2, 4.4) / len(names)
    lines = []
    for k in range(1, len(names)):
        causes = [names[m] for m in range(k) if draw.random() < share] or [names[draw.randrange(k)]]
        lines.append(f"{names[k]} ~ " + " + ".join(causes))
    lines += ["{} ~~ {}".format(*draw.sample(names, 2)) for _ in range(draw.randint(0, 2))]
    return "\n".join(lines)


def _build_factors(draw: random.Random) -> str:
    count, left = draw.randint(1, 8), 30
    lines, items = [], []
    for k in range(count):
        own = [f"x{k}_{m}" for m in range(draw.randint(2, max(2, min(6, left // (count - k)))))]
        left -= len(own)
        items += own
        lines.append(f"F{k} =~ " + " + ".join(own))
    factors = [f"F{k}" for k in range(count)]
    lines += [f"{draw.choice(factors)} =~ {draw.choice(items)}" for _ in range(draw.randint(0, 2))]
    if draw.random() < 0.7:
        for k in range(1, count):
            causes = [f for f in factors[:k] if draw.random() < 1.6 / count] or [draw.choice(factors[:k])]
            lines.append(f"F{k} ~ " + " + ".join(causes))
        lines += [f"{draw.choice(factors)} ~ z{k}" for k in range(draw.randint(0, 3))]
    lines += ["{} ~~ {}".format(*draw.sample(items, 2)) for _ in range(draw.randint(0, 4))]
    return "\n".join(lines)


def draw_random(seed: int, **settings):
    table = build_parameter_table(parse_spec(build_random_spec(seed)), TableOptions(call="sem"))
    draw = np.random.default_rng(seed)
    rows = [
        {
            "lhs": row.lhs,
            "op": row.op,
            "rhs": row.rhs,
            "group": 1,
            "est": value,
            "se": 0.1,
            "pvalue": 0.01,
            "std.all": value,
        }
        for row, value in zip(table.parameters, draw.uniform(-0.95, 0.95, len(table.parameters)), strict=True)
    ]
    return draw_diagram(table, pd.DataFrame(rows), DiagramStyle(**settings))


WIDE, NARROW = {"column": "free"}, {"column": "double"}
ARROWS, LOOPS = {"variances": "lisrel", "theme": "print"}, {"variances": "ram", "values": "raw"}
STYLES = (*[WIDE] * 14, *[NARROW] * 3, *[ARROWS] * 2, LOOPS)


def find_hits(seeds) -> dict[int, list[str]]:
    """Seed → what is wrong with its picture, for those with hits; each seed has its style."""
    found = {}
    for seed in seeds:
        hits = draw_random(seed, **STYLES[seed % len(STYLES)]).hits()
        if hits:
            found[seed] = [str(problem) for problem in hits]
    return found


@pytest.mark.slow
def test_no_path_runs_through_a_shape_and_no_number_is_covered():
    """A sample with each of the four styles in it."""
    assert not find_hits(range(12, 20))


@pytest.mark.slow
@pytest.mark.parametrize("block", range(10))
def test_the_same_of_many_more(block):
    """Two hundred models; twenty a test."""
    assert not find_hits(range(20 * block, 20 * block + 20))
