"""Items that point the other way are told where a factor shows one."""

from collections import Counter

import numpy as np

from sem_toolkit.diagnostics import Diagnostic
from sem_toolkit.estimation import Solution
from sem_toolkit.sample.moments import FloatArray

_SMALLEST = 0.2  # standardised loading; weaker ones may have any sign by chance
_FEWEST = 3  # other indicators, all of one sign


def check_reversed_items(solution: Solution) -> tuple[Diagnostic, ...]:
    """A warning for every factor with one item, or a few, that point the other way than all its others.

    Items that load on one factor only count; α of the raw sum is shown beside that of the items all turned one way.
    """
    if not solution.certificate.converged:
        return ()
    found: dict[tuple[str, tuple[str, ...]], Diagnostic] = {}
    model, sample = solution.model, solution.sample
    values = {(row.lhs, row.rhs, row.group): value for row, value in zip(model.parameters, solution.x, strict=True)}
    loadings = [row for row in model.table.parameters if row.op == "=~" and row.rhs in sample.variables]
    counts = Counter((row.rhs, row.group) for row in loadings)
    several = {name for (name, _), count in counts.items() if count > 1}
    by_factor: dict[tuple[str, int], dict[str, float]] = {}
    for row in loadings:
        value = values.get((row.lhs, row.rhs, row.group), row.ustart)
        if value and row.rhs not in several:  # what is 0 points nowhere
            by_factor.setdefault((row.lhs, row.group), {})[row.rhs] = float(value)
    for (factor, group), items in by_factor.items():
        part = sample.groups[group - 1]
        picked = [sample.variables.index(name) for name in items]
        covariance = part.covariance[np.ix_(picked, picked)]
        signs = np.sign(list(items.values()))
        correlated = _correlate_with_rest(covariance, signs)
        names = [name for name, sign in zip(items, signs, strict=True) if sign != np.sign(signs.sum())]
        others = len(items) - len(names)
        strong = [entry for entry, sign in zip(correlated, signs, strict=True) if sign != np.sign(signs.sum())]
        if not names or others < max(_FEWEST, 2 * len(names)) or min(strong) < _SMALLEST:
            continue
        if (factor, tuple(names)) in found:  # another group has shown it
            continue
        from sem_toolkit.inference.parameters.reliability import compute_alpha

        raw, turned = compute_alpha(covariance), compute_alpha(covariance * np.outer(signs, signs))
        listed = ", ".join(names)
        verb = "points" if len(names) == 1 else "point"
        message = (
            f"{listed} {verb} the other way than the other {others} items of {factor}: "
            f"α of the raw sum is {raw:.2f}, with {'it' if len(names) == 1 else 'them'} reversed {turned:.2f}"
        )
        hint = f'if the wording is reversed, add "#\' reverse: {listed}" to the spec, or --reverse {",".join(names)}'
        found[factor, tuple(names)] = Diagnostic("warning", "reversed-item", message, hint=hint)
    return tuple(found.values())


def list_reversed_items(solution: Solution) -> tuple[str, ...]:
    """Items with a negative loading on a factor most of whose items load positively, or the other way round."""
    if not solution.certificate.converged:
        return ()
    model = solution.model
    values = {(row.lhs, row.rhs, row.group): value for row, value in zip(model.parameters, solution.x, strict=True)}
    by_factor: dict[tuple[str, int], dict[str, float]] = {}
    for row in model.table.parameters:
        value = values.get((row.lhs, row.rhs, row.group), row.ustart)
        if row.op == "=~" and value and row.rhs in solution.sample.variables:
            by_factor.setdefault((row.lhs, row.group), {})[row.rhs] = float(value)
    found: list[str] = []
    for loadings in by_factor.values():
        usual = 1.0 if sum(np.sign(list(loadings.values()))) >= 0 else -1.0
        found += [name for name, value in loadings.items() if value * usual < 0]
    return tuple(dict.fromkeys(found))


def _correlate_with_rest(covariance: FloatArray, signs: FloatArray) -> FloatArray:
    """Correlation of each item, turned by its sign, with the sum of the others."""
    turned = covariance * np.outer(signs, signs)
    sums = turned.sum(axis=1) - np.diag(turned)
    rest = turned.sum() - 2 * turned.sum(axis=1) + np.diag(turned)
    return np.asarray(sums / np.sqrt(np.diag(turned) * np.maximum(rest, np.finfo(float).tiny)))
