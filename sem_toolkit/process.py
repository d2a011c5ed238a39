"""What a program of its own sets for its whole process before it fits models; a library never does this by itself.

The command does, and whoever writes a program around `sem_toolkit` can: results are the same either way.
"""

import ctypes
import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

_THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # names in glibc's malloc.h
_KEPT, _OWN_MAPPING_FROM = 256 << 20, 32 << 20


@contextmanager
def import_without_collecting() -> Iterator[None]:
    """Load modules within this: what is imported stays, and looking through it for garbage, then or later, is idle.

    This makes a fifth of the time of a start.
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.freeze()
            gc.enable()


def start_with_one_blas_thread() -> None:
    """The same for BLAS libraries that are loaded from now on, also by processes that this one starts."""
    os.environ.update(dict.fromkeys(_THREADS, "1"))


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """The matrices are small: a second BLAS thread costs more than it brings, most of all on a busy machine."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1, user_api="blas"):
        yield


@cache
def keep_scratch_memory() -> bool:
    """Let the process keep up to 256 MB of freed memory; whether the C library could be told so (glibc only).

    In large models matrices of megabytes come and go many times an iteration. glibc gives such blocks back to the
    system at once and has them zeroed page by page when it asks again; on virtual machines this costs up to ten times
    the arithmetic. Keeping them is a matter of two of its settings.
    """
    try:
        adjust = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):  # another C library
        return False
    return bool(adjust(_MMAP_THRESHOLD, _OWN_MAPPING_FROM)) and bool(adjust(_TRIM_THRESHOLD, _KEPT))
