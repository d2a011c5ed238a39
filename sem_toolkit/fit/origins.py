"""Where rows came from: the file, and the hash of its bytes at the moment when they were read."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sem_toolkit.sample import Sample
from sem_toolkit.sample.moments import FloatArray

_BLOCK = 1 << 20


@dataclass(frozen=True)
class Origin:
    """A file of data: its path as it was given, and the SHA-256 of its bytes (hexadecimal)."""

    path: str
    sha256: str


def read_origin(path: Path) -> Origin | None:
    """The origin of rows in a file; None for what is no plain file or cannot be read (reading it says why)."""
    digest = hashlib.sha256()
    try:
        if not path.is_file():
            return None
        with path.open("rb") as stream:
            while block := stream.read(_BLOCK):
                digest.update(block)
    except (OSError, ValueError):
        return None
    return Origin(str(path), digest.hexdigest())


def hash_text(text: str) -> str:
    """SHA-256 of a text in UTF-8."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def hash_columns(sample: Sample) -> dict[str, str]:
    """SHA-256 of what the model was fitted to, by variable: its rows in their order, or its row of the moments."""
    return {name: _hash_arrays(_list_values(sample, place)) for place, name in enumerate(sample.variables)}


def _list_values(sample: Sample, place: int) -> Iterable[FloatArray]:
    for group in sample.groups:
        if group.data is not None:
            yield group.data[:, place]
        else:
            yield group.covariance[place]
            if group.mean is not None:
                yield group.mean[place : place + 1]
        if group.design.weights is not None:
            yield group.design.weights


def _hash_arrays(arrays: Iterable[FloatArray]) -> str:
    digest = hashlib.sha256()
    for array in arrays:
        values = np.where(np.isnan(array), np.nan, array)  # one kind of empty cell
        digest.update(np.ascontiguousarray(values, dtype="<f8").tobytes())
    return digest.hexdigest()
