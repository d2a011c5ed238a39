"""A simulation study shows itself as other results do."""

import pandas as pd

from sem_toolkit.resampling.simulation.study import run_study
from sem_toolkit.spec import parse_spec

POPULATION = "f =~ 0.8*x1 + 0.7*x2 + 0.6*x3 + 0.7*x4\n"


def test_tables_of_all_sizes_stand_under_each_other():
    found = run_study(parse_spec(POPULATION), [], [100, 200], replications=20)
    assert found.tables == ("parameters", "fit_measures", "verdicts")
    frame = found.to_frame()
    assert list(frame["n"].unique()) == [100, 200]
    own = found.summaries[1].build_parameters()
    pd.testing.assert_series_equal(
        frame[frame["n"] == 200]["mean"].reset_index(drop=True), own["mean"].reset_index(drop=True)
    )
    assert "n = 200, 20 samples: how the fits ended" in found.summary()
    assert "<table" in found._repr_html_()
