"""The written-down population from which the survey of 477 respondents is simulated.

The paper published no respondents' data. What it printed fixes some of the numbers below; the rest is chosen and
said to be so. All variables are standard normal until they are rounded to the five points of the scale.

How the numbers follow from the paper (its tables: data/published):

- *Means and SDs of a5, b3, c6 and the success score*: recovered from Tables 4-2, 4-3 and 4-4, which leave one set of
  integer sums (`sem_toolkit.study.recover`): 3.94/0.85, 2.90/1.16, 3.60/1.05 and 3.65/0.50.
- *SDs of the other printed predictors*: Beta/B times the SD of the success score.
- *Correlations of a factor with success*: the printed Beta (or Beta and R² in a table of several predictors) divided by
  the loading of the item and by the square root of the reliability of the score.
- *Own funds with government funding before the clinic*: Table 4-6 implies a correlation of .06 although both go with
  success; hence the negative residual correlation of a10 and a11 (one source stands in for the other).
- *Technology-market synergy with resource guarantee*: Table 4-1 implies .505 for the composites.
- *Everything about competition* (never analysed in the paper), the correlations among the factors, and the items that
  the paper does not name: constructed, to be usual for questionnaires.
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


@dataclass(frozen=True)
class Population:
    """The whole model of the simulated survey.

    factors                correlated standard normal causes, in the order of `correlations`
    correlations           lower triangle of their correlation matrix, row by row, without the diagonal
    effects                standardised effects of the factors on success, in the order of `factors`
    facets                 first-order factors of synergy
    items                  five-point items, in the order of the survey's columns
    residual_correlations  (code, earlier code) → correlation of the two residuals
    composites             score → items whose mean it is
    respondents            rows; the first `enterprise_respondents` answered for an enterprise, the rest for government
    companies              enterprises, numbered from 1
    """

    factors: tuple[str, ...]
    correlations: tuple[tuple[float, ...], ...]
    effects: tuple[float, ...]
    facets: tuple[Facet, ...]
    items: tuple[Item, ...]
    residual_correlations: dict[tuple[str, str], float]
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
        (0.64,),
        (0.42, 0.64),
        (0.56, 0.48, 0.38),
        (0.48, 0.58, 0.48, 0.62),
        (0.38, 0.48, 0.56, 0.46, 0.62),
        (0.50, 0.40, 0.44, 0.48, 0.42, 0.50),
        (0.24, 0.24, 0.28, 0.22, 0.22, 0.26, 0.20),
    ),
    effects=(0.27, 0.02, 0.27, 0.12, 0.17, 0.15, 0.17, 0.15),
    facets=(Facet("technology_market", "synergy", 0.86), Facet("resource", "synergy", 0.80)),
    items=(
        *_items(
            "network_preclinical",
            ("a4", 0.76, 3.75, 0.85),
            ("a5", 0.86, 3.96, 0.86),
            ("a6", 0.70, 3.55, 0.85),
            ("a7", 0.66, 3.30, 0.90),
        ),
        *_items(
            "capital_preclinical",
            ("a9", 0.66, 2.95, 1.00),
            ("a10", 0.74, 3.50, 0.97),
            ("a11", 0.50, 3.70, 0.86),
            ("a12", 0.62, 2.90, 0.95),
        ),
        *_items(
            "network_clinical",
            ("b2", 0.74, 3.60, 0.90),
            ("b3", 0.80, 2.88, 1.19),
            ("b4", 0.72, 3.35, 0.90),
            ("b5", 0.66, 3.45, 0.85),
        ),
        *_items(
            "capital_clinical",
            ("b8", 0.68, 3.20, 0.97),
            ("b9", 0.66, 3.55, 0.89),
            ("b10", 0.64, 3.45, 0.80),
            ("b11", 0.62, 3.05, 0.95),
        ),
        *_items(
            "network_market",
            ("c4", 0.74, 3.65, 0.85),
            ("c5", 0.70, 3.60, 0.85),
            ("c6", 0.86, 3.61, 1.08),
            ("c7", 0.64, 3.40, 0.85),
        ),
        *_items(
            "capital_market",
            ("c8", 0.68, 3.20, 1.00),
            ("c9", 0.62, 3.45, 0.90),
            ("c10", 0.60, 3.15, 0.85),
            ("c11", 0.70, 3.35, 0.95),
        ),
        *_items(
            "technology_market",
            ("t1", 0.80, 3.75, 0.75),
            ("t2", 0.78, 3.65, 0.80),
            ("t3", 0.75, 3.60, 0.80),
            ("t4", 0.72, 3.70, 0.80),
        ),
        *_items(
            "resource",
            ("r1", 0.78, 3.80, 0.70),
            ("r2", 0.76, 3.70, 0.75),
            ("r3", 0.74, 3.65, 0.75),
            ("r4", 0.70, 3.75, 0.75),
        ),
        *_items(
            "competition",
            ("m1", 0.76, 3.70, 0.85),
            ("m2", 0.72, 3.55, 0.85),
            ("m3", 0.70, 3.60, 0.85),
            ("m4", 0.66, 3.40, 0.85),
        ),
        *_items(
            "success",
            ("y1", 0.76, 3.75, 0.60),
            ("y2", 0.74, 3.60, 0.62),
            ("y3", 0.72, 3.55, 0.63),
            ("y4", 0.72, 3.65, 0.60),
            ("y5", 0.74, 3.70, 0.60),
        ),
    ),
    residual_correlations={("a11", "a10"): -0.42},
    composites={
        "TECHMARKET": ("t1", "t2", "t3", "t4"),
        "RESOURCE": ("r1", "r2", "r3", "r4"),
        "SUCCESS": ("y1", "y2", "y3", "y4", "y5"),
    },
    respondents=477,
    enterprise_respondents=430,
    companies=22,
)
