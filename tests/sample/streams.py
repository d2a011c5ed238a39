"""Small files that count as long ones, and their fits beside those of the same rows in memory."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sem_toolkit import fit
from sem_toolkit.fit import Fit, streamed
from sem_toolkit.sample import streaming
from tests.sample.drawing import ITEMS


def write(frame: pd.DataFrame, path: Path) -> Path:
    """A table as Parquet with several groups of rows, or as CSV."""
    if path.suffix == ".parquet":
        frame.to_parquet(path, row_group_size=700)
    else:
        frame.to_csv(path, index=False)
    return path


def add_holes(frame: pd.DataFrame, seed: int = 3) -> pd.DataFrame:
    """The same with a tenth of each item missing."""
    rng = np.random.default_rng(seed)
    return frame.assign(**{name: frame[name].mask(rng.random(len(frame)) < 0.1) for name in ITEMS})


def fit_both(path: Path, monkeypatch: pytest.MonkeyPatch, text: str, **options: object) -> tuple[Fit, Fit]:
    """The fit of a stream, and that of the rows in memory."""
    monkeypatch.setattr(streaming, "BATCH", 257)
    monkeypatch.setattr(streaming, "SLICE", 100)
    monkeypatch.setattr(streamed, "SMALLEST", 0)
    stream = fit(text, path, **options)
    monkeypatch.setattr(streamed, "SMALLEST", 1 << 60)
    memory = fit(text, path, **options)
    assert any(entry.code == "streamed" for entry in stream.messages)
    assert not any(entry.code == "streamed" for entry in memory.messages)
    return stream, memory
