"""Local tests of a path model: the conditional independences that it implies among observed variables, each tested.

In an acyclic model without latent variables, two variables that no arrow and no residual covariance joins are
independent given the parents of both (the basis set of Shipley, 2000, Structural Equation Modeling 7, 206-218). Each
independence is a partial correlation of zero.
"""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sem_toolkit.diagnostics import Diagnostic, ModelError
from sem_toolkit.inference.at_estimate import AtEstimate
from sem_toolkit.inference.distributions import compute_chisq_pvalue
from sem_toolkit.sample.moments import FloatArray

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Independence:
    """Two variables, and those given which the model says that they are independent."""

    first: str
    second: str
    given: tuple[str, ...]


def find_independences(evaluation: AtEstimate, group: int = 0) -> tuple[Independence, ...]:
    """The basis set of a path model, in the order of its variables.

    Pairs of exogenous variables are left out: the model says nothing of them. So are pairs whose parents do not
    separate them because residuals are correlated. Raises ModelError for models with latent variables or feedback.
    """
    model = evaluation.model
    evaluation.require_one_level("local tests", "see residuals and modification indices")
    if model.n_variables > model.n_observed:
        message = "local tests are for path models, and this one has latent variables"
        raise ModelError(
            Diagnostic("error", "latent-variables", message, hint="see residuals and modification indices")
        )
    parents, joined = _read_graph(evaluation, group)
    order = _causal_order(model.observed, parents)
    found = []
    for i, second in enumerate(order):
        for first in order[:i]:
            if first in parents[second] or not (parents[first] or parents[second]):
                continue
            given = tuple(
                name for name in model.observed if name in (parents[first] | parents[second]) - {first, second}
            )
            if _separated(first, second, set(given), parents, joined):
                found.append(Independence(first, second, given))
    return tuple(found)


def build_local_tests(evaluation: AtEstimate) -> "pd.DataFrame":
    """One row an independence and group: group first second given r z pvalue; then Fisher's C over each group.

    z is Fisher's transform of the partial correlation r times √(n − 3 − k), with k variables given. C = −2Σ log p is
    referred to χ² with two degrees of freedom an independence (Shipley, 2000).
    """
    import pandas as pd

    rows = []
    for g, group in enumerate(evaluation.sample.groups):
        independences = find_independences(evaluation, g)
        tests = [_test(evaluation, g, independence) for independence in independences]
        for independence, (r, z, pvalue) in zip(independences, tests, strict=True):
            given = ", ".join(independence.given)
            rows.append((group.label, independence.first, independence.second, given, r, z, pvalue))
        if tests:
            statistic = -2.0 * sum(math.log(max(pvalue, 1e-300)) for _, _, pvalue in tests)
            pvalue = compute_chisq_pvalue(statistic, 2 * len(tests))
            rows.append((group.label, "all", "", "", math.nan, statistic, pvalue))
    return pd.DataFrame(rows, columns=["group", "first", "second", "given", "r", "z", "pvalue"])


def compute_partial_correlation(covariance: FloatArray, first: int, second: int, given: list[int]) -> float:
    """Correlation of two variables given others, from a covariance matrix (p × p)."""
    block = [first, second, *given]
    precision = np.linalg.inv(covariance[np.ix_(block, block)])
    return float(-precision[0, 1] / math.sqrt(precision[0, 0] * precision[1, 1]))


def _test(evaluation: AtEstimate, g: int, independence: Independence) -> tuple[float, float, float]:
    names = evaluation.model.observed
    first, second = names.index(independence.first), names.index(independence.second)
    given = [names.index(name) for name in independence.given]
    r = compute_partial_correlation(evaluation.sample.groups[g].covariance, first, second, given)
    z = math.atanh(r) * math.sqrt(evaluation.sample.groups[g].n - 3 - len(given))
    return r, z, math.erfc(abs(z) / math.sqrt(2.0))


def _read_graph(evaluation: AtEstimate, group: int) -> tuple[dict[str, set[str]], set[frozenset[str]]]:
    """Parents of each variable, and the pairs with a residual covariance (or both exogenous)."""
    model = evaluation.model
    parents: dict[str, set[str]] = {name: set() for name in model.observed}
    joined: set[frozenset[str]] = set()
    for row in model.table.parameters:
        if row.group != group + 1 or not (row.free or row.ustart):
            continue
        if row.op == "~":
            parents[row.lhs].add(row.rhs)
        elif row.op == "~~" and row.lhs != row.rhs:
            joined.add(frozenset((row.lhs, row.rhs)))
    return parents, joined


def _causal_order(names: tuple[str, ...], parents: dict[str, set[str]]) -> list[str]:
    order: list[str] = []
    while len(order) < len(names):
        ready = [name for name in names if name not in order and parents[name] <= set(order)]
        if not ready:
            message = "local tests are for models without feedback, and this one has a cycle"
            raise ModelError(Diagnostic("error", "feedback", message))
        order += ready
    return order


def _separated(
    first: str, second: str, given: set[str], parents: dict[str, set[str]], joined: set[frozenset[str]]
) -> bool:
    """d-separation by moralising: no path in the moral graph of the ancestors that avoids what is given.

    A residual covariance stands for a common cause. Source: Lauritzen et al. (1990), Networks 20, 491-505.
    """
    causes = {name: set(parents[name]) for name in parents}
    for pair in joined:
        hidden = "\0".join(sorted(pair))
        causes[hidden] = set()
        for name in pair:
            causes[name].add(hidden)
    wanted, stack = set(), [first, second, *given]
    while stack:
        name = stack.pop()
        if name not in wanted:
            wanted.add(name)
            stack += causes[name]
    edges: dict[str, set[str]] = {name: set() for name in wanted}
    for name in wanted:
        family = [name, *causes[name]]
        for a in family:
            edges[a] |= set(family) - {a}
    reached, stack = set(), [first]
    while stack:
        name = stack.pop()
        if name == second:
            return False
        if name not in reached and name not in given:
            reached.add(name)
            stack += edges[name]
    return True
