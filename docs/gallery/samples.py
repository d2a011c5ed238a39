"""Simulated data for models of the gallery that have no classic data set: fixed seeds, populations in plain sight."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Array = NDArray[np.float64]


def simulate_panel(n: int = 500, seed: int = 1) -> pd.DataFrame:
    """Two constructs at four waves, three indicators each with stable specifics; the first drives the second."""
    draw = np.random.default_rng(seed)
    stress, mood = draw.standard_normal((2, n))
    mood = 0.4 * stress + 0.9 * mood
    specifics = draw.standard_normal((6, n)) * 0.35
    columns: dict[str, Array] = {}
    for wave in range(1, 5):
        for k, (name, factor) in enumerate((("s", stress), ("m", mood))):
            for item, loading in enumerate((0.8, 0.75, 0.7)):
                noise = specifics[3 * k + item] + 0.5 * draw.standard_normal(n)
                columns[f"{name}{wave}{item + 1}"] = loading * factor + noise
        shared = draw.standard_normal(n) * 0.25
        stress, mood = (
            0.65 * stress + 0.08 * mood + 0.6 * draw.standard_normal(n) + shared,
            0.55 * mood + 0.25 * stress + 0.6 * draw.standard_normal(n) + shared,
        )
    return pd.DataFrame(columns)


def simulate_traits_and_methods(n: int = 600, seed: int = 2) -> pd.DataFrame:
    """Three correlated traits, each measured by three correlated methods."""
    draw = np.random.default_rng(seed)
    common = draw.standard_normal((2, n))
    traits = np.sqrt(0.3) * common[0] + np.sqrt(0.7) * draw.standard_normal((3, n))
    methods = np.sqrt(0.2) * common[1] + np.sqrt(0.8) * draw.standard_normal((3, n))
    return pd.DataFrame(
        {
            f"{trait}_{method}": (0.85 - 0.06 * t) * traits[t]
            + (0.3 + 0.1 * m + 0.04 * t) * methods[m]
            + 0.55 * draw.standard_normal(n)
            for t, trait in enumerate(("anx", "dep", "ang"))
            for m, method in enumerate(("self", "peer", "test"))
        }
    )


def simulate_many_factors(n: int = 800, seed: int = 3) -> pd.DataFrame:
    """Twenty correlated factors with six indicators each."""
    draw = np.random.default_rng(seed)
    common = draw.standard_normal(n)
    columns: dict[str, Array] = {}
    for factor in range(20):
        share = 0.25 + 0.02 * (factor % 10)
        values = np.sqrt(share) * common + np.sqrt(1 - share) * draw.standard_normal(n)
        for item in range(6):
            loading = 0.8 - 0.05 * item
            columns[f"y{factor * 6 + item + 1}"] = loading * values + np.sqrt(1 - loading**2) * draw.standard_normal(n)
    return pd.DataFrame(columns)


def simulate_feedback(n: int = 500, seed: int = 4) -> pd.DataFrame:
    """Two friends who raise each other's aspirations, each with causes of their own."""
    draw = np.random.default_rng(seed)
    own = draw.standard_normal((4, n))
    own[2] += 0.3 * own[0]
    one = 0.45 * own[0] + 0.4 * own[1] + 0.6 * draw.standard_normal(n)
    two = 0.5 * own[2] + 0.3 * own[3] + 0.6 * draw.standard_normal(n)
    # The equilibrium of one = 0.35 two + …, two = 0.25 one + ….
    settled = np.linalg.solve(np.array([[1, -0.35], [-0.25, 1]]), np.stack([one, two]))
    names = ("ability1", "family1", "ability2", "family2")
    return pd.DataFrame(dict(zip(names, own, strict=True)) | {"aspiration1": settled[0], "aspiration2": settled[1]})


def simulate_recursive(equations: Mapping[str, Mapping[str, float]], n: int = 500, seed: int = 5) -> pd.DataFrame:
    """Standardised variables, each the weighted sum of earlier ones and as much noise as its variance leaves.

    equations  variable → weights of its causes, in the order from causes to effects
    """
    draw = np.random.default_rng(seed)
    columns: dict[str, Array] = {}
    for name, weights in equations.items():
        explained = sum((weight * columns[cause] for cause, weight in weights.items()), np.zeros(n))
        rest = max(0.15, 1 - float(np.var(explained)))
        columns[name] = explained + np.sqrt(rest) * draw.standard_normal(n)
    return pd.DataFrame(columns)


def build_items(factor: str, stem: str, count: int, first: float = 0.85) -> dict[str, dict[str, float]]:
    """Equations of the items stem1, stem2, … of a factor, with falling loadings."""
    return {f"{stem}{k + 1}": {factor: first - 0.06 * k} for k in range(count)}


def simulate_change(n: int = 500, seed: int = 6) -> pd.DataFrame:
    """Four occasions of a score that changes by a share of itself and by what all changes have in common."""
    draw = np.random.default_rng(seed)
    start = draw.standard_normal(n)
    common = 0.3 * start + 0.4 * draw.standard_normal(n)
    scores = [start]
    for _ in range(3):
        scores.append(scores[-1] + common - 0.25 * scores[-1])
    return pd.DataFrame({f"x{t + 1}": score + 0.4 * draw.standard_normal(n) for t, score in enumerate(scores)})


def simulate_trajectories(n: int = 500, seed: int = 7) -> pd.DataFrame:
    """Two measures (a, b) at four occasions that grow in lines, and three items (p, q, r) of a third that grows."""
    draw = np.random.default_rng(seed)
    levels = draw.multivariate_normal(np.zeros(3), 0.7 * np.eye(3) + 0.3, n).T
    slopes = 0.4 * draw.standard_normal((3, n)) + 0.15 * levels[[1, 0, 2]]
    columns: dict[str, Array] = {}
    for t in range(4):
        for k, name in enumerate("ab"):
            columns[f"{name}{t + 1}"] = levels[k] + t * (0.3 + slopes[k]) + 0.6 * draw.standard_normal(n)
        score = levels[2] + t * (0.3 + slopes[2]) + 0.4 * draw.standard_normal(n)
        for name, loading in (("p", 1.0), ("q", 0.9), ("r", 0.8)):
            columns[f"{name}{t + 1}"] = loading * score + 0.5 * draw.standard_normal(n)
    return pd.DataFrame(columns)


def simulate_twins(n: int = 400, seed: int = 8) -> pd.DataFrame:
    """Pairs of twins, identical and fraternal: genes, shared and own surroundings."""
    draw = np.random.default_rng(seed)
    parts = []
    for kind, likeness in (("identical", 1.0), ("fraternal", 0.5)):
        genes = draw.multivariate_normal([0, 0], [[1, likeness], [likeness, 1]], n).T
        shared = draw.standard_normal(n)
        own = draw.standard_normal((2, n))
        pair = np.sqrt(0.5) * genes + np.sqrt(0.2) * shared + np.sqrt(0.3) * own
        parts.append(pd.DataFrame({"kind": kind, "bmi1": pair[0], "bmi2": pair[1]}))
    return pd.concat(parts, ignore_index=True)


def simulate_twins_of_two(n: int = 500, seed: int = 10) -> pd.DataFrame:
    """Pairs of twins as above with two phenotypes, the second of which has causes of its own."""
    draw = np.random.default_rng(seed)
    parts = []
    for kind, likeness in (("identical", 1.0), ("fraternal", 0.5)):
        genes, more_genes = (draw.multivariate_normal([0, 0], [[1, likeness], [likeness, 1]], n).T for _ in range(2))
        shared, more_shared = draw.standard_normal((2, n))
        own, more_own = draw.standard_normal((2, 2, n))
        read = np.sqrt(0.45) * genes + np.sqrt(0.3) * shared + np.sqrt(0.25) * own
        math = 0.5 * genes + 0.4 * shared + 0.25 * own + 0.4 * more_genes + 0.35 * more_shared + 0.45 * more_own
        columns = {f"{name}{t + 1}": pair[t] for t in (0, 1) for name, pair in (("read", read), ("math", math))}
        parts.append(pd.DataFrame({"kind": kind} | columns))
    return pd.concat(parts, ignore_index=True)


def simulate_twins_of_three(n: int = 1000, seed: int = 11, through_one: bool = False) -> pd.DataFrame:
    """Pairs of twins with three measures of what they share, each with causes of its own.

    through_one  common causes work through one phenotype, otherwise on each measure in another way
    """
    draw = np.random.default_rng(seed)
    parts = []
    for kind, likeness in (("identical", 1.0), ("fraternal", 0.5)):
        causes = [_draw_causes(draw, likeness, n) for _ in range(4)]
        columns: dict[str, Array] = {}
        for k, (name, weights) in enumerate((("a", (0.6, 0.3, 0.4)), ("d", (0.5, 0.45, 0.3)), ("s", (0.35, 0.3, 0.5)))):
            common = (0.6, 0.4, 0.4) if through_one else weights
            own = (0.55, 0.5, 0.5)
            for t in (0, 1):
                columns[f"{name}{t + 1}"] = sum(
                    share * part[t]
                    for shares, parts_ in ((common, causes[0]), (own, causes[k + 1]))
                    for share, part in zip(shares, parts_, strict=True)
                )
        parts.append(pd.DataFrame({"kind": kind} | columns))
    return pd.concat(parts, ignore_index=True)


def _draw_causes(draw: np.random.Generator, likeness: float, n: int) -> tuple[Array, Array, Array]:
    """Genes, shared and own surroundings of pairs of twins; 2 × n each."""
    genes = draw.multivariate_normal([0, 0], [[1, likeness], [likeness, 1]], n).T
    return genes, np.broadcast_to(draw.standard_normal(n), (2, n)), draw.standard_normal((2, n))


def simulate_three_panel(n: int = 700, seed: int = 12) -> pd.DataFrame:
    """Three waves of three variables with stable differences between persons and effects within them."""
    draw = np.random.default_rng(seed)
    stable = draw.multivariate_normal(np.zeros(3), 0.5 * np.eye(3) + 0.3, n).T
    effects = np.array([[0.45, 0.15, 0.1], [0.2, 0.4, 0.05], [0.1, 0.25, 0.35]])
    likeness = 0.7 * np.eye(3) + 0.3
    within = draw.multivariate_normal(np.zeros(3), likeness, n).T
    columns: dict[str, Array] = {}
    for wave in (1, 2, 3):
        if wave > 1:
            within = effects @ within + 0.8 * draw.multivariate_normal(np.zeros(3), likeness, n).T
        columns |= {f"{name}{wave}": stable[k] + within[k] for k, name in enumerate("xyz")}
    return pd.DataFrame(columns)


def simulate_two_changes(n: int = 700, seed: int = 13) -> pd.DataFrame:
    """Four occasions of two scores that change by a constant, by themselves and by each other."""
    draw = np.random.default_rng(seed)
    score = draw.multivariate_normal(np.zeros(2), [[1, 0.4], [0.4, 1]], n).T
    constant = 0.3 * score + 0.4 * draw.multivariate_normal(np.zeros(2), [[1, 0.3], [0.3, 1]], n).T
    feedback = np.array([[-0.25, 0.1], [0.05, -0.3]])
    columns: dict[str, Array] = {}
    for wave in (1, 2, 3, 4):
        columns |= {f"{name}{wave}": score[k] + 0.4 * draw.standard_normal(n) for k, name in enumerate("xy")}
        score = score + constant + feedback @ score
    return pd.DataFrame(columns)


def simulate_states(n: int = 600, seed: int = 9) -> pd.DataFrame:
    """A trait measured at four occasions by three tests, the first two of which have something of their own."""
    draw = np.random.default_rng(seed)
    trait = draw.standard_normal(n)
    methods = draw.standard_normal((2, n))
    columns: dict[str, Array] = {}
    for t in range(1, 5):
        state = 0.75 * trait + 0.65 * draw.standard_normal(n)
        for k, name in enumerate("abc"):
            method = 0.45 * methods[k] if k < 2 else 0.0
            columns[f"{name}{t}"] = (0.8 - 0.05 * k) * state + method + 0.5 * draw.standard_normal(n)
    return pd.DataFrame(columns)
