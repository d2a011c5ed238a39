"""What of a model its rivals are about: factors with their indicators, and how the structural variables are joined."""

from collections.abc import Collection
from dataclasses import dataclass

from sem_toolkit.comparison.equivalents import Structure, build_structure
from sem_toolkit.diagnostics import Diagnostic, ModelError
from sem_toolkit.libraries import nx
from sem_toolkit.spec import ParameterTable, Spec
from sem_toolkit.spec.names import latent_variables, observed_variables
from sem_toolkit.spec.tree import BlockHeader, Formula


@dataclass(frozen=True)
class Anatomy:
    """The parts of a model, names in the order of its table.

    factors    first-order factors and their observed indicators
    higher     factors of factors
    structure  paths and covariances between the structural variables
    outer      observed variables of the structural part
    names      of all variables
    """

    factors: dict[str, tuple[str, ...]]
    higher: tuple[str, ...]
    structure: Structure
    outer: tuple[str, ...]
    names: frozenset[str]

    @property
    def paths(self) -> list[tuple[str, str]]:
        """Cause and effect of every path, in causal order of the effects where there is one."""
        order = {name: place for place, name in enumerate(self.order)}
        return sorted(self.structure.paths, key=lambda path: (order[path[1]], order[path[0]]))

    @property
    def order(self) -> list[str]:
        """Structural variables, causes before effects as far as that goes, otherwise in the order of the table."""
        known = [*self.factors, *self.higher, *self.outer]
        place = {name: number for number, name in enumerate(known)}
        graph = self.graph
        if not nx.is_directed_acyclic_graph(graph):
            return sorted(graph, key=lambda name: place.get(name, len(place)))
        return list(nx.lexicographical_topological_sort(graph, key=lambda name: place.get(name, len(place))))

    @property
    def graph(self) -> "nx.DiGraph[str]":
        """The paths among the structural variables."""
        graph: nx.DiGraph[str] = nx.DiGraph()
        graph.add_nodes_from(name for name in (*self.factors, *self.higher, *self.outer))
        graph.add_edges_from(self.structure.paths)
        return graph

    def is_joined(self, one: str, other: str) -> bool:
        """Whether two variables are joined by a path or a covariance."""
        paths = self.structure.paths
        return (one, other) in paths or (other, one) in paths or frozenset((one, other)) in self.structure.covariances

    def pick_name(self, wanted: str, also_taken: Collection[str] = ()) -> str:
        """The wanted name for a new factor, or one like it that is not taken yet."""
        taken = {*self.names, *also_taken}
        while wanted in taken:
            wanted += "_factor"
        return wanted


def dissect(table: ParameterTable, spec: Spec) -> Anatomy:
    """The anatomy of a model. Raises ModelError for specs whose parts cannot be told (blocks, exploratory factors)."""
    if any(isinstance(statement, BlockHeader) for statement in spec.statements):
        message = "rivals are derived from specs without blocks, and this one has some"
        hint = "write one text for all groups, and name them: --group COLUMN"
        raise ModelError(Diagnostic("error", "blocks-in-spec", message, hint=hint))
    rows = [row for row in table.parameters if row.group == 1]
    formulas = [statement for statement in spec.statements if isinstance(statement, Formula)]
    if any(modifier.kind == "efa" for f in formulas for term in f.left for modifier in term.modifiers):
        message = "rivals are derived from confirmatory factors, and this spec has exploratory ones (efa)"
        raise ModelError(Diagnostic("error", "efa-in-spec", message, hint="type the loadings that are meant"))
    latent = set(latent_variables(table))
    indicators: dict[str, list[str]] = {}
    for row in rows:
        if row.op == "=~" and row.rhs != row.lhs:
            indicators.setdefault(row.lhs, []).append(row.rhs)
    factors = {name: tuple(dict.fromkeys(found)) for name, found in indicators.items() if not latent & {*found}}
    higher = tuple(name for name in indicators if name not in factors)
    structure = build_structure(table)
    outer = {name for path in structure.paths for name in path} - set(factors) - set(higher)
    ordered = tuple(name for name in (*observed_variables(table), *latent_variables(table)) if name in outer)
    names = {name for row in rows for name in (row.lhs, row.rhs) if name}
    return Anatomy(factors, higher, structure, ordered, frozenset(names))
