"""Files with anything in them are read or refused, never a fault of another kind or a warning of NumPy."""

import contextlib

import numpy as np
import pandas as pd
import pyreadstat
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sem_toolkit.diagnostics import SemError
from sem_toolkit.sample import read_moments, read_table
from sem_toolkit.sample.screening import screen

CELLS = [
    "a",
    "b",
    "1",
    ".5",
    "-.3",
    "",
    "—",
    "SD",
    "mean",
    "N",
    "rowtype_",
    "varname_",
    "1e400",
    "nan",
    "1,5",
    '"',
    "#",
]
ROWS = st.lists(
    st.tuples(st.sampled_from([",", " ", ";", "\t"]), st.lists(st.sampled_from(CELLS), max_size=6)), max_size=6
)
ONCE = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@ONCE
@given(ROWS)
def test_any_text_is_moments_or_refused(tmp_path, rows):
    path = tmp_path / "m.txt"
    path.write_text("\n".join(separator.join(cells) for separator, cells in rows), encoding="utf-8")
    for read in (read_moments, read_table):
        with contextlib.suppress(SemError):
            read(path)


@pytest.mark.parametrize("kind", ["csv", "xlsx", "parquet", "sav", "dta"])
def test_damaged_files_are_read_or_refused(tmp_path, kind):
    rng = np.random.default_rng(7)
    frame = pd.DataFrame(rng.integers(1, 6, (40, 5)).astype(float), columns=list("abcde")).assign(g="x")
    whole, path = tmp_path / f"whole.{kind}", tmp_path / f"damaged.{kind}"
    write = {
        "csv": frame.to_csv, "xlsx": frame.to_excel, "parquet": frame.to_parquet,
        "sav": lambda name: pyreadstat.write_sav(frame, str(name)),
        "dta": lambda name: pyreadstat.write_dta(frame, str(name)),
    }  # fmt: skip
    write[kind](whole)
    content = np.frombuffer(whole.read_bytes(), dtype=np.uint8)
    for number in range(25):
        damaged = content.copy()
        damaged[rng.integers(0, len(damaged), 1 + 4 * number)] = rng.integers(0, 256, 1 + 4 * number)
        path.write_bytes(damaged.tobytes())
        with contextlib.suppress(SemError):
            screen(read_table(path))
