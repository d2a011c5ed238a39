"""Factors above the row of indicators that they share: growth curves and variance components.

Growth factors load on all occasions (Bollen and Curran 2006); the components of a phenotype (A, C, E of twins, Neale
and Cardon 1992) stand over it, those of the second twin mirrored.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sem_toolkit.diagram.content.figure import Cell, Figure, Side
from sem_toolkit.diagram.content.structure import Structure
from sem_toolkit.diagram.figures.controls import place_in_row
from sem_toolkit.libraries import nx

LEAST_SHARE = 0.6
"""Growth factors load on at least this share of the occasions each."""

MOST_GROWTH_FACTORS = 4

MOST_MEASURED = 2
"""The most causes and effects of growth that have indicators of their own, above them."""

MOST_IN_ROW = 4
"""More variance components of a part than this stand in two rows, where they do not all load on the same measures."""

MOST_BETWEEN = 3
"""The most causes and effects of two processes that grow side by side."""


@dataclass(frozen=True)
class Fan:
    """Factors and the indicators (or first-order factors) that they share, in the order of the model."""

    factors: tuple[str, ...]
    items: tuple[str, ...]

    @property
    def width(self) -> float:
        """Columns that the fan takes, counted between the outermost."""
        return float(max(len(self.items) - 1, self.spread * (len(self.factors) - 1)))

    @property
    def spread(self) -> float:
        """Columns between two factors."""
        return max(1.0, (len(self.items) - 1) / max(1, len(self.factors)))

    def place(self, left: float, factor_row: float, item_row: float, mirrored: bool = False) -> dict[str, Cell]:
        """Cells with the leftmost column at `left`."""
        middle = left + self.width / 2
        factors, items = (self.factors[::-1], self.items[::-1]) if mirrored else (self.factors, self.items)
        cells = {
            name: (middle + self.spread * (k - (len(factors) - 1) / 2), factor_row) for k, name in enumerate(factors)
        }
        gap = self.width / len(self.items) if len(self.items) < len(self.factors) else 1.0
        return cells | {name: (middle + gap * (k - (len(items) - 1) / 2), item_row) for k, name in enumerate(items)}


def find_fans(structure: Structure) -> list[Fan]:
    """The connected parts of the loadings in which factors share what they load on; others are left out."""
    graph: nx.Graph[str] = nx.Graph()
    graph.add_edges_from(structure.loadings)
    targets = {item for _, item in structure.loadings}
    higher = {factor for factor, item in structure.loadings if item in structure.ranks}
    # First-order factors of higher-order ones are what is shared; their own indicators go with them.
    graph.remove_edges_from([(f, i) for f, i in structure.loadings if higher and f not in higher])
    fans = []
    for part in nx.connected_components(graph):
        factors = tuple(name for name in structure.cores if name in part and name not in targets)
        items = tuple(dict.fromkeys(item for factor, item in structure.loadings if factor in factors))
        if len(factors) > 1 and len(items) == len(part) - len(factors):
            fans.append(Fan(factors, items))
    return fans


def recognise_growth(structure: Structure) -> Figure | None:
    """Growth factors over their occasions; one process, or two that mirror each other."""
    fans = find_fans(structure)
    shared = {name for fan in fans for name in (*fan.factors, *fan.items)}
    if not 1 <= len(fans) <= 2 or not all(_is_growth(fan, structure) for fan in fans):
        return None
    extra = [name for name in structure.cores if name not in shared]
    if len(fans) == 2:
        return _arrange_two(structure, fans, extra)
    (fan,) = fans
    satellites = [(name, at) for at, names in structure.satellites.items() for name in names]
    measured = [name for name in extra if structure.indicators.get(name)]
    if len(extra) > 6 or len(measured) > MOST_MEASURED:
        return None
    first = 1.0 if extra else 0.0
    cells = fan.place(0.0, first, first + 1)
    outer: dict[str, Side] = dict.fromkeys(fan.factors, "top")
    outer |= dict.fromkeys(fan.items, "bottom")
    if extra and len(fan.factors) == 2:
        # Between them runs their covariance, above them paths arrive.
        outer |= {fan.factors[0]: "left", fan.factors[-1]: "right"}
    # What predicts the growth factors stands left of what they predict.
    extra.sort(key=lambda name: structure.ranks[name])
    step = max(1.0, fan.width / max(1, len(extra)))
    for k, name in enumerate(extra):
        cells[name] = (fan.width / 2 + step * (k - (len(extra) - 1) / 2), 0.0)
        outer[name] = "top"
    for name, at in satellites:
        if at not in cells or len(structure.satellites[at]) > 1:
            return None
        cells[name] = (cells[at][0], first + 2)
        outer[name] = "bottom"
    sides: dict[str, Side] = {name: "bottom" for name in fan.items if structure.indicators.get(name)}
    return Figure("growth", cells, sides | dict.fromkeys(measured, "top"), outer)


def _is_growth(fan: Fan, structure: Structure) -> bool:
    reach = [sum(factor == name for name, item in structure.loadings if item in fan.items) for factor in fan.factors]
    enough = all(count >= LEAST_SHARE * len(fan.items) for count in reach)
    return enough and len(fan.items) >= 3 and len(fan.factors) <= min(MOST_GROWTH_FACTORS, len(fan.items))


def _arrange_two(structure: Structure, fans: Sequence[Fan], extra: Sequence[str]) -> Figure | None:
    if (
        structure.satellites
        or len(extra) > MOST_BETWEEN
        or any(item in structure.ranks for fan in fans for item in fan.items)
    ):
        return None
    width = max(fan.width for fan in fans)
    above, below = fans
    factors = {*above.factors, *below.factors}
    touched = {name for link in structure.links if set(link) & set(extra) for name in link} - set(extra)
    inside = bool(extra) and touched <= factors
    last = 4.0 if inside else 3.0
    cells = above.place((width - above.width) / 2, 1.0, 0.0) | below.place((width - below.width) / 2, last - 1, last)
    outer: dict[str, Side] = dict.fromkeys(above.items, "top")
    outer |= dict.fromkeys(below.items, "bottom")
    for names in (above.factors, below.factors):
        outer |= {**dict.fromkeys(names, "right"), names[0]: "left"}
    if inside:
        # Between the two rows of factors straight paths reach all of them.
        extra = sorted(extra, key=lambda name: structure.ranks[name])
        step = max(above.spread, below.spread) if len(extra) < MOST_BETWEEN else 1.0
        return Figure("growth", cells | place_in_row(extra, width / 2, 2.0, step), {}, outer)
    for k, name in enumerate(extra):
        cells[name] = (-1.0, 1.5 + k - (len(extra) - 1) / 2)
    return Figure("growth", cells, {}, outer)


def recognise_components(structure: Structure) -> Figure | None:
    """Variance components over their phenotypes: as many factors as measures or more, in parts beside each other.

    A latent phenotype (common pathway, Neale and Cardon 1992) has its measures below it.
    """
    fans = find_fans(structure)
    shared = {name for fan in fans for name in (*fan.factors, *fan.items)}
    if not 1 <= len(fans) <= 4 or set(structure.links) - set(structure.loadings) or set(structure.cores) - shared:
        return None
    if any(len(fan.factors) < len(fan.items) or len(fan.items) > 3 for fan in fans):
        return None
    cells: dict[str, Cell] = {}
    outer: dict[str, Side] = {}
    sides: dict[str, Side] = {}
    left = 0.0
    for k, fan in enumerate(fans):
        measured = [name for name in fan.items if structure.indicators.get(name)]
        common, rest = _split_components(fan, structure) if not measured else (fan, ())
        mirrored = len(fans) == 2 and k == 0
        width = max(common.width, len(rest) - 1.0)
        above = common.place(left + (width - common.width) / 2, 0.0, 1.0, mirrored)
        single = all(sum(a == factor for a, _ in structure.loadings) == 1 for factor in rest)
        # Each measure stands beside the components that are its own.
        wider = len(rest) / len(fan.items) if single and len(rest) >= 2 * len(fan.items) else 1.0
        middle = left + width / 2
        cells |= {name: (middle + wider * (column - middle), row) for name, (column, row) in above.items()}
        cells |= place_in_row(rest[::-1] if mirrored else rest, left + width / 2, 2.0)
        outer |= dict.fromkeys(common.factors, "top")
        outer |= dict.fromkeys(rest or fan.items, "bottom")
        sides |= dict.fromkeys((*common.factors, *measured), "bottom")
        sides |= dict.fromkeys(rest, "top")
        left += width + 1.5
    return Figure("components", cells, sides, outer)


def _split_components(fan: Fan, structure: Structure) -> tuple[Fan, tuple[str, ...]]:
    """The components above their measures, and those below.

    Of many, such as the Cholesky decomposition of two phenotypes, those that load on fewer measures stand below.
    """
    reach = {factor: sum(a == factor for a, _ in structure.loadings) for factor in fan.factors}
    rest = tuple(factor for factor in fan.factors if reach[factor] < max(reach.values()))
    if len(fan.factors) <= MOST_IN_ROW or not rest:
        # Those that load on the later measures alone stand above these.
        first = {
            factor: min(fan.items.index(b) for a, b in structure.loadings if a == factor) for factor in fan.factors
        }
        return Fan(tuple(sorted(fan.factors, key=lambda factor: first[factor])), fan.items), ()
    return Fan(tuple(factor for factor in fan.factors if factor not in rest), fan.items), rest
