"""Scratch memory: matrices of megabytes come and go many times an iteration.

glibc gives such blocks back to the system at once and has them zeroed page by page when it asks again; on virtual
machines this costs up to ten times the arithmetic. Keeping them is a matter of two of its settings.
"""

import ctypes
from functools import cache

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # names in glibc's malloc.h
_KEPT, _OWN_MAPPING_FROM = 256 << 20, 32 << 20


@cache
def keep_scratch_memory() -> bool:
    """Let the process keep up to 256 MB of freed memory; whether the C library could be told so (glibc only)."""
    try:
        adjust = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):  # another C library
        return False
    return bool(adjust(_MMAP_THRESHOLD, _OWN_MAPPING_FROM)) and bool(adjust(_TRIM_THRESHOLD, _KEPT))
