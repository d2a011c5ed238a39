"""A report of an exploratory factor analysis: how many factors, how each number fits, and loadings in print."""

import numpy as np

from sem_toolkit.comparison.exploration import Exploration
from sem_toolkit.fit import Fit
from sem_toolkit.fit.receipts import format_mark
from sem_toolkit.libraries import pd
from sem_toolkit.report.document import Document, Section
from sem_toolkit.report.export import Printed, build_printed
from sem_toolkit.report.loadings import describe_rotation
from sem_toolkit.report.printed_loadings import build_printed_loadings
from sem_toolkit.report.reported import describe_method


def build_exploration_report(found: Exploration, k: int) -> Document:
    """Number of factors, fit by number, and the solution with k of them."""
    fit = found.fits[k]
    sections = [
        Section("Number of factors", (format_advice(found), build_printed(build_numbers(found)))),
        Section("Fit by number of factors", (build_printed(found.table),)),
        Section(f"Solution with {k} factor{'s' if k > 1 else ''}", _build_solution(fit)),
        Section("Origin", (format_mark(fit),)),
    ]
    return Document(f"Exploratory factor analysis of {len(found.items)} items", tuple(sections))


def _build_solution(fit: Fit) -> tuple[str | Printed, ...]:
    parts: list[str | Printed] = [describe_method(fit)]
    if fit.rotation is not None:
        parts.append(f"Rotation: {describe_rotation(fit.rotation)}.")
    return (*parts, *build_printed_loadings(fit)) if fit.converged else tuple(parts)


def build_numbers(found: Exploration) -> "pd.DataFrame":
    """Eigenvalues beside the random ones, and average partial correlations, as far as they matter."""
    parallel, partial = found.parallel, found.partial
    rows = min(len(parallel.eigenvalues), max(*found.fits, parallel.factors, partial.factors) + 2)
    squares = np.append(partial.squares, np.nan)
    return pd.DataFrame(
        {
            "factors": np.arange(1, rows + 1),
            "eigenvalue": parallel.eigenvalues[:rows],
            f"random, {parallel.quantile:.0%}": parallel.limit[:rows],
            "average squared partial r": np.append(squares[1:], np.nan)[:rows],
        }
    )


def format_advice(found: Exploration) -> str:
    """The number of factors by each rule."""
    partial = found.partial
    said = [
        f"parallel analysis: {found.parallel.factors}",
        f"minimum average partial: {partial.factors} (fourth powers: {partial.factors_by_fourths})",
    ]
    if found.lowest_bic is not None:
        said.append(f"lowest BIC: {found.lowest_bic}")
    return "; ".join(said)
