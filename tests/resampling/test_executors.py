"""Who works on chunks: whoever it is, products are made alike, so that the numbers are the same to the last digit."""

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from sem_toolkit.libraries import lapack
from sem_toolkit.resampling.executors import run_chunks


def count_threads(shared: int, item: int) -> list[int]:
    """Threads of each BLAS there is, that of LAPACK among them."""
    lapack.dpotrf(np.eye(2))
    return [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]


@pytest.mark.parametrize("workers", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_a_chunk_has_one_blas_thread_and_leaves_as_many_as_there_were(workers: int) -> None:
    with threadpool_limits(2, user_api="blas"):
        before = count_threads(0, 0)
        found = dict(run_chunks(count_threads, [0, 1, 2], 0, workers=workers, seconds=0.0))
        assert sorted(found) == [0, 1, 2]
        assert all(set(threads) == {1} for threads in found.values())
        assert count_threads(0, 0) == before
        assert max(before) == 2
