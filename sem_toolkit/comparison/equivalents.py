"""Models that no data can tell from a given one: other directions and covariances within its structural part.

One edge at a time is replaced (a path by its reversal or by a covariance of what is left, a covariance by a path), and
each result is proved by NET; what the replacing rules allow (Stelzl, 1986, Multivariate Behavioral Research 21,
309-331; Lee & Hershberger, 1990, ibid. 25, 313-334) is among them. Sets are searched outwards from the given model, so
that those with the fewest changes come first.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import networkx as nx

from sem_toolkit.comparison.relation import compute_relation
from sem_toolkit.diagnostics import Diagnostic, ModelError, SemError
from sem_toolkit.files import make_folder, write_text
from sem_toolkit.fit import Prepared, prepare_schematic
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


@dataclass(frozen=True)
class Equivalent:
    """A model equivalent to the given one.

    changes  each as "m ~ x becomes x ~ m"
    spec     the given text with these changes, its comments kept
    """

    changes: tuple[str, ...]
    spec: Spec


def find_equivalents(spec: Spec, limit: int = 20, **options: object) -> tuple[Equivalent, ...]:
    """The equivalent models with the fewest changes, at most `limit`. No data are needed.

    options  as for `fit`, as far as they say what the spec means (call, std_lv, fixed_x, ...)

    Labelled and fixed paths stay as they are, and no loop is made. Raises SpecError for a faulty spec, ModelError for a
    model without structural part.
    """
    spec.require_valid()
    prepared = prepare_schematic(spec, **options)
    start = build_structure(prepared.table)
    fixed = _list_tied(prepared.table)
    pairs = [pair for pair in _list_pairs(start) if pair not in fixed]
    if not pairs:
        message = "the model has no free path or covariance between structural variables that could be replaced"
        raise ModelError(Diagnostic("error", "no-structure", message, hint="a path is written as y ~ x"))
    return tuple(_search(prepared, start, pairs, limit))


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


def _search(prepared: Prepared, start: Structure, pairs: list[Pair], limit: int) -> Iterator[Equivalent]:
    """Breadth first over structures that are equivalent to the first."""
    seen, found = {start}, 0
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
            if compute_relation(prepared.table, _build_table(prepared, candidate)) != "equivalent":
                continue
            queue.append(changed)
            yield Equivalent(_describe(start, changed), candidate)
            found += 1
            if found == limit:
                return


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


def settle_covariances(prepared: Prepared, spec: Spec, wanted: Structure) -> Spec | None:
    """Type what the rules would leave out, and fix at 0 what they would add; None where they stand against it."""
    variables = {name for edge in (*wanted.paths, *wanted.covariances) for name in edge}
    now = build_structure(_build_table(prepared, spec), variables)
    for pair in sorted(now.covariances - wanted.covariances, key=sorted):
        spec = parse_spec(add_term(spec, *_split(pair), modifier="0"), spec.source.name)
    for pair in sorted(wanted.covariances - now.covariances, key=sorted):
        spec = _take_out(spec, " ~~ ".join(sorted(pair)))
        spec = parse_spec(add_term(spec, *_split(pair)), spec.source.name)
    return spec if build_structure(_build_table(prepared, spec), variables) == wanted else None


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


def _build_table(prepared: Prepared, spec: Spec) -> ParameterTable:
    return replace(prepared, spec=spec).table


def _list_pairs(structure: Structure) -> list[Pair]:
    edges = [frozenset(path) for path in sorted(structure.paths)]
    return list(dict.fromkeys([*edges, *sorted(structure.covariances, key=sorted)]))


def _list_tied(table: ParameterTable) -> set[Pair]:
    """Pairs with a label, a bound or a value: what is said of them would be lost with the edge."""
    return {
        frozenset((row.lhs, row.rhs))
        for row in table.parameters
        if row.op in ("~", "~~")
        and row.lhs != row.rhs
        and (row.label or (row.free == 0 and row.exo == 0) or row.lower > -float("inf") or row.upper < float("inf"))
    }


def _describe(start: Structure, changed: Structure) -> tuple[str, ...]:
    """What is said otherwise: the paths first."""
    pairs = _list_pairs(start)
    before_after = [(start.get_edge(pair), changed.get_edge(pair)) for pair in pairs]
    return tuple(f"{before} becomes {after}" for before, after in before_after if before != after)


def write_equivalents(found: tuple[Equivalent, ...], folder: Path, stem: str) -> tuple[Path, ...]:
    """Write each as STEM-1.lav, STEM-2.lav, … into the folder, which is made where it is not there.

    Raises DataError where the place cannot be written to.
    """
    make_folder(folder)
    paths = tuple(folder / f"{stem}-{number}.lav" for number in range(1, len(found) + 1))
    for path, entry in zip(paths, found, strict=True):
        write_text(path, entry.spec.text)
    return paths
