"""Equivalent models of a structural part: other directions and covariances among its variables.

One edge at a time is replaced (a path by its reversal or by a covariance of what is left, a covariance by a path), and
each result is proved by NET; what the replacing rules allow (Stelzl, 1986, Multivariate Behavioral Research 21,
309-331; Lee & Hershberger, 1990, ibid. 25, 313-334) is among them. Sets are searched outwards from the given model, so
that those with the fewest changes come first.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from sem_toolkit.comparison.equivalents.equivalent import Equivalent
from sem_toolkit.comparison.relation import compute_relation
from sem_toolkit.diagnostics import SemError
from sem_toolkit.fit import Prepared
from sem_toolkit.libraries import nx
from sem_toolkit.spec import ParameterTable, Spec, TableOptions, build_parameter_table, parse_spec
from sem_toolkit.spec.edits import add_term, remove_term

Pair = frozenset[str]


@dataclass(frozen=True)
class Structure:
    """Edges among the structural variables: paths (cause, effect) and covariances."""

    paths: frozenset[tuple[str, str]]
    covariances: frozenset[Pair]

    def get_edge(self, pair: Pair) -> str:
        """How two variables are joined, as in "m ~ x" or "m ~~ x"; "" where they are not, or twice."""
        found = [f"{effect} ~ {cause}" for cause, effect in self.paths if {cause, effect} == pair]
        if pair in self.covariances:
            found.append(" ~~ ".join(sorted(pair)))
        return found[0] if len(found) == 1 else ""

    def is_acyclic(self) -> bool:
        """Whether no variable has an effect on itself."""
        return bool(nx.is_directed_acyclic_graph(nx.DiGraph(self.paths)))


def build_structure(table: ParameterTable, variables: Iterable[str] = ()) -> Structure:
    """Paths and free covariances of the first group between the variables, by default all latent ones and those in
    regressions; what is fixed at 0 is left out.
    """
    rows = [row for row in table.parameters if row.group == 1]
    wanted = set(variables)
    if not wanted:
        wanted = {row.lhs for row in rows if row.op == "=~"}
        wanted |= {name for row in rows if row.op == "~" for name in (row.lhs, row.rhs)}
    return Structure(
        frozenset((row.rhs, row.lhs) for row in rows if row.op == "~" and (row.free or row.ustart)),
        frozenset(
            frozenset((row.lhs, row.rhs))
            for row in rows
            if row.op == "~~" and row.lhs != row.rhs and (row.free or row.exo) and {row.lhs, row.rhs} <= wanted
        ),
    )


def list_replaceable(table: ParameterTable) -> list[Pair]:
    """Pairs of structural variables with a path or a covariance of which nothing is said that would be lost."""
    tied = list_tied(table)
    return [pair for pair in _list_pairs(build_structure(table)) if pair not in tied]


def search_structures(prepared: Prepared) -> Iterator[Equivalent]:
    """Breadth first over structures that are equivalent to the given one.

    Labelled and fixed paths stay as they are, and no loop is made.
    """
    start, pairs = build_structure(prepared.table), list_replaceable(prepared.table)
    seen = {start}
    queue = deque([start])
    while queue:
        base = queue.popleft()
        for changed in _list_neighbours(base, pairs):
            if changed in seen:
                continue
            seen.add(changed)
            if not _is_equivalent_alone(start, changed):
                continue
            candidate = _write(prepared, start, changed)
            if candidate is None:
                continue
            if compute_relation(prepared.table, build_table_of(prepared, candidate)) != "equivalent":
                continue
            queue.append(changed)
            yield Equivalent(_describe(start, changed), candidate, "structure")


def _list_neighbours(base: Structure, pairs: list[Pair]) -> Iterator[Structure]:
    """Structures with one edge replaced, without loops."""
    for pair in pairs:
        a, b = sorted(pair)
        edge = base.get_edge(pair)
        paths = frozenset(path for path in base.paths if frozenset(path) != pair)
        others = base.covariances - {pair}
        options = {
            f"{b} ~ {a}": Structure(paths | {(a, b)}, others),
            f"{a} ~ {b}": Structure(paths | {(b, a)}, others),
            f"{a} ~~ {b}": Structure(paths, others | {pair}),
        }
        for text, changed in options.items():
            if edge and text != edge and changed.is_acyclic():
                yield changed


def _is_equivalent_alone(first: Structure, second: Structure) -> bool:
    """NET of the structural parts by themselves, their variables taken as observed: quick, and right of any
    measurement that stays the same.
    """
    try:
        return compute_relation(_build_path_table(first, first), _build_path_table(second, first)) == "equivalent"
    except SemError:
        return False


def _build_path_table(structure: Structure, whole: Structure) -> ParameterTable:
    names = sorted({name for edge in (*whole.paths, *whole.covariances) for name in edge})
    lines = [f"{effect} ~ {cause}" for cause, effect in sorted(structure.paths)]
    lines += [" ~~ ".join(sorted(pair)) for pair in sorted(structure.covariances, key=sorted)]
    lines += [f"{name} ~~ {name}" for name in names]
    return build_parameter_table(parse_spec("\n".join(lines)), TableOptions(call="lavaan", fixed_x=False).for_fit())


def _write(prepared: Prepared, start: Structure, wanted: Structure) -> Spec | None:
    """The given text with the edges of another structure; None where the rules for what is left out stand against
    it.
    """
    spec = prepared.spec
    for pair in _list_pairs(start):
        old = start.get_edge(pair)
        if old and old != wanted.get_edge(pair):
            spec = _take_out(spec, old)
    for pair in _list_pairs(wanted):
        new = wanted.get_edge(pair)
        if new and new != start.get_edge(pair) and "~~" not in new:
            lhs, _, rhs = new.split(" ")
            spec = parse_spec(add_term(spec, lhs, "~", rhs), spec.source.name)
    return settle_covariances(prepared, spec, wanted)


def settle_covariances(prepared: Prepared, spec: Spec, wanted: Structure, also: Iterable[str] = ()) -> Spec | None:
    """Type what the rules would leave out, and fix at 0 what they would add; None where they stand against it.

    also  variables that the rules may join with others, beside those of the wanted structure
    """
    variables = {name for edge in (*wanted.paths, *wanted.covariances) for name in edge} | {*also}
    # the only path of a model may have been taken out to become a covariance
    nothing = Structure(frozenset(), frozenset())
    now = build_structure(build_table_of(prepared, spec), variables) if spec.statements else nothing
    for pair in sorted(now.covariances - wanted.covariances, key=sorted):
        spec = parse_spec(add_term(spec, *_split(pair), modifier="0"), spec.source.name)
    for pair in sorted(wanted.covariances - now.covariances, key=sorted):
        spec = _take_out(spec, " ~~ ".join(sorted(pair)))
        spec = parse_spec(add_term(spec, *_split(pair)), spec.source.name)
    return spec if build_structure(build_table_of(prepared, spec), variables) == wanted else None


def _split(pair: Pair) -> tuple[str, str, str]:
    first, second = sorted(pair)
    return first, "~~", second


def _take_out(spec: Spec, edge: str) -> Spec:
    """The spec without the edge; as it was where the edge is not typed."""
    lhs, op, rhs = edge.split(" ")
    try:
        return parse_spec(remove_term(spec, lhs, op, rhs), spec.source.name)
    except SemError:
        return spec


def build_table_of(prepared: Prepared, spec: Spec) -> ParameterTable:
    """The table of another text under the same options."""
    return replace(prepared, spec=spec).table


def _list_pairs(structure: Structure) -> list[Pair]:
    edges = [frozenset(path) for path in sorted(structure.paths)]
    return list(dict.fromkeys([*edges, *sorted(structure.covariances, key=sorted)]))


def list_tied(table: ParameterTable) -> set[Pair]:
    """Pairs whose path or covariance has a label, a bound or a value: that would be lost with the edge."""
    return {
        frozenset((row.lhs, row.rhs))
        for row in table.parameters
        if row.op in ("~", "~~")
        and row.lhs != row.rhs
        and (row.label or (row.free == 0 and not row.is_given) or row.lower > -float("inf") or row.upper < float("inf"))
    }


def list_labelled(table: ParameterTable) -> list[str]:
    """Free paths and covariances between different variables that stay as they are because they have a label."""
    rows = [row for row in table.parameters if row.group == 1 and row.op in ("~", "~~") and row.lhs != row.rhs]
    return [f"{row.lhs} {row.op} {row.rhs}" for row in rows if row.label and row.free]


def _describe(start: Structure, changed: Structure) -> tuple[str, ...]:
    """What is said otherwise: the paths first."""
    pairs = _list_pairs(start)
    before_after = [(start.get_edge(pair), changed.get_edge(pair)) for pair in pairs]
    return tuple(f"{before} becomes {after}" for before, after in before_after if before != after)
