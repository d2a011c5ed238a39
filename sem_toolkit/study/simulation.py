"""The survey of 477 respondents: drawn from the written-down population, the same to the last byte everywhere.

Only raw bits of the generator are used (their stream is guaranteed, that of the distributions is not), and sums run in
a fixed order without BLAS. What is left to differ between machines is the last bit of `ndtri`; no response lies that
close to a category border (`compute_border_distance` measures it, a test holds it).
"""

import math
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.files import write_text
from sem_toolkit.libraries import pd, special
from sem_toolkit.study.population import SURVEY_POPULATION, Population

SURVEY_SEED = 477
SCORE_DECIMALS = 6
FloatArray = NDArray[np.float64]


def simulate_survey(population: Population = SURVEY_POPULATION, seed: int = SURVEY_SEED) -> "pd.DataFrame":
    """Five-point answers and composites of all respondents, one row each, columns as in data/codebook.csv.

    `company` is an integer for enterprise rows and missing for government rows. Answers depend on neither.
    """
    responses = simulate_responses(population, seed)
    answers = {code: np.clip(np.floor(value + 0.5), 1, 5).astype(np.int64) for code, value in responses.items()}
    composites = {
        name: np.round(sum(answers[code] for code in codes) / len(codes), SCORE_DECIMALS)
        for name, codes in population.composites.items()
    }
    return pd.DataFrame({**_build_respondents(population, seed), **answers, **composites})


def simulate_responses(population: Population, seed: int) -> dict[str, FloatArray]:
    """Continuous response behind each item, before rounding: item code → n values on the scale of the item."""
    normals = _NormalStream(seed, population.respondents)
    factors = _draw_factors(population, normals)
    residuals: dict[str, FloatArray] = {}
    for item in population.items:
        residuals[item.code] = normals.draw()
    for block in population.residual_blocks:
        triangle = compute_cholesky(block.correlations)
        own = [residuals[code] for code in block.codes]
        for code, row in zip(block.codes, triangle, strict=True):
            mixed = [weight * column for weight, column in zip(row, own, strict=False)]
            residuals[code] = _add(mixed, population.respondents)
    return {
        item.code: item.mean + item.sd * _mix(factors[item.factor], item.loading, residuals[item.code])
        for item in population.items
    }


def compute_border_distance(responses: dict[str, FloatArray]) -> float:
    """Smallest distance of any response to a border between two categories (1.5, 2.5, 3.5, 4.5)."""
    return min(float(np.min(np.abs(np.abs(value[:, None] - 3.0) - [0.5, 1.5]))) for value in responses.values())


def write_survey(path: Path, population: Population = SURVEY_POPULATION, seed: int = SURVEY_SEED) -> None:
    """Simulate the survey and write it as CSV."""
    write_text(path, format_survey(simulate_survey(population, seed)))


def format_survey(survey: "pd.DataFrame") -> str:
    """CSV text: integers plain, scores with six decimals, missing company empty."""
    text: str = survey.to_csv(index=False, float_format=f"%.{SCORE_DECIMALS}f", lineterminator="\n")
    return text


class _NormalStream:
    """Standard normal columns of n values by inversion of the generator's raw 53-bit fractions."""

    def __init__(self, seed: int, n: int) -> None:
        self._bits = np.random.PCG64(seed)
        self._n = n

    def draw(self) -> FloatArray:
        fractions = (self._bits.random_raw(self._n) >> np.uint64(11)).astype(np.float64)
        column: FloatArray = special.ndtri((fractions + 0.5) * 2.0**-53)
        return column


def _draw_factors(population: Population, normals: _NormalStream) -> dict[str, FloatArray]:
    """All factors: the correlated causes, success, and the facets, each standard normal in the population."""
    triangle = compute_cholesky(population.correlations)
    independent = [normals.draw() for _ in population.factors]
    causes = [
        _add([weight * column for weight, column in zip(row, independent, strict=False)], population.respondents)
        for row in triangle
    ]
    explained = _add(
        [effect * cause for effect, cause in zip(population.effects, causes, strict=True)], population.respondents
    )
    factors = dict(zip(population.factors, causes, strict=True))
    factors["success"] = explained + math.sqrt(1.0 - compute_success_r2(population)) * normals.draw()
    for facet in population.facets:
        factors[facet.name] = _mix(factors[facet.factor], facet.loading, normals.draw())
    return factors


def compute_success_r2(population: Population) -> float:
    """Share of the variance of the success factor that the causes explain in the population."""
    triangle = compute_cholesky(population.correlations)
    size = len(triangle)
    projected = [
        sum(population.effects[row] * triangle[row][column] for row in range(column, size)) for column in range(size)
    ]
    return math.fsum(value * value for value in projected)


def compute_cholesky(correlations: tuple[tuple[float, ...], ...]) -> list[list[float]]:
    """Lower-triangular root of a correlation matrix given by its strict lower triangle; plain sums, no LAPACK."""
    triangle: list[list[float]] = []
    for row in correlations:
        values: list[float] = []
        for column, target in enumerate(row):
            known = sum(values[k] * triangle[column][k] for k in range(column))
            values.append((target - known) / triangle[column][column])
        values.append(math.sqrt(1.0 - sum(value * value for value in values)))
        triangle.append(values)
    return triangle


def _add(columns: list[FloatArray], n: int) -> FloatArray:
    total = np.zeros(n)
    for column in columns:
        total = total + column
    return total


def _mix(common: FloatArray, weight: float, own: FloatArray) -> FloatArray:
    mixed: FloatArray = weight * common + math.sqrt(1.0 - weight * weight) * own
    return mixed


def _build_respondents(population: Population, seed: int) -> dict[str, object]:
    """Number, kind and company; companies differ in size as the squares of uniform fractions do."""
    n, enterprise = population.respondents, population.enterprise_respondents
    fractions = (np.random.PCG64(seed + 1).random_raw(n) >> np.uint64(11)).astype(np.float64) * 2.0**-53
    company = np.floor(fractions * fractions * population.companies).astype(np.int64) + 1
    return {
        "respondent": np.arange(1, n + 1),
        "kind": np.where(np.arange(n) < enterprise, "enterprise", "government"),
        "company": pd.array([int(c) if row < enterprise else None for row, c in enumerate(company)], dtype="Int64"),
    }
