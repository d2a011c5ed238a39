"""Up the ladder: every step fitted, tested against the one before, and released where that is asked for."""

from collections.abc import Mapping, Sequence

from sem_toolkit.comparison.invariance.groups import check_named
from sem_toolkit.comparison.invariance.ladder import LEVEL, Invariance, Ladder, Step
from sem_toolkit.comparison.nested import compute_difference
from sem_toolkit.diagnostics import Diagnostic, OptionError
from sem_toolkit.fit import Fit

_FEWEST_KEPT = 1
"""Equalities of a step that are kept at least, whatever the tests say: with none left there is no step."""


def climb(ladder: Ladder, steps: Mapping[str, tuple[str, ...]], named: Sequence[str], *, by_itself: bool) -> Invariance:
    """Fit the steps in their order.

    named      parameters left free at every step that would hold them equal
    by_itself  release, at a step whose difference test fails, the equality with the largest score statistic until it
               passes; what was released stays so in the steps above
    """
    wanted = [*ladder.partial, *named]
    ties = {name: ladder.find_ties(equal) for name, equal in steps.items()} if wanted else {}
    faults = check_named(wanted, {entry for known in ties.values() for entry in known})
    if faults:
        raise OptionError(faults)
    found: dict[str, Step] = {}
    messages = list(ladder.messages)
    released: list[str] = []
    for name, equal in steps.items():
        before = next(reversed(found.values())).fit if found else None
        known = ties.get(name, {})
        partial = tuple(dict.fromkeys([*(known[entry] for entry in wanted if entry in known), *released]))
        step = _take(ladder, name, equal, partial, before)
        while by_itself and step.test is not None and step.test.pvalue < LEVEL:
            candidates = step.releases[step.releases["df"] > 0]
            if len(candidates) <= _FEWEST_KEPT:
                message = f"{name}: its difference test fails with all but one of its equalities released"
                messages.append(Diagnostic("warning", "not-invariant", message))
                break
            released.append(str(candidates.iloc[0]["parameter"]))
            step = _take(ladder, name, equal, (*step.partial, released[-1]), before)
        found[name] = step
    if released:
        message = f"released by their score tests, one after the other: {', '.join(released)}"
        hint = "chosen by these data: name them beforehand, or try them on other data, before you rely on them"
        messages.append(Diagnostic("warning", "released-by-search", message, hint=hint))
    return Invariance(found, ladder, tuple(messages))


def _take(ladder: Ladder, name: str, equal: tuple[str, ...], partial: tuple[str, ...], before: Fit | None) -> Step:
    fit = ladder.fit(equal, partial, before)
    test = None
    if before is not None and before.converged and fit.converged:
        test = compute_difference(before, fit)
    return Step(name, fit, ladder, equal, partial, test, before)
