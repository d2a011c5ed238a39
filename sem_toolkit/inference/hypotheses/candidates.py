"""Parameters that a model could have and has not: the candidates of modification indices, as lavaan lists them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.inference.at_estimate import AtEstimate
from sem_toolkit.model import Model, build_model
from sem_toolkit.model.cells import DIRECTED, INTERCEPT, SCALE, THRESHOLD
from sem_toolkit.sample.moments import FloatArray
from sem_toolkit.spec.names import exogenous_observed_variables, latent_variables, observed_variables
from sem_toolkit.spec.roles import compute_roles
from sem_toolkit.spec.table import Operator, Parameter

IntArray = NDArray[np.intp]
Triple = tuple[str, Operator, str]
Piece = tuple[IntArray, FloatArray, FloatArray, FloatArray]
"""Positions of candidates, their scores (k), own information (k) and information shared with the parameters (k × q)."""
JointScore = tuple[FloatArray, FloatArray, FloatArray, FloatArray]
"""Scores (k), own (k × k) and shared information (k × q) of all candidates, and the inverse of the parameters' (q × q).
"""


@dataclass(frozen=True, eq=False)
class Candidates:
    """k parameters that are fixed or absent, and the cells they would free, in the manner of `model.Cells`.

    rows    lhs, op, rhs and group of each
    left, right   columns of C = [U W] whose products a cell changes Σ by; weight as in `Cells`
    row, column   positions of the variables concerned: affected and affecting, or the two of a covariance
    kind          directed, symmetric, intercept, threshold or scale, by the numbers of `model.ram`; of a threshold
                  `column` is its number among those of its variable
    """

    rows: tuple[tuple[str, Operator, str, int], ...]
    group: IntArray
    kind: IntArray
    row: IntArray
    column: IntArray
    right: IntArray
    weight: NDArray[np.float64]

    @property
    def size(self) -> int:
        return len(self.rows)


class CandidateKind(Protocol):
    """What differs by the kind of data."""

    def list_pieces(self, evaluation: AtEstimate, candidates: Candidates) -> tuple[FloatArray, Iterable[Piece]]:
        """Information of the parameters (q × q), and what is needed of candidates one by one."""
        ...

    def score_jointly(self, evaluation: AtEstimate, candidates: Candidates) -> JointScore:
        """What is needed of all candidates together."""
        ...


def build_candidates(model: Model) -> Candidates:
    """Loadings, covariances, regressions and intercepts that could be freed, one group after the other.

    As in lavaan: what the table fixes; loadings of every observed variable that is not exogenous; covariances among
    these, among exogenous variables and among latent variables; regressions among all variables of the structural
    part; intercepts.
    """
    place = {name: i for i, name in enumerate(model.variables)}
    rows: list[tuple[str, Operator, str, int]] = []
    for group in range(1, len(model.groups) + 1):
        seen = {_cell(row, place) for row in model.table.parameters if row.group == group and row.free}
        for triple in _list_triples(model, group):
            cell = _cell_of(*triple, place)
            if cell not in seen:
                seen.add(cell)
                rows.append((*triple, group))
    return locate_candidates(model, rows)


def locate_candidates(model: Model, rows: Sequence[tuple[str, Operator, str, int]]) -> Candidates:
    """Candidates from lhs, op, rhs and group (from 1) of each."""
    place = {name: i for i, name in enumerate(model.variables)}
    cells = [(group - 1, *_cell_of(lhs, op, rhs, place)) for lhs, op, rhs, group in rows]
    group_, kind, row, column = np.array(cells, dtype=np.intp).reshape(-1, 4).T
    t = model.n_variables
    right = np.where(kind == DIRECTED, t + column, np.where(np.isin(kind, (THRESHOLD, SCALE)), row, column))
    weight = np.where(kind >= INTERCEPT, 0.0, np.where((kind == 1) & (row == column), 0.5, 1.0))
    return Candidates(tuple(rows), group_, kind, row, column, right, weight)


def free_candidates(model: Model, candidates: Candidates) -> tuple[Model, FloatArray]:
    """The model with the candidates as its last free parameters, and their fixed values (k)."""
    rows = list(model.table.rows)
    place = {(row.lhs, row.op, row.rhs, row.group): i for i, row in enumerate(rows)}
    values = np.zeros(candidates.size)
    for k, (lhs, op, rhs, group) in enumerate(candidates.rows):
        at, free = place.get((lhs, op, rhs, group)), model.n_parameters + k + 1
        if at is None:
            rows.append(Parameter(lhs, op, rhs, 0, group, group, free, plabel=f".p{len(rows) + 1}."))
        else:
            values[k] = rows[at].ustart or 0.0
            rows[at] = rows[at]._replace(free=free, exo=0, label="")
    return build_model(replace(model.table, rows=tuple(rows))), values


def _list_triples(model: Model, group: int) -> Iterator[Triple]:
    table = model.table
    mine = [row for row in table.parameters if row.group == group]
    observed, latent = observed_variables(table), latent_variables(table)
    exogenous = exogenous_observed_variables(table)
    if table.separated:  # levels have variables of their own
        roles = compute_roles(mine)
        observed, latent, exogenous = roles.observed, roles.latent, roles.exogenous_observed
    indicators = {row.rhs for row in mine if row.op == "=~"}
    inner = [name for name in observed if name not in exogenous]
    structural = _structural_names(mine)
    for row in mine:
        if not row.free and (row.lhs != row.rhs or row.op == "~*~"):
            yield row.lhs, row.op, row.rhs
    for factor in latent:
        for name in observed:
            if name not in exogenous and name not in structural:
                yield factor, "=~", name
    for block in (inner, exogenous, latent):
        for i, first in enumerate(block):
            for second in block[i:]:
                yield first, "~~", second
    for dependent in structural:
        for predictor in structural:
            if dependent != predictor and not (dependent in indicators and predictor in latent):
                yield dependent, "~", predictor
    if model.has_means:
        for name in (*observed, *latent):
            yield name, "~1", ""


def _structural_names(rows: list[Parameter]) -> tuple[str, ...]:
    """Variables of regressions: the dependent ones, then the predictors."""
    dependent = [row.lhs for row in rows if row.op == "~"]
    return tuple(dict.fromkeys(dependent + [row.rhs for row in rows if row.op == "~"]))


def _cell(row: Parameter, place: dict[str, int]) -> tuple[int, int, int]:
    return _cell_of(row.lhs, row.op, row.rhs, place)


def _cell_of(lhs: str, op: str, rhs: str, place: dict[str, int]) -> tuple[int, int, int]:
    """Kind, row and column of the cell that a parameter stands in."""
    if op == "~1":
        return INTERCEPT, place[lhs], 0
    if op == "|":
        return THRESHOLD, place[lhs], int(rhs[1:]) - 1
    if op == "~*~":
        return SCALE, place[lhs], place[lhs]
    if op == "~~":
        first, second = place[lhs], place[rhs]
        return (1, first, second) if first <= second else (1, second, first)
    affected, affecting = (rhs, lhs) if op == "=~" else (lhs, rhs)
    return 0, place[affected], place[affecting]
