"""The stepwise search by modification indices: always the largest, as long as it counts as significant.

What it is worth: MacCallum, Roznowski & Necowitz (1992), Psychological Bulletin 111, 490-504.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from sem_toolkit.comparison.equivalents import Structure, build_structure
from sem_toolkit.diagnostics import SemError
from sem_toolkit.fit import Fit, Prepared, estimate
from sem_toolkit.libraries import special
from sem_toolkit.spec import Spec
from sem_toolkit.spec.drafts import Draft
from sem_toolkit.spec.names import latent_variables

KINDS = ("loadings", "residual.covariances", "lv.covariances", "regressions")
"""What may be added, in lavaan's words of `group.equal`."""
LEAST_INDEX = 3.84
"""χ² with one degree of freedom at p = .05."""
_SAME = 1e-6
"""Indices as near as this, relatively, are the same number: no step prefers one of them."""
_TRIES = 5
"""Candidates that are tried before the search gives up on a step."""


@dataclass(frozen=True)
class SearchRules:
    """What is added, and when it ends.

    steps        at most
    least_index  smallest modification index that counts, of one degree of freedom
    allowed      kinds of parameters that may be added, of KINDS
    """

    steps: int = 10
    least_index: float = LEAST_INDEX
    allowed: tuple[str, ...] = KINDS


@dataclass(frozen=True, eq=False)
class Step:
    """One parameter more.

    lhs, op, rhs  what was added; in every group, where there are several
    index         its modification index, the sum of the groups'
    change        the expected standardised change (sepc.all), of the group where it is largest
    as_good       parameters with the same index, which might as well have been taken
    passed_over   parameters with a larger index that led to no certified optimum
    draft         the text after it
    fit           of the training rows
    """

    lhs: str
    op: str
    rhs: str
    index: float
    change: float
    as_good: tuple[str, ...]
    passed_over: tuple[str, ...]
    draft: Draft
    fit: Fit

    @property
    def name(self) -> str:
        """The parameter as it is typed."""
        return f"{self.lhs} {self.op} {self.rhs}"

    @property
    def spec(self) -> Spec:
        """The text after it."""
        return self.draft.spec


@dataclass(frozen=True)
class _Candidate:
    lhs: str
    op: str
    rhs: str
    index: float
    change: float

    @property
    def name(self) -> str:
        return f"{self.lhs} {self.op} {self.rhs}"


def search(training: Prepared, given: Fit, rules: SearchRules) -> Iterator[Step]:
    """The steps, each after the one before; none follows where no index counts or no candidate can be fitted.

    given  the fit of the training rows before any step
    """
    draft, fit = Draft(training.spec), given
    for _ in range(rules.steps):
        step = _take_step(training, draft, fit, rules)
        if step is None:
            return
        yield step
        draft, fit = step.draft, step.fit


def _take_step(training: Prepared, draft: Draft, fit: Fit, rules: SearchRules) -> Step | None:
    candidates = _list_candidates(fit, rules)
    passed: list[str] = []
    for candidate in candidates[:_TRIES]:
        changed = _add(draft, candidate)
        found = _try_fit(training, changed)
        if found is not None and (found.certified or (found.converged and not fit.certified)):
            as_good = tuple(
                other.name
                for other in candidates
                if other is not candidate and abs(other.index - candidate.index) <= _SAME * candidate.index
            )
            own = candidate
            return Step(own.lhs, own.op, own.rhs, own.index, own.change, as_good, tuple(passed), changed, found)
        passed.append(candidate.name)
    return None


def _list_candidates(fit: Fit, rules: SearchRules) -> list[_Candidate]:
    """What the indices argue for, the largest first; among equals in the order of KINDS."""
    latent, structure = set(latent_variables(fit.table)), build_structure(fit.table)
    columns = ["lhs", "op", "rhs", "mi", "sepc.all"]
    groups: dict[tuple[str, str, str], list[tuple[float, float]]] = {}
    for lhs, op, rhs, index, change in fit.modification_indices[columns].itertuples(index=False, name=None):
        groups.setdefault((lhs, op, rhs), []).append((index, change))
    found: list[tuple[int, _Candidate]] = []
    for (lhs, op, rhs), values in groups.items():
        kind = _find_kind(lhs, op, rhs, latent)
        if kind not in rules.allowed or (kind == "regressions" and _makes_loop(structure, rhs, lhs)):
            continue
        index = sum(index for index, _ in values)
        if index >= special.chdtri(len(values), special.chdtrc(1.0, rules.least_index)):
            change = max((change for _, change in values), key=abs)
            found.append((KINDS.index(kind), _Candidate(lhs, op, rhs, index, change)))
    found.sort(key=lambda entry: (-float(f"{entry[1].index:.6g}"), entry[0]))
    return [candidate for _, candidate in found]


def _find_kind(lhs: str, op: str, rhs: str, latent: set[str]) -> str:
    """The kind of a candidate; "" for means, variances, and loadings of factors."""
    if op == "~":
        return "regressions"
    if op == "=~" and rhs not in latent:
        return "loadings"
    if op == "~~" and lhs != rhs:
        return "lv.covariances" if {lhs, rhs} <= latent else "residual.covariances"
    return ""


def _makes_loop(structure: Structure, cause: str, effect: str) -> bool:
    return not replace(structure, paths=structure.paths | {(cause, effect)}).is_acyclic()


def _add(draft: Draft, wanted: _Candidate) -> Draft:
    """The text with the parameter free; one that is typed with a value is freed."""
    lhs, op, rhs = wanted.lhs, wanted.op, wanted.rhs
    for left, right in ((lhs, rhs), (rhs, lhs)) if op == "~~" else ((lhs, rhs),):
        if (left, op, right) in draft.list_terms():
            return draft.free(left, op, right)
    return draft.add(lhs, op, rhs)


def _try_fit(training: Prepared, draft: Draft) -> Fit | None:
    try:
        return estimate(replace(training, spec=draft.spec))
    except SemError:
        return None


def count_additions(chains: Sequence[Sequence[Step]]) -> Mapping[str, int]:
    """In how many of several chains each parameter was added."""
    counts: dict[str, int] = {}
    for chain in chains:
        for name in {step.name for step in chain}:
            counts[name] = counts.get(name, 0) + 1
    return counts
