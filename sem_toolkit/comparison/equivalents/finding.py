"""All equivalent models that are looked for, in the order of what they change, and their files."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path

from sem_toolkit.comparison.equivalents.equivalent import FAMILIES, Equivalent, Family
from sem_toolkit.comparison.equivalents.measurement import list_factor_moves
from sem_toolkit.comparison.equivalents.reversed_indicators import list_reversed_indicators
from sem_toolkit.comparison.equivalents.structural import build_table_of, list_replaceable, search_structures
from sem_toolkit.comparison.relation import compute_relation
from sem_toolkit.diagnostics import Diagnostic, ModelError, SemError
from sem_toolkit.files import make_folder, write_text
from sem_toolkit.fit import Prepared, prepare_schematic
from sem_toolkit.fit.prepared import list_exogenous
from sem_toolkit.sample.sample import FULL_INFORMATION
from sem_toolkit.spec import Spec


def find_equivalents(
    spec: Spec, limit: int = 20, families: Sequence[Family] = FAMILIES, **options: object
) -> tuple[Equivalent, ...]:
    """At most `limit` equivalent models. No data are needed.

    families  "measurement": factors of factors, two-item factors, testlets, reversed indicators; "structure": other
              directions among the structural variables, those with the fewest changes first
    options   as for `fit`, as far as they say what the spec means (call, std_lv, fixed_x, ...)

    Labelled and fixed parameters stay as they are, and no loop is made. Each model is proved equivalent by NET at
    several random populations of either. Raises SpecError for a faulty spec, ModelError where there is nothing to
    replace.
    """
    spec.require_valid()
    return find_equivalents_of(prepare_schematic(spec, **options), limit, families)


def find_equivalents_of(prepared: Prepared, limit: int, families: Sequence[Family]) -> tuple[Equivalent, ...]:
    """The same of a spec that is prepared."""
    listed = islice(_list_all(prepared, families), limit)
    found = tuple(_tell_rows(prepared, entry) for entry in listed)
    if not found and not list_replaceable(prepared.table):
        message = "the model has no free path or covariance between structural variables that could be replaced"
        if "measurement" in families:
            message += ", and nothing in its measurement that could be another thing"
        raise ModelError(Diagnostic("error", "no-structure", message, hint="a path is written as y ~ x"))
    return found


def _tell_rows(prepared: Prepared, entry: Equivalent) -> Equivalent:
    """The entry, and that its fit is another where other variables are exogenous and lack answers.

    Full information leaves out rows without an exogenous variable (ml), or takes its moments from the saturated model,
    which are not those that are likeliest under another one (ml.x).
    """
    if prepared.options.missing not in FULL_INFORMATION:
        return entry
    before, after = (list_exogenous(table) for table in (prepared.table, build_table_of(prepared, entry.spec)))
    if set(before) == set(after):
        return entry
    names = ", ".join(sorted({*before} ^ {*after}))
    rows = f"where no row lacks {names}, or with fixed_x = false"
    return replace(entry, caveat="; ".join(filter(None, [entry.caveat, rows])))


def write_equivalents(found: tuple[Equivalent, ...], folder: Path, stem: str) -> tuple[Path, ...]:
    """Write each as STEM-1.lav, STEM-2.lav, … into the folder, which is made where it is not there.

    Raises DataError where the place cannot be written to.
    """
    make_folder(folder)
    paths = tuple(folder / f"{stem}-{number}.lav" for number in range(1, len(found) + 1))
    for path, entry in zip(paths, found, strict=True):
        write_text(path, entry.spec.text)
    return paths


def _list_all(prepared: Prepared, families: Sequence[Family]) -> Iterator[Equivalent]:
    """Other factors first, as there are few of them; then directions; then the many items that could be causes."""
    if "measurement" in families:
        yield from prove(prepared, list_factor_moves(prepared))
    if "structure" in families:
        yield from search_structures(prepared)
    if "measurement" in families:
        yield from prove(prepared, list_reversed_indicators(prepared))


def prove(prepared: Prepared, candidates: Iterator[Equivalent]) -> Iterator[Equivalent]:
    """Those of the candidates that NET finds equivalent to the given model."""
    for entry in candidates:
        try:
            relation = compute_relation(prepared.table, build_table_of(prepared, entry.spec))
        except SemError:
            continue  # the changed text is no model
        if relation == "equivalent":
            yield entry
