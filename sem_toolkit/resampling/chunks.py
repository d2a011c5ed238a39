"""Draws in chunks: a stream of random numbers for each, and a folder that keeps what has ended."""

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.diagnostics import DataError, Diagnostic, OptionError, require_package
from sem_toolkit.files import make_folder, write_bytes, write_text

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Chunk:
    """The `place`-th chunk of `draws` draws, by the seed; key: of the run among several by one seed.

    size     draws of one stream of random numbers; streams: how many of them a whole chunk has
    """

    place: int
    draws: int
    seed: int
    key: tuple[int, ...] = ()
    size: int = 0
    streams: int = 1

    @property
    def generator(self) -> np.random.Generator:
        """Its own stream, whatever other chunks there are and whoever works on them; the first one of several."""
        return self._begin(0)

    @property
    def parts(self) -> list[tuple[np.random.Generator, int]]:
        """Its streams, and how many draws each of them makes."""
        size = self.size or self.draws
        starts = range(0, self.draws, size)
        return [(self._begin(number), min(size, self.draws - first)) for number, first in enumerate(starts)]

    def _begin(self, number: int) -> np.random.Generator:
        key = (*self.key, self.place * self.streams + number)
        return np.random.default_rng(np.random.SeedSequence(self.seed, spawn_key=key))


def list_chunks(draws: int, size: int, seed: int, key: tuple[int, ...] = (), streams: int = 1) -> list[Chunk]:
    """The chunks of so many draws, each of some streams of `size`; the draws are the same whatever `streams` is, and
    the first ones for any larger number.
    """
    whole = size * streams
    starts = range(0, draws, whole)
    return [Chunk(place, min(whole, draws - first), seed, key, size, streams) for place, first in enumerate(starts)]


@dataclass(frozen=True)
class ChunkStore:
    """A folder with a Parquet file a chunk, and the description of the run that they are of."""

    folder: Path

    @classmethod
    def open(cls, folder: Path, fingerprint: Mapping[str, object]) -> "ChunkStore":
        """The store of a run, made where it is not there. Raises OptionError where it is of another run, DataError
        where the package is missing that writes it.
        """
        require_package("a folder of draws", "pyarrow", "parquet")
        text = json.dumps(fingerprint, indent=1, sort_keys=True, ensure_ascii=False)
        path = folder / "run.json"
        if path.exists():
            if path.read_text(encoding="utf-8") != text:
                message = f"{folder} keeps the draws of another run{_list_changes(path, fingerprint)}"
                raise OptionError(Diagnostic("error", "other-run", message, hint="name another folder"))
            return cls(folder)
        if folder.exists() and any(folder.iterdir()):
            message = f"{folder} is not empty, and has no run.json of a run to go on with"
            raise OptionError(Diagnostic("error", "other-run", message, hint="name a new folder"))
        make_folder(folder)
        write_text(path, text)
        return cls(folder)

    def list_done(self) -> list[int]:
        """Places of the chunks that have ended."""
        return sorted(int(path.stem.partition("-")[2]) for path in self.folder.glob("chunk-*.parquet"))

    def read(self, place: int) -> dict[str, FloatArray]:
        """What a chunk gave. Raises DataError where its file is damaged."""
        import pyarrow.parquet as parquet

        try:
            table = parquet.read_table(self._path(place)).to_pandas()
        except (OSError, ValueError):  # pyarrow's own errors are of these kinds
            message = f"{self._path(place)} is damaged"
            hint = "remove the file: its draws are made again, and are the same"
            raise DataError(Diagnostic("error", "damaged-file", message, hint=hint)) from None
        found: dict[str, list[FloatArray]] = {}
        for column in table.columns:
            found.setdefault(str(column).partition("|")[0], []).append(table[column].to_numpy())
        flat = {str(column) for column in table.columns if "|" not in str(column)}
        return {name: own[0] if name in flat else np.stack(own, axis=1) for name, own in found.items()}

    def write(self, place: int, arrays: Mapping[str, FloatArray]) -> None:
        """Keep what a chunk gave: whole, or not at all."""
        import pandas as pd

        columns: dict[str, FloatArray] = {}
        for name, values in arrays.items():
            if values.ndim == 1:
                columns[name] = values
            else:
                columns |= {f"{name}|{k}": values[:, k] for k in range(values.shape[1])}
        buffer = io.BytesIO()
        pd.DataFrame(columns).to_parquet(buffer, index=False)
        write_bytes(self._path(place), buffer.getvalue())

    def _path(self, place: int) -> Path:
        return self.folder / f"chunk-{place:06d}.parquet"


def _list_changes(path: Path, fingerprint: Mapping[str, object]) -> str:
    """What the run of a folder differs in, as far as its description can be read."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        return ""
    given = json.loads(json.dumps(fingerprint))
    changed = sorted(key for key in {**given, **found} if given.get(key) != found.get(key))
    return f": it differs in {', '.join(changed)}" if changed else ""
