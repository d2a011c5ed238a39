"""A spec as an editor holds it: text, statements, table, and the columns of the data that its header names."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path

from sem_toolkit.caching import cached_property
from sem_toolkit.diagnostics import Diagnostic, SemError
from sem_toolkit.fit import prepare_schematic
from sem_toolkit.fit.prepared import Prepared
from sem_toolkit.sample import Door, list_known_names, open_table
from sem_toolkit.spec import ParameterTable, Spec, check_spec, parse_spec
from sem_toolkit.spec.specs import parse_text_of_file

_MOST_IDENTIFIED = 200
"""Parameters above which identification takes longer than a key stroke may."""


@dataclass(frozen=True)
class Columns:
    """The names of the columns of data files, read once for each state of a file."""

    memory: dict[tuple[str, float, int], tuple[str, ...]] = field(default_factory=dict)

    def read(self, path: Path, door: Door | None = None) -> tuple[str, ...] | None:
        """The names that a spec may use; None where the file cannot be read."""
        try:
            state = path.stat()
            key = (str(path), state.st_mtime, state.st_size)
            if key not in self.memory:
                frame = open_table(path, door)
                self.memory[key] = tuple(list_known_names(tuple(map(str, frame.columns))))
            return self.memory[key]
        except (OSError, SemError):
            return None


@dataclass(frozen=True, eq=False)
class Document:
    """One state of a text; another state is another document.

    path     the file that the text is of; None where it has none yet
    require  raises SemError for a file named in the text that may not be read; None leaves all that can be read
    other_data  the file of the data where the header names none
    """

    text: str
    path: Path | None = None
    known: Columns = field(default_factory=Columns)
    require: Callable[[Path], object] | None = None
    other_data: Path | None = None

    @cached_property
    def own(self) -> Spec:
        """The text by itself, without what it includes: what names and places in the editor are found in."""
        return parse_text_of_file(self.text, self.path, expand=False)

    @cached_property
    def spec(self) -> Spec:
        """The spec with what it includes; a fault of these files leaves the text by itself."""
        return self._expanded[0]

    @cached_property
    def _expanded(self) -> tuple[Spec, tuple[Diagnostic, ...]]:
        if not self.own.header.include:
            return self.own, ()
        if self.path is None:
            return parse_spec(self.text), ()
        try:
            return parse_text_of_file(self.text, self.path, require=self.require), ()
        except SemError as fault:
            return self.own, fault.diagnostics

    @cached_property
    def prepared(self) -> Prepared | None:
        """The model without data; None where options of the header are faulty."""
        return self._prepared[0]

    @cached_property
    def _prepared(self) -> tuple[Prepared | None, tuple[Diagnostic, ...]]:
        try:
            return prepare_schematic(self.spec), ()
        except SemError as fault:
            return None, fault.diagnostics

    @cached_property
    def data(self) -> Path | None:
        """The file of the data that the header names, or else the one given, where it is there."""
        if not self.spec.header.data:
            return self.other_data
        path = (self.path.parent if self.path is not None else Path()) / self.spec.header.data
        try:
            if self.require is not None:
                self.require(path)
            return path if path.is_file() else None
        except (OSError, ValueError, SemError):
            return None

    @cached_property
    def columns(self) -> tuple[str, ...] | None:
        """Names of the columns of the data; None where there are none to read."""
        if self.data is None or self.prepared is None:
            return None
        return self.known.read(self.data, self.prepared.options.door)

    @cached_property
    def table(self) -> ParameterTable | None:
        """The model expanded by lavaan's rules; None where errors leave none."""
        return self.meaning[0]

    @cached_property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """All that is wrong with the text, its table and its names, as `sem-toolkit check` says it."""
        return self._checked

    @cached_property
    def meaning(self) -> tuple[ParameterTable | None, tuple[Diagnostic, ...]]:
        """The table, and what is wrong with the text, the table and its names; identification is not looked at."""
        prepared, faults = self._prepared
        faults = (*self._expanded[1], *faults)
        if prepared is None:
            return None, tuple(dict.fromkeys((*self.spec.diagnostics, *faults)))
        columns: Collection[str] | None = self.columns
        if columns is not None:
            columns = [*columns, *(parcel.name for parcel in prepared.options.parcel)]
        checked = check_spec(self.spec, prepared.options.table, prepared.groups, columns)
        return checked.table, tuple(dict.fromkeys((*checked.diagnostics, *faults)))

    @cached_property
    def _checked(self) -> tuple[Diagnostic, ...]:
        table, found = self.meaning
        if table is None or not self.has_meaning:
            return found
        assert self.prepared is not None  # noqa: S101 - it has a table
        return tuple(dict.fromkeys((*found, *self._check_identification(self.prepared, table))))

    @property
    def has_meaning(self) -> bool:
        """Whether the text has a table and no faults; the model may still not be identified."""
        table, found = self.meaning
        return table is not None and not any(entry.severity == "error" for entry in found)

    def _check_identification(self, prepared: Prepared, table: ParameterTable) -> tuple[Diagnostic, ...]:
        if sum(1 for row in table.parameters if row.free) > _MOST_IDENTIFIED:
            return ()
        try:
            return tuple(prepared.identification.diagnostics)
        except SemError as fault:
            return fault.diagnostics

    @cached_property
    def latent(self) -> frozenset[str]:
        """Names of factors and composites."""
        return frozenset(
            term.variable
            for statement in self.spec.statements
            if getattr(statement, "operator", "") in {"=~", "<~"}
            for term in statement.left  # type: ignore[union-attr]
        )
