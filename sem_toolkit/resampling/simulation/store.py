"""Outcomes of chunks in a folder, as they come: an interrupted simulation goes on where it was.

A chunk is a Parquet file, written whole or not at all; `run.json` says what it is a chunk of.
"""

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sem_toolkit.diagnostics import DataError, Diagnostic, OptionError
from sem_toolkit.files import make_folder, write_bytes, write_text
from sem_toolkit.resampling.measures import MEASURES
from sem_toolkit.resampling.simulation.outcomes import Outcomes

if TYPE_CHECKING:
    import pandas as pd

_RUN = "run.json"


@dataclass(frozen=True)
class ChunkStore:
    """A folder of chunks of one run."""

    folder: Path

    def read(self, name: str, draws: int, quantities: Sequence[int]) -> tuple[Outcomes, ...] | None:
        """The outcomes of a chunk, one an analysis; None where it is not there, not whole, or of another size.

        quantities  how many each analysis looks at
        """
        import pandas as pd

        try:
            table = pd.read_parquet(self.folder / f"{name}.parquet")
        except (OSError, ValueError):  # pyarrow's own errors are of these kinds
            return None
        wanted = [column for analysis, count in enumerate(quantities) for column in _name_columns(analysis, count)]
        if len(table) != draws or list(table.columns) != wanted:
            return None
        return tuple(_read_outcomes(table, analysis, count) for analysis, count in enumerate(quantities))

    def write(self, name: str, outcomes: Sequence[Outcomes]) -> None:
        """Keep a chunk; raises DataError where the folder cannot be written to."""
        import pandas as pd

        columns: dict[str, Any] = {}
        for analysis, own in enumerate(outcomes):
            count = own.est.shape[1]
            values = [own.verdict, *own.est.T, *own.se.T, *(own.measures[measure] for measure in MEASURES)]
            columns |= dict(zip(_name_columns(analysis, count), values, strict=True))
        buffer = io.BytesIO()
        pd.DataFrame(columns).to_parquet(buffer, index=False)
        write_bytes(self.folder / f"{name}.parquet", buffer.getvalue())

    @property
    def count(self) -> int:
        """Chunks that are there."""
        return len(list(self.folder.glob("*.parquet")))


def open_store(folder: Path, run: Mapping[str, Any], *, resume: bool) -> ChunkStore:
    """The store of a run, made where it is not there.

    run     what the run is of, as JSON holds it

    Raises OptionError for a folder with chunks of another run, or of this one without `resume`; DataError for one that
    cannot be written to, or without pyarrow.
    """
    _require_parquet()
    store = ChunkStore(make_folder(folder))
    description = json.loads(json.dumps(run))
    found = _read_run(folder)
    if found is None and store.count:
        message = f"{folder} has chunks, and no {_RUN} that says of what"
        raise OptionError(Diagnostic("error", "another-run", message, hint="choose another folder"))
    if found is not None and store.count:
        if changed := [key for key in {**description, **found} if description.get(key) != found.get(key)]:
            message = f"{folder} has chunks of another run: it differs in {', '.join(sorted(changed))}"
            raise OptionError(Diagnostic("error", "another-run", message, hint="choose another folder"))
        if not resume:
            message = f"{folder} has {store.count} chunks of this run"
            hint = "--resume goes on with them; another folder starts anew"
            raise OptionError(Diagnostic("error", "run-to-resume", message, hint=hint))
    write_text(folder / _RUN, json.dumps(description, indent=1, sort_keys=True) + "\n")
    return store


def _read_run(folder: Path) -> Any:
    try:
        return json.loads((folder / _RUN).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _require_parquet() -> None:
    try:
        import pyarrow  # noqa: F401
    except ImportError:
        message = "chunks are kept as Parquet files, and pyarrow is not installed"
        raise DataError(
            Diagnostic("error", "missing-package", message, hint="pip install 'sem-toolkit[parquet]'")
        ) from None


def _name_columns(analysis: int, count: int) -> list[str]:
    places = range(count)
    return [
        f"{analysis}:verdict",
        *(f"{analysis}:est:{place}" for place in places),
        *(f"{analysis}:se:{place}" for place in places),
        *(f"{analysis}:{measure}" for measure in MEASURES),
    ]


def _read_outcomes(table: "pd.DataFrame", analysis: int, count: int) -> Outcomes:
    names = _name_columns(analysis, count)
    est, se = names[1 : 1 + count], names[1 + count : 1 + 2 * count]
    return Outcomes(
        table[names[0]].to_numpy(dtype=np.int8),
        # rows in one piece, as they were: sums over columns that lie otherwise differ in their last bits
        np.ascontiguousarray(table[est].to_numpy(dtype=np.float64)),
        np.ascontiguousarray(table[se].to_numpy(dtype=np.float64)),
        {measure: table[f"{analysis}:{measure}"].to_numpy(dtype=np.float64) for measure in MEASURES},
    )
