"""What a program of its own sets for its whole process before it fits models; a library never does this by itself.

The command does, and whoever writes a program around `sem_toolkit` can: results are the same either way.
"""

import atexit
import ctypes
import gc
import os
import sys
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


def leave(code: int) -> None:
    """End the process with this exit code, at once where nothing else goes on in it; otherwise return.

    What is to be done at the end is done, and the streams are flushed. What is left out is to take a thousand modules
    apart one by one, which is a twentieth of the time of a small fit; the system takes the memory back as a whole.
    """
    threading = sys.modules.get("threading")
    if threading is not None and threading.active_count() > 1:
        return
    atexit._run_exitfuncs()
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except (AttributeError, OSError, ValueError):  # closed, or full: Python's own end says so
        return
    os._exit(code)


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
