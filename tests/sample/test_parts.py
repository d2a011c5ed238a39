"""Rows dealt into parts: shares, strata, units that stay together, and the same deal for the same seed."""

import numpy as np

from sem_toolkit.sample.parts import deal_rows


def test_shares_and_seeds():
    dealt = deal_rows(301, [0.5, 0.5], seed=1)
    assert sorted(np.bincount(dealt)) == [150, 151]
    assert np.array_equal(dealt, deal_rows(301, [0.5, 0.5], seed=1))
    assert not np.array_equal(dealt, deal_rows(301, [0.5, 0.5], seed=2))
    assert list(np.bincount(deal_rows(10, [0.2] * 5, seed=3))) == [2] * 5


def test_every_stratum_is_dealt_by_itself_and_units_stay_together():
    strata = np.array(["a"] * 40 + ["b"] * 20 + [None] * 10, dtype=object)
    dealt = deal_rows(70, [0.5, 0.5], seed=1, strata=strata)
    assert [int(dealt[place].sum()) for place in (slice(0, 40), slice(40, 60), slice(60, 70))] == [20, 10, 5]
    units = np.repeat(np.arange(14), 5)
    dealt = deal_rows(70, [0.5, 0.5], seed=1, units=units)
    assert all(len(set(dealt[units == unit])) == 1 for unit in range(14))
    assert dealt.sum() == 35
