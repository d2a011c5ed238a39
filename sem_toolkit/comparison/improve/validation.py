"""How well estimates from some rows fit others that they have not seen.

Source: Cudeck & Browne (1983), Multivariate Behavioral Research 18, 147-167.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sem_toolkit.comparison.improve.search import SearchRules, Step, search
from sem_toolkit.comparison.nested import compute_difference
from sem_toolkit.diagnostics import DataError, Diagnostic, EstimationError, SemError
from sem_toolkit.estimation import fill_exogenous_moments
from sem_toolkit.fit import Fit, Prepared, estimate
from sem_toolkit.model import build_model
from sem_toolkit.spec import ParameterTable, Spec


@dataclass(frozen=True, eq=False)
class Validated:
    """A chain found on training rows, and what the validation rows say of it.

    given       the fit of the training rows before any step
    steps       the chain
    discrepancy of the training rows, before any step and after each (2·fmin)
    cvi         of the validation rows at the estimates of the training rows, likewise
    refitted    the validation rows fitted by themselves, likewise; None where that has no certified optimum
    """

    given: Fit
    steps: tuple[Step, ...]
    discrepancy: tuple[float, ...]
    cvi: tuple[float, ...]
    refitted: tuple[Fit | None, ...]


def search_and_validate(shared: tuple[SearchRules, bool], parts: tuple[Prepared, Prepared]) -> Validated:
    """Search on the first of two parts of the rows and look at the second; `shared`: the rules, and whether the second
    is to be fitted by itself too.

    Raises EstimationError where the given model has no optimum in the training rows, and what `fit` raises there.
    """
    (rules, refit), (training, validation) = shared, parts
    given = estimate(training)
    require_optimum(given)
    steps = tuple(search(training, given, rules))
    fits = [given, *(step.fit for step in steps)]
    return Validated(
        given,
        steps,
        tuple(2.0 * fit.solution.discrepancy for fit in fits),
        tuple(compute_cvi(fit, validation) for fit in fits),
        tuple(_refit(validation, fit.spec) for fit in fits) if refit else (),
    )


def compute_cvi(fit: Fit, other: Prepared) -> float:
    """The cross-validation index: the discrepancy (2·fmin) of other rows from what a fit implies; moments of fixed
    exogenous variables are taken from the other rows. Infinite where the discrepancy has no value.

    Raises DataError where the other rows are not of the same parameters, as when they lack an answer.
    """
    solution, other = fit.solution.searched, replace(other, spec=fit.spec)
    table = solution.model.table
    _require_same(table, other.estimated_table)
    model = build_model(fill_exogenous_moments(table, other.sample, solution.options))
    there = replace(solution, model=model, sample=other.sample)
    return 2.0 * there.criterion.value(there.moments)


def test_step(before: Fit | None, after: Fit | None) -> tuple[float, float, float]:
    """Statistic, degrees of freedom and p of the difference test of a step; NaN where there is none."""
    nothing = (float("nan"),) * 3
    if before is None or after is None or not (before.converged and after.converged):
        return nothing
    try:
        test = compute_difference(after, before)
    except SemError:
        return nothing
    return test.stat, float(test.df), test.pvalue


def require_optimum(given: Fit) -> None:
    """Raise EstimationError where a search has no certified optimum to begin at."""
    if not given.converged:
        message = f"the given model has no certified optimum in the {given.sample.n} rows that are to be searched"
        hint = "search more of the rows (--share, or --folds with more folds), or a model with fewer parameters"
        raise EstimationError([Diagnostic("error", "no-optimum", message, hint=hint), *given.certificate.messages])


def _refit(prepared: Prepared, spec: Spec) -> Fit | None:
    try:
        return estimate(replace(prepared, spec=spec))
    except SemError:
        return None


def _require_same(first: ParameterTable, second: ParameterTable) -> None:
    names = [[(row.lhs, row.op, row.rhs, row.group) for row in table.parameters] for table in (first, second)]
    if names[0] == names[1] and first.groups == second.groups:
        return
    apart: Sequence[tuple[str, str, str, int]] = sorted(set(names[0]) ^ set(names[1]))
    what = ", ".join(dict.fromkeys(lhs for lhs, *_ in apart)) or "the groups"
    message = f"the parts of the rows are not alike: {what} has other answers in one than in the other"
    hint = "deal the rows otherwise (--seed), or join rare answers"
    raise DataError(Diagnostic("error", "parts-not-alike", message, hint=hint))
