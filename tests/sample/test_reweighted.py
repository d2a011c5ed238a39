"""Patterns of draws, beside those of each draw's rows by themselves."""

import numpy as np
import pytest

from sem_toolkit.sample.patterns import build_patterns
from sem_toolkit.sample.reweighted import group_patterns


def test_draws_of_their_own_rows_have_the_patterns_of_each() -> None:
    rng = np.random.default_rng(4)
    rows = rng.normal(size=(3, 40, 4)) + 5.0
    rows[rng.random(rows.shape) < 0.2] = np.nan
    rows[1, 7] = np.nan
    drawn, used = group_patterns(rows)
    assert used.tolist() == [float((~np.isnan(own)).any(axis=1).sum()) for own in rows]
    for draw, own in enumerate(rows):
        alone = build_patterns(own)
        places = [np.flatnonzero((drawn.patterns.observed == there).all(axis=1))[0] for there in alone.observed]
        np.testing.assert_allclose(drawn.share[draw, places], alone.share)
        assert drawn.share[draw].sum() == pytest.approx(1.0)
        np.testing.assert_allclose(drawn.mean[draw, places], alone.mean, atol=1e-12)
        np.testing.assert_allclose(drawn.scatter[draw, places][alone.several], alone.scatter, atol=1e-12)
