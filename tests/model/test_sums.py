"""Sums of products laid out once are those computed one by one."""

import numpy as np

from sem_toolkit.model.sums import ONE, ZERO, SumsBuilder


def test_sums_are_those_of_their_terms_and_equal_ones_are_made_once() -> None:
    rng = np.random.default_rng(1)
    builder = SumsBuilder()
    first = builder.reserve(40)
    wanted = [
        [
            (float(rng.integers(-2, 3)), int(rng.integers(first + 40)), int(rng.integers(2, first + 40)))
            for _ in range(k)
        ]
        for k in rng.integers(0, 6, size=700)
    ]
    rows = builder.add_rows(wanted)
    count = builder.count
    assert (builder.add_rows(wanted) == rows).all()
    assert builder.count == count
    sums = builder.finish()
    values = np.empty((count, 9))
    values[ONE], values[ZERO] = 1.0, 0.0
    values[first : first + 40] = rng.normal(size=(40, 9))
    given = values[: first + 40].copy()
    sums.run(values, np.empty((2, sums.width, 9)))
    expected = [sum((f * given[i] * given[j] for f, i, j in terms), np.zeros(9)) for terms in wanted]
    np.testing.assert_allclose(values[rows], expected, atol=1e-13)


def test_what_is_one_row_or_nothing_is_not_computed() -> None:
    builder = SumsBuilder()
    row = builder.reserve(1)
    found = builder.add([[(2.0, row, ONE)], [(1.0, row, ZERO), (-1.0, ZERO, row)], [(1.0, ONE, ONE)]])
    assert found == [(2.0, row), None, (1.0, ONE)]
    assert builder.count == row + 1
    branch = builder.branch()
    assert branch.add_rows([[(2.0, row, ONE)], []]).tolist() == [row + 1, ZERO]
    assert builder.count == row + 1
