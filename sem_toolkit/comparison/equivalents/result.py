"""The models equivalent to a given one as a result: a table, and with data all of them fitted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sem_toolkit.caching import cached_property
from sem_toolkit.comparison.compare import Comparison, compare
from sem_toolkit.comparison.equivalents.equivalent import FAMILIES, Equivalent, Family
from sem_toolkit.comparison.equivalents.finding import find_equivalents_of
from sem_toolkit.comparison.equivalents.structural import list_labelled
from sem_toolkit.diagnostics import Diagnostic
from sem_toolkit.fit import prepare_schematic
from sem_toolkit.presented import Presented
from sem_toolkit.spec import Spec
from sem_toolkit.spec.naming import name_model

if TYPE_CHECKING:
    import pandas as pd

GIVEN = "given"
ALWAYS = "always"
_SAME = 1e-4
"""Largest difference of χ² that a search may leave between models of the same fit."""


@dataclass(frozen=True, eq=False, repr=False)
class Equivalents(Presented):
    """A model and those that no data can tell from it.

    given       the user's own spec
    entries     its equivalents, those that change least first
    complete    whether all that were looked for are among them
    comparison  given and entries (by their numbers, from 1) fitted to the same data; None without data
    labelled    paths and covariances that were not replaced, since their labels would be lost
    """

    given: Spec
    entries: tuple[Equivalent, ...]
    complete: bool
    comparison: Comparison | None = None
    labelled: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """What the models are equivalent to."""
        return name_model(self.given)

    @property
    def certified(self) -> bool:
        """Whether the given model, if it was fitted, has a certified optimum."""
        return self.comparison is None or self.comparison.models[0].certified

    @property
    def fits_alike(self) -> bool:
        """Whether all models that were fitted have the same minimum, as a χ² (2n times it)."""
        if self.comparison is None:
            return True
        fits = [fit for fit in self.comparison.fits.values() if fit.certified]
        statistics = [2.0 * fit.sample.n * fit.solution.discrepancy for fit in fits]
        return max(statistics, default=0.0) - min(statistics, default=0.0) <= _SAME

    @property
    def messages(self) -> tuple[Diagnostic, ...]:
        """What was not looked for."""
        if not self.labelled:
            return ()
        message = f"{', '.join(self.labelled)} {'have' if len(self.labelled) > 1 else 'has'} a label and stay"
        message += f"{'' if len(self.labelled) > 1 else 's'} as typed: what could replace them is not listed"
        return (Diagnostic("note", "labelled-paths-stay", message, hint="take the labels out to have it listed"),)

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row a model: model (its number), family, changes, caveat (when its fit is the same)."""
        import pandas as pd

        rows = [
            (str(number), entry.family, "; ".join(entry.changes), entry.caveat or ALWAYS)
            for number, entry in enumerate(self.entries, start=1)
        ]
        return pd.DataFrame(rows, columns=["model", "family", "changes", "caveat"])

    def to_dict(self) -> dict[str, Any]:
        """The layout of `sem-toolkit equivalents --json`."""
        entries = [
            {"changes": list(entry.changes), "family": entry.family, "caveat": entry.caveat, "spec": entry.spec.text}
            for entry in self.entries
        ]
        from sem_toolkit.diagnostics.records import build_diagnostic_record

        messages = [build_diagnostic_record(message) for message in self.messages]
        record: dict[str, Any] = {"equivalents": entries, "complete": self.complete, "messages": messages}
        return record if self.comparison is None else record | {"comparison": self.comparison.to_dict()}


def list_equivalents(
    spec: Spec,
    data: object = None,
    *,
    limit: int = 20,
    families: Sequence[Family] = FAMILIES,
    workers: int | None = 1,
    watch: Callable[[int, int], object] = lambda done, total: None,
    **options: object,
) -> Equivalents:
    """The equivalents of a model (see `find_equivalents`), with data all of them fitted (see `compare`)."""
    spec.require_valid()
    prepared = prepare_schematic(spec, **options)
    found = find_equivalents_of(prepared, limit, families)
    fitted = None
    if data is not None:
        specs = {GIVEN: spec} | {str(number): entry.spec for number, entry in enumerate(found, start=1)}
        fitted = compare(specs, data, workers=workers, watch=watch, **options)
    labelled = list_labelled(prepared.table) if "structure" in families else []
    return Equivalents(spec, found, len(found) < limit, fitted, tuple(labelled))
