"""Milliseconds from the text of a spec to the finished SVG, layout, labels and check included.

    .venv/bin/python benchmarks/diagrams.py

Medians of processor time in one process; the estimates are random numbers, so that every path has one.
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent))

from sem_toolkit.diagram import Diagram, DiagramStyle, draw_diagram
from sem_toolkit.spec import TableOptions, build_parameter_table, parse_spec
from tests.diagram.test_random_models import build_random_spec

STYLES = {
    "clean": DiagramStyle(),
    "lisrel": DiagramStyle(variances="lisrel", theme="print", leading_zero=False),
    "ram": DiagramStyle(variances="ram", values="raw"),
}
REPEATS = 3


def write_factors(factors: int, items: int) -> str:
    """A measurement model."""
    return "\n".join(
        f"f{f + 1} =~ " + " + ".join(f"y{items * f + k}" for k in range(1, items + 1)) for f in range(factors)
    )


def write_chain(factors: int, items: int, reach: int) -> str:
    """Factors that each depend on the one before and on one `reach` places before."""
    paths = [f"f{f + 1} ~ f{f} + f{max(1, f + 1 - reach)}" for f in range(1, factors)]
    return "\n".join([write_factors(factors, items), *paths])


MODELS = {
    "five factors of five items": write_factors(5, 5),
    "the same with seven regressions": write_chain(5, 5, 2),
    "twenty factors of six items": write_factors(20, 6),
    "chain of twenty factors of five items": write_chain(20, 5, 4),
}


def draw(text: str, style: DiagramStyle) -> Diagram:
    """The diagram of a spec with random estimates."""
    table = build_parameter_table(parse_spec(text), TableOptions(call="sem"))
    frame = table.to_frame()[["lhs", "op", "rhs", "group"]]
    values = np.random.default_rng(1).uniform(-0.95, 0.95, len(frame))
    return draw_diagram(table, frame.assign(**{"est": values, "se": 0.1, "pvalue": 0.01, "std.all": values}), style)


def measure(action: Callable[[], object]) -> float:
    """Median processor time in milliseconds."""
    times = []
    for _ in range(REPEATS):
        start = time.process_time()
        action()
        times.append((time.process_time() - start) * 1000)
    return sorted(times)[len(times) // 2]


def draw_and_check(text: str, style: DiagramStyle) -> None:
    """Everything that `sem-toolkit diagram --check` does after the fit."""
    diagram = draw(text, style)
    diagram.problems()
    diagram.to_svg()


def main() -> None:
    """Print a row a model, then the spread over random models."""
    draw_and_check("f =~ a + b + c", STYLES["clean"])
    print("| model | variables | " + " | ".join(STYLES) + " |")
    print("| --- | ---: |" + " ---: |" * len(STYLES))
    for name, text in MODELS.items():
        count = len(draw(text, STYLES["clean"]).graph)
        times = [measure(lambda text=text, style=style: draw_and_check(text, style)) for style in STYLES.values()]
        print(f"| {name} | {count} | " + " | ".join(f"{time:.0f}" for time in times) + " |")
    for name, style in STYLES.items():
        found = sorted(_measure_random(style))
        middle, high = found[len(found) // 2], found[int(0.95 * len(found))]
        print(f"60 random models, {name}: median {middle:.0f}, 95 % below {high:.0f}, longest {found[-1]:.0f}")


def _measure_random(style: DiagramStyle) -> list[float]:
    times = []
    for seed in range(60):
        start = time.process_time()
        draw_and_check(build_random_spec(seed), style)
        times.append((time.process_time() - start) * 1000)
    return times


if __name__ == "__main__":
    main()
