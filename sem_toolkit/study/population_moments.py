"""What a population of rounded answers looks like: exact means and covariances of its items and scores.

An item is a normal response cut at 1.5, 2.5, 3.5 and 4.5. Two normal responses with correlation ρ have, after cutting,
the covariance Σ_k ρᵏ c_k d_k, with c_k and d_k the coefficients of the two step functions in the normalised Hermite
polynomials (Mehler's formula; Kendall & Stuart, The Advanced Theory of Statistics, chapter 26).
"""

from __future__ import annotations

import numpy as np

from sem_toolkit.libraries import pd, special
from sem_toolkit.study.intervals import FloatArray
from sem_toolkit.study.population import Item, Population

BORDERS = (1.5, 2.5, 3.5, 4.5)
_TERMS = 80


def compute_answer_moments(mean: float, sd: float) -> tuple[float, float]:
    """Mean and standard deviation of the five-point answer behind a normal response with this mean and SD."""
    above = 1.0 - special.ndtr((np.array(BORDERS) - mean) / sd)
    # Σ over values: E x = 1 + Σ P(x > j), E x² = 1 + Σ (2j + 1) P(x > j).
    first = 1.0 + float(above.sum())
    second = 1.0 + float((2 * np.arange(1, 5) + 1) @ above)
    return first, float(np.sqrt(second - first**2))


def compute_hermite_coefficients(mean: float, sd: float) -> FloatArray:
    """Coefficients 1 to K of the answer in normalised Hermite polynomials of its standardised response (K)."""
    cuts = (np.array(BORDERS) - mean) / sd
    density = np.exp(-(cuts**2) / 2) / np.sqrt(2 * np.pi)
    # E[1(z > t) He_k(z)] = He_{k−1}(t) φ(t), by the recurrence of the normalised polynomials.
    lower, current = np.zeros_like(cuts), np.ones_like(cuts)
    coefficients = np.empty(_TERMS)
    for k in range(1, _TERMS + 1):
        coefficients[k - 1] = float(current @ density) / np.sqrt(k)
        lower, current = current, (cuts * current - np.sqrt(k - 1) * lower) / np.sqrt(k)
    return coefficients


def compute_answer_covariance(first: FloatArray, second: FloatArray, correlation: float) -> float:
    """Covariance of two answers with these Hermite coefficients whose responses have this correlation."""
    return float((first * second) @ correlation ** np.arange(1, _TERMS + 1))


def compute_factor_correlations(population: Population) -> pd.DataFrame:
    """Correlations of all factors of the population: causes, success, facets."""
    from sem_toolkit.study.simulation import compute_cholesky

    size = len(population.factors)
    triangle = np.zeros((size, size))
    for row, values in enumerate(compute_cholesky(population.correlations)):
        triangle[row, : row + 1] = values
    causes = triangle @ triangle.T
    with_success = causes @ np.array(population.effects)
    correlations = np.block([[causes, with_success[:, None]], [with_success[None, :], np.ones((1, 1))]])
    names = [*population.factors, "success"]
    for facet in population.facets:
        own = facet.loading * correlations[names.index(facet.factor)]
        correlations = np.block([[correlations, own[:, None]], [own[None, :], np.ones((1, 1))]])
        names.append(facet.name)
    return pd.DataFrame(correlations, names, names)


def compute_response_correlations(population: Population) -> pd.DataFrame:
    """Correlations of the responses behind the items, in the order of the items."""
    factors = compute_factor_correlations(population)
    items = population.items
    loadings = np.array([item.loading for item in items])
    own = [item.factor for item in items]
    correlations = np.outer(loadings, loadings) * factors.loc[own, own].to_numpy()
    np.fill_diagonal(correlations, 1.0)
    place = {item.code: position for position, item in enumerate(items)}
    for block in population.residual_blocks:
        for row, values in enumerate(block.correlations):
            for column, value in enumerate(values):
                i, j = place[block.codes[row]], place[block.codes[column]]
                rest = np.sqrt((1 - loadings[i] ** 2) * (1 - loadings[j] ** 2))
                correlations[i, j] = correlations[j, i] = correlations[i, j] + value * rest
    codes = [item.code for item in items]
    return pd.DataFrame(correlations, codes, codes)


def compute_survey_moments(population: Population) -> tuple[pd.Series, pd.DataFrame]:
    """Means and covariance matrix of the survey's items and scores in the population, by column name."""
    items = population.items
    responses = compute_response_correlations(population).to_numpy()
    series = np.stack([compute_hermite_coefficients(item.mean, item.sd) for item in items])
    covariance = np.zeros(responses.shape)
    for k in range(_TERMS, 0, -1):
        covariance = (covariance + np.outer(series[:, k - 1], series[:, k - 1])) * responses
    means, sds = zip(*(compute_answer_moments(item.mean, item.sd) for item in items), strict=True)
    np.fill_diagonal(covariance, np.square(sds))
    weights = _build_weights(population, items)
    names = [*(item.code for item in items), *population.composites]
    return pd.Series(weights @ np.array(means), names), pd.DataFrame(weights @ covariance @ weights.T, names, names)


def _build_weights(population: Population, items: tuple[Item, ...]) -> FloatArray:
    """Items as they are, and each score as the mean of its items (columns are items)."""
    codes = [item.code for item in items]
    scores = [[(code in members) / len(members) for code in codes] for members in population.composites.values()]
    return np.vstack([np.eye(len(items)), np.array(scores)])
