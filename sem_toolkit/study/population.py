"""The written-down population from which the survey of 477 respondents is simulated.

The paper published no respondents' data. What its tables fix is recovered (`recover`, `item_search`), and the
population has just these moments; the rest is chosen and said to be so. Responses are normal until they are cut into
the five points of the scale; `population_moments` has the exact moments of the answers, and it is they, not the
responses, that are made equal to what is fixed (`calibration`, which a test runs again).

Fixed by the paper's tables:

- *means and SDs* of a5, b3, c6, a10, a11, b9, b10, b8 and of the scores SUCCESS, TECHMARKET and RESOURCE;
- *correlations* of each of these with SUCCESS, among the items of one table (government funding goes together with
  other money so little that the residuals below are correlated), and between the two synergies; hence the loadings of
  these items and facets, and the effect of synergy;
- *R² of the market-capital regression*; hence the loadings of c11 and c8;
- *numbers of items*: six behind SUCCESS, three behind each synergy.

Chosen, to be usual for questionnaires: everything about competition (never analysed in the paper), the correlations
among the factors, their effects but that of synergy, and all items that the paper does not name.
"""

from dataclasses import dataclass

STAGES = ("preclinical", "clinical", "market")


@dataclass(frozen=True, slots=True)
class Item:
    """A five-point item: round(mean + sd·(loading·factor + √(1 − loading²)·residual)), kept within 1 and 5."""

    code: str
    factor: str
    loading: float
    mean: float
    sd: float


@dataclass(frozen=True, slots=True)
class Facet:
    """A first-order factor below a broader one: loading·factor + √(1 − loading²)·residual."""

    name: str
    factor: str
    loading: float


@dataclass(frozen=True, slots=True)
class ResidualBlock:
    """Items that go together, or stand in for one another, beyond their factor: lower triangle, row by row."""

    codes: tuple[str, ...]
    correlations: tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class Population:
    """The whole model of the simulated survey.

    factors                correlated standard normal causes, in the order of `correlations`
    correlations           lower triangle of their correlation matrix, row by row, without the diagonal
    effects                standardised effects of the factors on success, in the order of `factors`
    facets                 first-order factors of synergy
    items                  five-point items, in the order of the survey's columns
    residual_blocks        items whose residuals are correlated, with the lower triangle of their correlations
    composites             score → items whose mean it is
    respondents            rows; the first `enterprise_respondents` answered for an enterprise, the rest for government
    companies              enterprises, numbered from 1
    """

    factors: tuple[str, ...]
    correlations: tuple[tuple[float, ...], ...]
    effects: tuple[float, ...]
    facets: tuple[Facet, ...]
    items: tuple[Item, ...]
    residual_blocks: tuple[ResidualBlock, ...]
    composites: dict[str, tuple[str, ...]]
    respondents: int
    enterprise_respondents: int
    companies: int


def _items(factor: str, *rows: tuple[str, float, float, float]) -> tuple[Item, ...]:
    return tuple(Item(code, factor, loading, mean, sd) for code, loading, mean, sd in rows)


SURVEY_POPULATION = Population(
    factors=(
        "network_preclinical",
        "network_clinical",
        "network_market",
        "capital_preclinical",
        "capital_clinical",
        "capital_market",
        "synergy",
        "competition",
    ),
    correlations=(
        (),
        (0.62,),
        (0.46, 0.62),
        (0.56, 0.48, 0.4),
        (0.48, 0.58, 0.48, 0.62),
        (0.4, 0.48, 0.56, 0.48, 0.62),
        (0.5, 0.42, 0.46, 0.48, 0.44, 0.5),
        (0.24, 0.24, 0.28, 0.22, 0.22, 0.26, 0.2),
    ),
    effects=(0.23, 0.02, 0.23, 0.09, 0.13, 0.12, 0.3004, 0.13),
    facets=(Facet("technology_market", "synergy", 0.8633), Facet("resource", "synergy", 0.8014)),
    items=(
        *_items(
            "network_preclinical",
            ("a4", 0.76, 3.782, 0.918),
            ("a5", 0.8836, 3.9796, 0.8822),
            ("a6", 0.7, 3.5648, 0.8877),
            ("a7", 0.66, 3.3084, 0.9327),
        ),
        *_items(
            "capital_preclinical",
            ("a9", 0.66, 2.9482, 0.9885),
            ("a10", 0.7422, 3.8468, 1.0087),
            ("a11", 0.4364, 3.2225, 0.7926),
            ("a12", 0.62, 2.8976, 0.9252),
        ),
        *_items(
            "network_clinical",
            ("b2", 0.74, 3.6269, 0.9642),
            ("b3", 0.8034, 2.885, 1.2363),
            ("b4", 0.72, 3.3604, 0.9359),
            ("b5", 0.66, 3.46, 0.8786),
        ),
        *_items(
            "capital_clinical",
            ("b8", 0.7401, 3.7253, 0.9802),
            ("b9", 0.7714, 4.0844, 0.9409),
            ("b10", 0.5967, 3.5774, 0.7634),
            ("b11", 0.62, 3.0512, 0.9246),
        ),
        *_items(
            "network_market",
            ("c4", 0.74, 3.6718, 0.9004),
            ("c5", 0.7, 3.618, 0.8935),
            ("c6", 0.885, 3.6513, 1.1275),
            ("c7", 0.64, 3.4082, 0.8751),
        ),
        *_items(
            "capital_market",
            ("c8", 0.7381, 3.2077, 0.9929),
            ("c9", 0.62, 3.4654, 0.9445),
            ("c10", 0.6, 3.1523, 0.8652),
            ("c11", 0.8051, 3.3604, 0.9359),
        ),
        *_items(
            "technology_market",
            ("t1", 0.8, 3.7552, 0.656),
            ("t2", 0.76, 3.6044, 0.6936),
            ("t3", 0.73, 3.7564, 0.6786),
        ),
        *_items(
            "resource",
            ("r1", 0.78, 4.0055, 0.6055),
            ("r2", 0.75, 3.9554, 0.6246),
            ("r3", 0.72, 3.9574, 0.6481),
        ),
        *_items(
            "competition",
            ("m1", 0.76, 3.7264, 0.9085),
            ("m2", 0.72, 3.5648, 0.8877),
            ("m3", 0.7, 3.618, 0.8935),
            ("m4", 0.66, 3.4082, 0.8751),
        ),
        *_items(
            "success",
            ("y1", 0.76, 3.5498, 0.5923),
            ("y2", 0.78, 3.5999, 0.5931),
            ("y3", 0.82, 3.75, 0.5731),
            ("y4", 0.8, 3.7003, 0.5953),
            ("y5", 0.78, 3.701, 0.6191),
            ("y6", 0.74, 3.6003, 0.6166),
        ),
    ),
    residual_blocks=(
        ResidualBlock(("a10", "a11"), ((), (-0.4269,))),
        ResidualBlock(("b9", "b8", "b10"), ((), (-0.0073,), (-0.3642, -0.5364))),
    ),
    composites={
        "TECHMARKET": ("t1", "t2", "t3"),
        "RESOURCE": ("r1", "r2", "r3"),
        "SUCCESS": ("y1", "y2", "y3", "y4", "y5", "y6"),
    },
    respondents=477,
    enterprise_respondents=430,
    companies=22,
)
