"""A model in every universe of its marked choices: fitted, certified, kept as they come, and set side by side."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sem_toolkit.caching import cached_property
from sem_toolkit.comparison.multiverse.journal import open_journal
from sem_toolkit.comparison.multiverse.universes import Universe, drop_repeated, list_universes, require_conditions
from sem_toolkit.comparison.paths import build_paths_table
from sem_toolkit.comparison.side_by_side import MEASURES, SCALED, describe_fit, list_scaled
from sem_toolkit.comparison.workers import choose_workers, measure, run_all
from sem_toolkit.diagnostics import DataError, Diagnostic, SemError
from sem_toolkit.fit import Fit, Prepared, estimate, prepare
from sem_toolkit.fit.options import parse_fit_options
from sem_toolkit.fit.origins import hash_text
from sem_toolkit.fit.prepared import get_header_options
from sem_toolkit.fit.receipts import build_receipt, get_version
from sem_toolkit.fit.records import build_frame_records, clean
from sem_toolkit.inference.frames import number_groups
from sem_toolkit.presented import Presented
from sem_toolkit.sample.selection import select_rows
from sem_toolkit.spec import Spec
from sem_toolkit.spec.choices import Choice

if TYPE_CHECKING:
    import pandas as pd

Record = dict[str, Any]
Watch = Callable[[int, int], object]
_NUMBERS = (*MEASURES, *SCALED, "bic")
LEVEL = 0.05


@dataclass(frozen=True, eq=False, repr=False)
class Multiverse(Presented):
    """A model under every combination of its marked choices.

    spec     with the choices
    choices  what was chosen from
    records  one a universe, in the order of the combinations, as they are kept
    fitted   how many of them were fitted now; the others were kept from before
    given    the fit of the spec as it is, of all rows
    notes    on combinations that were left out, as they do what another does
    """

    spec: Spec
    choices: tuple[Choice, ...]
    records: tuple[Record, ...]
    fitted: int
    given: Fit
    notes: tuple[Diagnostic, ...] = ()

    @property
    def certified(self) -> bool:
        """Whether every universe has a certified answer."""
        return all(record["certified"] for record in self.records)

    @cached_property
    def table(self) -> "pd.DataFrame":
        """One row a universe: number, the choices by name, verdict, n, npar, fit measures, reason.

        Scaled measures are among them where the test of a universe is scaled.
        """
        import pandas as pd

        columns = ["verdict", "n", "npar", *_NUMBERS, "reason"]
        rows = [
            {"universe": number, **record["choices"], **{name: record.get(name) for name in columns}}
            for number, record in enumerate(self.records, start=1)
        ]
        frame = pd.DataFrame(rows)
        frame = frame.astype(dict.fromkeys((*_NUMBERS, "n", "npar"), float))
        shown = list_scaled(self.records)
        return frame.drop(columns=[name for name in SCALED if name not in shown])

    @cached_property
    def paths(self) -> "pd.DataFrame":
        """One row a path and universe with a certified answer.

        universe, path, group, est, se, pvalue, ci.lower, ci.upper, std.all and its interval std.lower, std.upper
        """
        import pandas as pd

        rows = [
            {"universe": number, **row}
            for number, record in enumerate(self.records, start=1)
            if record["certified"]
            for row in record["paths"]
        ]
        columns = ["universe", "path", "group", *_PATH_NUMBERS]
        frame = pd.DataFrame(rows, columns=columns)
        return frame.astype(dict.fromkeys(_PATH_NUMBERS, float))

    @cached_property
    def path_summary(self) -> "pd.DataFrame":
        """One row a path: universes that have it, range and median of std.all, how often it differs from 0."""
        import pandas as pd

        rows = []
        for path, own in self.paths.groupby("path", sort=False):
            values, low = own["std.all"], own["pvalue"] < LEVEL
            rows.append(
                {
                    "path": path, "universes": own["universe"].nunique(), "min": values.min(),
                    "median": values.median(), "max": values.max(), "positive, p < .05": _share(low & (own["est"] > 0)),
                    "negative, p < .05": _share(low & (own["est"] < 0)),
                }
            )  # fmt: skip
        columns = ["path", "universes", "min", "median", "max", "positive, p < .05", "negative, p < .05"]
        return pd.DataFrame(rows, columns=columns)

    def summarise_choices(self, path: str) -> "pd.DataFrame":
        """One row an alternative: median of a path's std.all under it, and how often the path differs from 0."""
        import pandas as pd

        own = self.paths[self.paths["path"] == path].merge(self.table[["universe", *self.names]], on="universe")
        rows = []
        for choice in self.choices:
            for alternative in choice.alternatives:
                part = own[own[choice.name] == alternative.label]
                rows.append(
                    {
                        "choice": choice.name, "alternative": alternative.label,
                        "universes": part["universe"].nunique(),
                        "median": part["std.all"].median(), "p < .05": _share(part["pvalue"] < LEVEL),
                    }
                )  # fmt: skip
        return pd.DataFrame(rows)

    @property
    def names(self) -> list[str]:
        """Names of the choices."""
        return [choice.name for choice in self.choices]

    def to_dict(self) -> dict[str, Any]:
        """The multiverse as `sem-toolkit multiverse --json` prints it."""
        from sem_toolkit.diagnostics.records import build_diagnostic_record

        return {
            "choices": {choice.name: [entry.label for entry in choice.alternatives] for choice in self.choices},
            "universes": list(self.records),
            "summary": build_frame_records(self.path_summary),
            "fitted": self.fitted,
            "messages": [build_diagnostic_record(message) for message in self.notes],
            "receipt": build_receipt({"given": self.given}),
        }


_PATH_NUMBERS = ["est", "se", "pvalue", "ci.lower", "ci.upper", "std.all", "std.lower", "std.upper"]


def run_multiverse(
    spec: Spec,
    data: object = None,
    *,
    folder: Path | None = None,
    workers: int | None = 1,
    watch: Watch = lambda done, total: None,
    **options: object,
) -> Multiverse:
    """Fit a model under every combination of the choices that its header marks (spec/choices.py).

    folder   where results are kept as they come; what is there already is not fitted again
    workers  processes; None: as many as there are cores where that pays
    options  as for `fit`, under every combination; the engine is the native one unless another is named

    A universe that cannot be fitted is a record with its verdict; one that is another over again is left out, with a
    note. Raises SpecError and OptionError for choices that cannot be read or contradict each other, DataError for
    conditions that the data cannot answer.
    """
    options = {"engine": "native"} | options
    choices, universes = list_universes(spec)
    base = prepare(spec, data, **options)
    if base.frame is None:
        message = "a multiverse needs rows of data: moments leave nothing to choose"
        raise DataError(Diagnostic("error", "raw-data-needed", message, hint="give the rows: --data FILE"))
    require_conditions(base.frame, choices)
    given, seconds = measure(lambda: estimate(base))
    keys = [universe.build_key(universe.write(spec), options) for universe in universes]
    choices, kept, notes = drop_repeated(choices, universes, keys)
    universes, keys = [universes[place] for place in kept], [keys[place] for place in kept]
    journal = None if folder is None else open_journal(folder, _describe_origin(base))
    known: dict[str, Record] = {} if journal is None else dict(journal.records)
    waiting = {key: place for place, key in enumerate(keys) if key not in known}
    places = sorted(waiting.values())
    processes = choose_workers(workers, 1.5 * seconds * len(places))
    work = [(universes[place], keys[place]) for place in places]
    watch(len(universes) - len(places), len(universes))
    for done, (_, record) in enumerate(run_all(fit_universe, work, processes, (base, options)), start=1):
        known[record["key"]] = record
        if journal is not None:
            journal.add(record)
        watch(len(universes) - len(places) + done, len(universes))
    records = [known[key] | {"choices": universe.labels} for key, universe in zip(keys, universes, strict=True)]
    return Multiverse(spec, choices, tuple(records), len(places), given, notes)


def fit_universe(shared: tuple[Prepared, Mapping[str, object]], item: tuple[Universe, str]) -> Record:
    """The record of one universe: verdict, fit measures and paths, or why there are none."""
    (base, options), (universe, key) = shared, item
    record: Record = {"key": key, "choices": universe.labels}
    try:
        fitted = estimate(_prepare_universe(base, universe, options))
        return record | _describe(fitted)
    except SemError as fault:
        entry = fault.diagnostics[0]
        nothing: Record = dict.fromkeys(("n", "npar", *_NUMBERS))
        said = {"verdict": entry.code.replace("-", " "), "certified": False, "reason": str(fault)}
        return record | nothing | said | {"paths": []}


def _prepare_universe(base: Prepared, universe: Universe, options: Mapping[str, object]) -> Prepared:
    spec = universe.write(base.spec)
    given = {**get_header_options(spec), **options, **universe.options}
    frame = base.frame
    for alternative in universe.conditions:
        if frame is not None and alternative.condition is not None:
            frame = select_rows(frame, alternative.condition, alternative.condition_text)
    chosen = parse_fit_options({name: value for name, value in given.items() if value is not None})
    return replace(base, spec=spec, options=chosen, frame=frame)


def _describe(fitted: Fit) -> Record:
    row = describe_fit(fitted, _NUMBERS)
    paths = build_paths_table({"": fitted}).drop(columns="model")
    if len(paths):
        paths = _add_standardized_intervals(paths, fitted)
    return {
        **{name: clean(value) for name, value in row.items()},
        "certified": fitted.certified,
        "reason": "" if fitted.certified else "; ".join(entry.message for entry in fitted.certificate.messages),
        "paths": [
            {name: clean(value) for name, value in entry.items()} for entry in paths.to_dict("records")
        ],
    }  # fmt: skip


def _add_standardized_intervals(paths: "pd.DataFrame", fitted: Fit) -> "pd.DataFrame":
    """The table with the interval of std.all by the delta method."""
    several = len(fitted.sample.groups) > 1
    found: dict[tuple[str, str], tuple[float, float]] = {}
    for row, number in zip(fitted.standardized.to_dict("records"), number_groups(fitted.standardized), strict=True):
        name = row["lhs"] if row["op"] == ":=" else f"{row['lhs']} {row['op']} {row['rhs']}"
        if row["op"] == "~~":
            name = " ~~ ".join(sorted((row["lhs"], row["rhs"])))
        label = fitted.sample.groups[int(number) - 1].label if several and row["op"] != ":=" else ""
        found[name, label] = row["ci.lower"], row["ci.upper"]
    keys = list(zip(paths["path"], paths["group"], strict=True))
    nothing = (float("nan"), float("nan"))
    limits = [found.get(key, nothing) for key in keys]
    return paths.assign(**{"std.lower": [low for low, _ in limits], "std.upper": [high for _, high in limits]})


def _describe_origin(base: Prepared) -> dict[str, Any]:
    """What results in a journal hang on beside their keys."""
    import pandas as pd

    frame = base.frame
    assert frame is not None  # noqa: S101 - checked by the caller
    rows = pd.util.hash_pandas_object(frame, index=False).to_numpy().tobytes().hex()
    return {"data": hash_text(f"{','.join(map(str, frame.columns))}\n{rows}")[:24], "version": get_version()}


def _share(holds: Sequence[bool]) -> str:
    """How many of how many."""
    return f"{sum(holds)} of {len(holds)}"
