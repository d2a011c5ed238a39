"""Items, tables and factors by names that a reader knows: every code stands beside what it means."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sem_toolkit.study.published import PrintedTable

_FACTORS = {"technology_market": "technology–market synergy", "resource": "resource guarantee"}


@dataclass(frozen=True)
class Names:
    """What codes mean.

    items   code of an item or score → its meaning
    tables  name of a printed table → what it is about
    """

    items: Mapping[str, str]
    tables: Mapping[str, str]

    def name_item(self, code: str) -> str:
        """ "own funds (a10)"; a factor in words; what is not known as it is."""
        if code == "constant":
            return code
        meaning = self.items.get(code)
        return name_factor_in_words(code) if meaning is None else f"{meaning} ({code})"

    def name_items(self, codes: Iterable[str]) -> str:
        """Several in one line."""
        return ", ".join(map(self.name_item, codes))

    def name_table(self, name: str) -> str:
        """ "4-6 capital, preclinical"; without a number where the table has none."""
        about = self.tables.get(name, "")
        if not is_numbered(name):
            return f"{about or name} (text only)"
        return f"{name} {about}".rstrip()


def is_numbered(table: str) -> bool:
    """Whether a table was printed under a number; else its name is ours."""
    return table[:1].isdigit()


def name_factor_in_words(name: str) -> str:
    """A factor's or scale's name in words: network_preclinical → network, preclinical."""
    return _FACTORS.get(name) or name.replace("_", ", ", 1).replace("_", " ")


def build_names(tables: Sequence[PrintedTable], labels: Mapping[str, str] | None = None) -> Names:
    """Names of a publication's predictors and tables.

    labels  item → short name in the codebook, for items that are in no printed table
    """
    items = {code: _lower(label) for code, label in (labels or {}).items()}
    for table in tables:
        items |= {row.term: row.meaning for row in table.predictors if row.meaning}
    about = {table.name: ", ".join(word for word in (table.block, table.stage) if word not in ("", "all"))
             for table in tables}  # fmt: skip
    return Names(items, about)


def _lower(label: str) -> str:
    """The label within a sentence: "Own funds" → "own funds", "CROs" as it is."""
    return label if label[1:2].isupper() else label[:1].lower() + label[1:]
