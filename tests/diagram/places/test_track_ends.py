"""Ends of tracks stand on both sides of the variance of their indicator, where this is wide enough."""

from itertools import pairwise

import pytest

from sem_toolkit.diagram.places.track_ends import CORNER, PORT, find_shifts


@pytest.mark.parametrize("leaving_right", [[False, True], [False, True, True], [True, True, True, True]])
def test_ends_keep_off_the_middle_and_stay_in_their_order(leaving_right):
    shifts = find_shifts(leaving_right, 60.0, 11.0)
    assert shifts == sorted(shifts)
    assert min(map(abs, shifts)) == pytest.approx(11.0)
    assert max(map(abs, shifts)) <= 30.0 - CORNER
    assert {round(b - a, 6) for a, b in pairwise(shifts)} <= {PORT, 22.0}


@pytest.mark.parametrize(("right", "sign"), [(True, 1), (False, -1)])
def test_a_single_end_stands_where_its_track_goes(right, sign):
    assert find_shifts([right], 40.0, 11.0) == [sign * 11.0]


def test_without_a_variance_or_room_for_it_ends_stand_around_the_middle():
    assert find_shifts([False, True], 40.0, 0.0) == [-PORT / 2, PORT / 2]
    assert sum(find_shifts([False, True, True], 22.0, 11.0)) == pytest.approx(0.0)
