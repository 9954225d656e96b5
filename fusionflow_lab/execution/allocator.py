"""How much memory that is free a worker keeps, instead of asking the system for it anew.

Dask starts its workers with a setting under which the C library maps each buffer of 128 KiB and more by
itself, and gives it back at once: every page of a fresh buffer is a fault, and reading takes three times as
long.
"""

from __future__ import annotations

import ctypes
from typing import Final

FREE_BYTES: Final = 256 << 20
MAPPED_BYTES: Final = 64 << 20
# What <malloc.h> calls them.
_TRIM_THRESHOLD: Final = -1
_MMAP_THRESHOLD: Final = -3


def keep_freed(limit: int | None) -> bool:
    """Keep what is freed, less in a process of little memory; False where the C library has no such way.

    Parameters
    ----------
    limit
        Bytes that the process may take; None for any number.

    Examples
    --------
    >>> isinstance(keep_freed(None), bool)
    True
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):  # another C library, another system
        return False
    free = min(FREE_BYTES, limit // 8) if limit else FREE_BYTES
    mapped = min(MAPPED_BYTES, limit // 16) if limit else MAPPED_BYTES
    return bool(mallopt(_MMAP_THRESHOLD, mapped) and mallopt(_TRIM_THRESHOLD, free))
