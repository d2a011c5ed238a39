"""The factors of a table, as far as they could be something else: indicators, what is said of loadings, and ties."""

from collections.abc import Iterable
from dataclasses import dataclass

from sem_toolkit.caching import cached_property
from sem_toolkit.comparison.equivalents.structural import Pair, build_structure, list_tied
from sem_toolkit.spec import ParameterTable
from sem_toolkit.spec.table import Parameter


@dataclass(frozen=True)
class Factors:
    """The measurement of the first group of a table."""

    table: ParameterTable

    @cached_property
    def rows(self) -> list[Parameter]:
        """The parameters of the first group."""
        return [row for row in self.table.parameters if row.group == 1]

    @cached_property
    def indicators(self) -> dict[str, tuple[str, ...]]:
        """What each factor is measured by, in the order of the table."""
        found: dict[str, list[str]] = {}
        for row in self.rows:
            if row.op == "=~":
                found.setdefault(row.lhs, []).append(row.rhs)
        return {name: tuple(dict.fromkeys(items)) for name, items in found.items()}

    @cached_property
    def items(self) -> frozenset[str]:
        """Observed indicators."""
        return frozenset(name for found in self.indicators.values() for name in found) - self.indicators.keys()

    @cached_property
    def tied(self) -> set[Pair]:
        """Pairs with a label, a bound or a value."""
        return list_tied(self.table)

    def get_loadings(self, factor: str) -> list[Parameter]:
        """The rows of a factor's loadings."""
        return [row for row in self.rows if row.op == "=~" and row.lhs == factor]

    def list_owners(self, name: str) -> list[str]:
        """Factors that a variable measures."""
        return [factor for factor, found in self.indicators.items() if name in found]

    def has_plain_loadings(self, factor: str) -> bool:
        """Whether nothing is said of the loadings but which of them, or the variance, gives the scale."""
        rows = self.get_loadings(factor)
        fixed = [row for row in rows if not row.free]
        return len(fixed) < 2 and all(row.ustart == 1.0 for row in fixed) and not any(row.label for row in rows)

    def is_alone(self, factor: str) -> bool:
        """Whether a factor is neither cause nor effect of another variable, nor covaries with one."""
        structure = build_structure(self.table)
        if any(factor in path for path in structure.paths) or self.list_owners(factor):
            return False
        return not any(factor in pair for pair in self.list_covariances())

    def list_covariances(self, among: Iterable[str] | None = None) -> list[Pair]:
        """Pairs with a free covariance, of all variables or among those named, in the order of the table."""
        wanted = None if among is None else set(among)
        return [
            frozenset((row.lhs, row.rhs))
            for row in self.rows
            if row.op == "~~" and row.lhs != row.rhs and row.free and (wanted is None or {row.lhs, row.rhs} <= wanted)
        ]

    def pick_name(self, wanted: str) -> str:
        """The wanted name for a new factor, or one like it that is not taken yet."""
        taken = {name for row in self.rows for name in (row.lhs, row.rhs)}
        while wanted in taken:
            wanted += "_factor"
        return wanted
