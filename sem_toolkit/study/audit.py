"""Audit of printed regression tables: do the figures agree with one another once rounding is allowed for?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sem_toolkit.libraries import pd
from sem_toolkit.study.checks import Check, Verdict
from sem_toolkit.study.published import Publication, read_publication
from sem_toolkit.study.relations import find_compatible_n
from sem_toolkit.study.statement_checks import check_statements
from sem_toolkit.study.table_checks import check_table, format_sizes


@dataclass(frozen=True)
class Audit:
    """All checks of a publication.

    checks        in the order of the tables, those of the text's statements last
    compatible_n  table → every sample size (of `list_sample_sizes`) for which its R², adjusted R² and F (and, with one
                  predictor, Beta and t) agree; empty where none does
    stated_n      table → the sample size that the text gives, None where it gives none
    """

    checks: tuple[Check, ...]
    compatible_n: Mapping[str, tuple[int, ...]]
    stated_n: Mapping[str, int | None]

    @property
    def common_n(self) -> tuple[int, ...]:
        """Sample sizes compatible with every table."""
        sets = [set(sizes) for sizes in self.compatible_n.values()]
        return tuple(sorted(set.intersection(*sets))) if sets else ()

    def select(self, verdict: Verdict) -> tuple[Check, ...]:
        """The checks with one verdict."""
        return tuple(check for check in self.checks if check.verdict == verdict)

    def to_frame(self) -> pd.DataFrame:
        """One row a check: table, check, subject, verdict, printed, implied, reason."""
        return pd.DataFrame([vars(check) for check in self.checks], columns=list(Check.__dataclass_fields__))

    def summary(self) -> str:
        """Text of a few lines: counts of verdicts, sample sizes, and each check that is not consistent."""
        counted = Counter(check.verdict for check in self.checks)
        lines = [
            f"{len(self.checks)} checks: {counted['consistent']} consistent, {counted['inconsistent']} inconsistent, "
            f"{counted['not decidable']} not decidable",
            *(_format_n(table, sizes, self.stated_n[table]) for table, sizes in self.compatible_n.items()),
        ]
        lines += [
            f"{check.verdict}: {f'Table {check.table}, ' if check.table else ''}{check.check}, "
            f"{check.subject}: {check.reason}"
            for verdict in ("inconsistent", "not decidable")
            for check in self.select(verdict)
            if not self._is_part_of_another(check)
        ]
        return "\n".join(lines)

    def _is_part_of_another(self, check: Check) -> bool:
        """The sample size from two figures is not worth a line where all figures together have the same verdict."""
        return check.check.startswith("n from R²") and any(
            other.check == "n from all figures" and (other.table, other.verdict) == (check.table, check.verdict)
            for other in self.checks
        )


def audit_publication(publication: Publication) -> Audit:
    """Check every table and statement of a publication; never raises for what is printed."""
    compatible_n = {table.name: find_compatible_n(table) for table in publication.tables}
    checks = [check for table in publication.tables for check in check_table(table, compatible_n[table.name])]
    checks += check_statements(publication)
    stated_n = {table.name: table.n_stated for table in publication.tables}
    return Audit(tuple(checks), compatible_n, stated_n)


def run_audit(path: Path) -> Audit:
    """Audit a folder of transcribed tables or one CSV file (layout: data/README.md).

    Raises DataError naming row and column where the file cannot be read.
    """
    return audit_publication(read_publication(path))


def _format_n(table: str, sizes: tuple[int, ...], stated: int | None) -> str:
    implied = format_sizes(sizes) if sizes else "none"
    return f"Table {table}: figures agree for n = {implied}" + (f" (stated: {stated})" if stated else "")
