"""Simulated data for models of the gallery that have no classic data set: fixed seeds, populations in plain sight."""

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
