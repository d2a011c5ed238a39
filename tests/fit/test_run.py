"""`fit` from text and rows: what it refuses, and when."""

import pandas as pd
import pytest

from sem_toolkit.diagnostics import ModelError
from sem_toolkit.fit import fit
from tests.support import ORACLES

UNIDENTIFIED = {
    "two indicators, nothing else": "f =~ x1 + x2",
    "two unrelated pairs": "f =~ x1 + x2\ng =~ x4 + x5\nf ~~ 0*g",
    "a loop without instruments": "x1 ~ x2\nx2 ~ x1\nx1 ~~ x2",
    "no scale": "f =~ NA*x1 + x2 + x3 + x4",
}


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    return pd.read_csv(ORACLES / "data" / "hs.csv")


@pytest.mark.parametrize("engine", ["native", "auto"])
@pytest.mark.parametrize("text", UNIDENTIFIED.values(), ids=UNIDENTIFIED)
def test_a_model_that_is_not_identified_is_refused_by_every_engine(text, engine, rows):
    with pytest.raises(ModelError) as caught:
        fit(text + "\n", rows, engine=engine)
    assert [entry.code for entry in caught.value.diagnostics] == ["not-identified"]


def test_an_identified_model_without_an_optimum_is_returned_with_its_verdict(rows):
    few = rows.head(12)
    result = fit("f =~ x1 + x2 + x3\ng =~ x4 + x5 + x6\nh =~ x7 + x8 + x9\n", few, engine="native", max_iterations=2)
    assert not result.certified
    assert result.certificate.verdict in {"no optimum found", "improper"}
