"""Steps of invariance for ordered items: a table of the configural step becomes that of a step with equalities.

The response behind an ordered item has no scale of its own, so that what identifies it changes from step to step:
thresholds that are equal let the intercept and then the residual variance of the other groups or waves go free, and
equal intercepts and residual variances are the 0 and 1 of the first.

Sources: Wu & Estabrook (2016), Psychometrika 81, 1014-1045; Millsap & Yun-Tein (2004), Multivariate Behavioral Research
39, 479-515; B. Muthén & Asparouhov (2002), Mplus Web Note 4, for the third convention.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from sem_toolkit.caching import cached_property
from sem_toolkit.comparison.invariance.steps import Identification
from sem_toolkit.spec.table import Operator, Parameter, ParameterTable
from sem_toolkit.spec.written import find_ties

Site = tuple[int, str]
"""Block and name of a variable in one group or at one wave."""
Key = tuple[int, str, Operator, str]
"""Block, lhs, op and rhs of a parameter."""


@dataclass(frozen=True)
class Correspondence:
    """What is the same in every group or at every wave: entries of a tuple correspond, the first place first.

    items     ordered and continuous ones; factors; loadings  (factor's site, item's site) at each place
    """

    items: tuple[tuple[Site, ...], ...]
    factors: tuple[tuple[Site, ...], ...]
    loadings: tuple[tuple[tuple[Site, Site], ...], ...]


@dataclass(frozen=True, eq=False)
class OrdinalSteps:
    """Makes the table of a step from that of the configural step, by a convention of identification."""

    table: ParameterTable
    across: Correspondence
    identification: Identification = "wu"

    @cached_property
    def rows(self) -> dict[Key, Parameter]:
        """The parameters of the configural step; a covariance is found either way round."""
        found: dict[Key, Parameter] = {}
        for row in self.table.parameters:
            found[row.block, row.lhs, row.op, row.rhs] = row
            if row.op == "~~":
                found[row.block, row.rhs, row.op, row.lhs] = row
        return found

    @cached_property
    def counts(self) -> dict[str, int]:
        """Number of thresholds of every ordered item."""
        return {
            name: sum(row.op == "|" and row.lhs == name and row.block == block for row in self.table.parameters)
            for sites in self.across.items
            for block, name in sites
            if (block, name, "|", "t1") in self.rows
        }

    @property
    def _residual(self) -> Operator:
        """How the spread of a response is written: as a residual variance (theta) or as a scale (delta)."""
        return "~~" if self.table.parameterization == "theta" else "~*~"

    def list_classes(self, equal: Collection[str]) -> list[list[Key]]:
        """What these words of `group_equal` hold equal: of every parameter its keys in all groups or waves."""
        equal = self._complete(equal)
        classes: list[list[Key]] = []
        for sites in self.across.items:
            is_ordered = sites[0][1] in self.counts
            classes += [
                [(block, name, "|", f"t{number}") for block, name in sites]
                for number in range(1, self.counts.get(sites[0][1], 0) + 1)
                if "thresholds" in equal or self._is_anchor(sites[0], number)
            ]
            if "intercepts" in equal:
                classes.append([(block, name, "~1", "") for block, name in sites])
            if "residuals" in equal:
                operator = self._residual if is_ordered else "~~"
                classes.append([(block, name, operator, name) for block, name in sites])
        if "loadings" in equal:
            classes += [[(f[0], f[1], "=~", item[1]) for f, item in pairs] for pairs in self.across.loadings]
        for place, sites in enumerate(self.across.factors):
            if "lv.variances" in equal:
                classes.append([(block, name, "~~", name) for block, name in sites])
            if "means" in equal:
                classes.append([(block, name, "~1", "") for block, name in sites])
            if "lv.covariances" in equal:
                for others in self.across.factors[place + 1 :]:
                    pairs = zip(sites, others, strict=True)
                    classes.append([(one[0], one[1], "~~", other[1]) for one, other in pairs])
        return [keys for keys in classes if all(key in self.rows for key in keys)]

    def build(self, equal: Collection[str], partial: Collection[str]) -> ParameterTable:
        """The table of a step that holds these equal, but for the parameters named by those of the first place."""
        kept = [
            keys for keys in self.list_classes(equal) if self.name(keys) not in partial or not self.is_releasable(keys)
        ]
        classes = {self.name(keys): keys for keys in kept}
        changed: dict[str, Parameter] = {}
        ties: list[Parameter] = []
        for key in self._list_freed({*classes}):
            row = self.rows[key]
            changed[row.plabel] = row._replace(free=1, ustart=None)
        for keys in classes.values():
            rows = [self.rows[key] for key in keys]
            for row in rows[1:]:
                changed[row.plabel] = row._replace(free=rows[0].free, ustart=rows[0].ustart)
                if rows[0].free and row.plabel != rows[0].plabel:
                    ties.append(Parameter(rows[0].plabel, "==", row.plabel, user=2, block=0, group=0))
        rows_ = [changed.get(row.plabel, row) if row.plabel else row for row in self.table.rows]
        return replace(self.table, rows=(*rows_, *ties))

    def name(self, keys: Sequence[Key]) -> str:
        """A class as `group_partial` has it: by the parameter of the first place."""
        row = self.rows[keys[0]]
        return f"{row.lhs}{row.op}{row.rhs}"

    def is_releasable(self, keys: Sequence[Key]) -> bool:
        """Whether a class may be left free; not so thresholds that set the scale of their response."""
        block, item, operator, place = keys[0]
        return operator != "|" or not self._is_anchor((block, item), int(place[1:]))

    def is_equal_in(self, table: ParameterTable, keys: Sequence[Key]) -> bool:
        """Whether another table of the same model holds these equal: tied to one another, or fixed at one value."""
        rows = {(row.block, row.lhs, row.op, row.rhs): row for row in table.parameters}
        ties = find_ties(table)
        members = [rows.get(key) or rows[key[0], key[3], key[2], key[1]] for key in keys]
        if any(row.free for row in members):
            return all(row.free for row in members) and len({ties[row.plabel] for row in members}) == 1
        return len({row.ustart or 0.0 for row in members}) == 1

    def _complete(self, equal: Collection[str]) -> Collection[str]:
        """The words with intercepts among them where these are 0 throughout, and thresholds stand for them."""
        stands = self.identification != "wu" and {"thresholds", "loadings"} <= {*equal}
        return (*equal, "intercepts") if stands else equal

    def _is_anchor(self, item: Site, number: int) -> bool:
        """Whether Millsap and Yun-Tein hold a threshold equal always: each item's first, of markers the second too."""
        if self.identification != "millsap":
            return False
        return number == 1 or (number == 2 and item[1] in self._markers)

    @cached_property
    def _markers(self) -> frozenset[str]:
        """Items of the first place whose loading is fixed at 1."""
        rows = [self.rows[pairs[0][0][0], pairs[0][0][1], "=~", pairs[0][1][1]] for pairs in self.across.loadings]
        return frozenset(row.rhs for row in rows if not row.free and row.ustart == 1.0)

    def _list_freed(self, held: Collection[str]) -> list[Key]:
        """What equalities let go free after the first place, where the user has not typed it."""
        freed: list[Key] = []
        settled: set[str] = set()
        for sites in self.across.items:
            first = sites[0][1]
            same_intercept = f"{first}~1" in held
            shared = sum(f"{first}|t{number}" in held for number in range(1, self.counts.get(first, 0) + 1))
            if same_intercept and (shared or first not in self.counts):
                settled.add(first)
            if first not in self.counts:
                continue
            for block, name in sites[1:]:
                if self.identification == "wu" and shared and not same_intercept:
                    freed.append((block, name, "~1", ""))
                enough = 1 if same_intercept or self.identification != "wu" else 2
                if shared >= enough and f"{first}{self._residual}{first}" not in held:
                    freed.append((block, name, self._residual, name))
        for sites in self.across.factors:
            pairs = [pairs for pairs in self.across.loadings if pairs[0][0] == sites[0]]
            scaled = any(f"{sites[0][1]}=~{entry[0][1][1]}" in held for entry in pairs)
            located = any(entry[0][1][1] in settled for entry in pairs) or self.identification == "millsap"
            for block, name in sites[1:]:
                if scaled:
                    freed.append((block, name, "~~", name))
                if located:
                    freed.append((block, name, "~1", ""))
        return [key for key in freed if key in self.rows and not self.rows[key].user]
