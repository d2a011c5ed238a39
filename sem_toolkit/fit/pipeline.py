"""The way from a spec and data to a fit, stage by stage: each stage is there when it is first asked for, and once."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.diagnostics import DataError, Diagnostic, OptionError, build_missing_file
from sem_toolkit.estimation import Progress, Solution
from sem_toolkit.estimation import estimate as find_solution
from sem_toolkit.fit.empty_cells import heed_empty_cells
from sem_toolkit.fit.levels import adapt_to_levels
from sem_toolkit.fit.options import FitOptions, parse_fit_options
from sem_toolkit.fit.origins import Origin, read_origin
from sem_toolkit.fit.prepared import Prepared, build_no_data, get_header_options
from sem_toolkit.fit.result import Fit
from sem_toolkit.fit.streamed import find_stream
from sem_toolkit.libraries import pd
from sem_toolkit.loading import call_above
from sem_toolkit.model import Model
from sem_toolkit.rotation import find_blocks
from sem_toolkit.sample import Door, open_table
from sem_toolkit.sample.regular import ENDINGS
from sem_toolkit.spec import ParameterTable, Spec, require_estimable

FloatArray = NDArray[np.float64]
Watch = Callable[[Progress], object]
Start = FloatArray | Fit | Solution
ReadRows = tuple[pd.DataFrame, str, Origin | None]


def prepare(spec: Spec, data: object = None, **options: object) -> Prepared:
    """Options merged with those of the header, and the rows read; nothing is built yet.

    data  n × p rows (a table of pandas, polars or Arrow, a dict, an array), or a path; None takes the `data` of the
          header. Moments in the options go before either.

    Raises SpecError for a faulty spec, OptionError, and DataError where rows cannot be read or nothing is named.
    """
    return prepare_together([spec], data, **options)[0]


def prepare_together(specs: Iterable[Spec], data: object = None, **options: object) -> list[Prepared]:
    """Several specs with the same options; each file of rows is read once. Raises as `prepare` does."""
    specs = list(specs)
    for spec in specs:
        require_estimable(spec)
    rows = RowMemory()
    return [prepare_from(rows, spec, data, **options) for spec in specs]


@dataclass(frozen=True)
class RowMemory:
    """Rows that were read already, by where they are, the state of the file, and how they are to be read."""

    known: dict[object, ReadRows] = field(default_factory=dict)

    def read(self, source: object, door: Door) -> ReadRows:
        """The rows, what captions call them, and the file that they are from. Raises DataError where there are none."""
        key = (find_state(source) if isinstance(source, Path) else id(source), door)
        if key not in self.known:
            called = source.name if isinstance(source, Path) else type(source).__name__
            origin = read_origin(source) if isinstance(source, Path) else None
            self.known[key] = open_table(source, door), called, origin
        return self.known[key]

    def forget(self, most: int) -> None:
        """Keep no more than the last `most` tables."""
        for key in list(self.known)[: max(len(self.known) - most, 0)]:
            del self.known[key]


def prepare_from(rows: RowMemory, spec: Spec, data: object = None, **options: object) -> Prepared:
    """What `prepare` does, with rows that may have been read before."""
    require_estimable(spec)
    chosen = adapt_to_levels(spec, parse_fit_options(get_header_options(spec), options))
    if chosen.sample_cov is not None:
        if data is not None:
            message = "there are data and moments (sample_cov): the data would be left unread"
            raise OptionError(Diagnostic("error", "option-without-effect", message, hint="give one of them"))
        return Prepared(spec, chosen)
    source = find_data(spec, data)
    if (stream := find_stream(spec, source, chosen)) is not None:
        return Prepared(spec, chosen, source=stream.path.name, origin=read_origin(stream.path), stream=stream)
    frame, called, origin = rows.read(source, chosen.door)
    if chosen.group_label and chosen.group is not None:
        from sem_toolkit.sample.group_choice import choose_groups

        frame = choose_groups(frame, chosen.group, chosen.group_label)
    prepared = Prepared(spec, chosen, frame, called, origin)
    return heed_empty_cells(prepared, get_header_options(spec), options)


def find_state(path: Path) -> tuple[str, int, int]:
    """What changes when a file is written anew; a file that is not there is so when it is read."""
    try:
        found = path.stat()
    except (OSError, ValueError):
        return str(path), 0, 0
    return str(path), found.st_mtime_ns, found.st_size


def estimate(
    prepared: Prepared, start: Start | None = None, watch: Watch | None = None, *, rotates: bool = True
) -> Fit:
    """Estimate what was prepared.

    start  where to begin: q values in the order of the model's parameters (NaN: as without), or a fit of a model with
           some of the same parameters
    watch  hears of every evaluation of the discrepancy; when it returns False the search ends with an EstimationError
           ("cancelled"), and what it raises itself passes through. Nothing of the prepared stages is lost by it.
    rotates  False leaves exploratory blocks as they were found, for `rotate`

    An optimum with information in every direction proves that the model is identified. Where the native solver finds
    none, and before another engine is let loose, the model itself is looked at; raises ModelError where it is not.
    """
    model, options = prepared.model, prepared.options
    if options.estimation.steps.sam_method is not None:
        options = _heed_products(options, model.table)  # identified is each part by itself
    elif options.estimation.engine != "native":
        prepared.identification.require_identified()
    elif model.depth is None:
        from sem_toolkit.model import require_moments

        require_moments(model)
    values = None if start is None else _match_start(start, model)
    solution = find_solution(model, prepared.sample, options.estimation, start=values, watch=watch)
    if not solution.certificate.converged:
        prepared.identification.require_identified()
    found = Fit(prepared.spec, options, solution.sample, solution, prepared.check, prepared.origin, values)
    found = rotate(found) if rotates else found
    if not (options.inference.is_resampled and found.converged):
        return found
    drawn = call_above("resampling.within_fits.resample", prepared, found)
    return replace(found, options=replace(options, inference=replace(options.inference, resampled=drawn)))


def rotate(found: Fit) -> Fit:
    """The fit with its exploratory blocks rotated as its options say."""
    if not find_blocks(found.solution.model.table):
        return found
    from sem_toolkit.rotation import rotate_blocks

    solution, rotation = rotate_blocks(found.solution, found.options.rotation)
    return replace(found, solution=solution, rotation=rotation)


def _match_start(start: Start, model: Model) -> FloatArray:
    """Start values (q) of this model; NaN for a parameter that the other fit does not estimate."""
    if isinstance(start, (Fit, Solution)):
        from sem_toolkit.rotation import list_anchors

        found = (start.solution if isinstance(start, Fit) else start).searched
        if list_anchors(found.model.table) != list_anchors(model.table):
            return np.full(model.n_parameters, np.nan)  # other coordinates of the factors
        values = {
            (row.lhs, row.op, row.rhs, row.group): value
            for row, value in zip(found.model.parameters, found.x, strict=True)
        }
        return np.array([values.get((row.lhs, row.op, row.rhs, row.group), np.nan) for row in model.parameters])
    values_given = np.asarray(start, dtype=np.float64)
    if values_given.shape != (model.n_parameters,):
        message = f"start has shape {values_given.shape}, and the model has {model.n_parameters} free parameters"
        raise DataError(Diagnostic("error", "wrong-shape", message, hint="give one value a parameter, NaN for any"))
    return values_given


def find_data(spec: Spec, data: object) -> object:
    """The rows to fit, or the Path of the file with them: as given, or named in the header; DataError for neither."""
    if data is not None and not isinstance(data, (str, Path)):
        return data
    if data is None:
        if not spec.header.data:
            raise DataError(build_no_data())
        data = Path(spec.source.name).parent / spec.header.data
        _require_named(data, spec)
    return Path(data)


def _require_named(data: Path, spec: Spec) -> None:
    """Raise DataError where the file that a header names is not there; other faults of it are told by who reads it."""
    try:
        data.stat()
    except FileNotFoundError:
        cause = f', which the header of "{spec.source.name}" names'
        hint = "a path in a header begins at the folder of the spec; --data gives other rows"
        raise DataError(build_missing_file(data, endings=ENDINGS, cause=cause, hint=hint)) from None
    except (OSError, ValueError):
        return


def _heed_products(options: FitOptions, table: ParameterTable) -> FitOptions:
    """The options of a fit in steps: with products of latent variables standard errors are "local" by default.

    Raises OptionError where other ones are asked for: the information of the whole model knows nothing of products.
    """
    if not any(roles.latent_interactions for roles in table.roles) or options.inference.se in ("local", "none"):
        return options
    if "se" in options.given:
        message = f'se = "{options.inference.se}" is not there with products of latent variables'
        raise OptionError(Diagnostic("error", "products-se", message, hint='one of: "local" (the default), "none"'))
    return replace(options, inference=replace(options.inference, se="local", test="satorra.bentler"))
